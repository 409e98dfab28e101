"""The rules of mapping, one file per kind of row."""
