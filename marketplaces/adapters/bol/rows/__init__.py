"""Payload to canonical rows, one file per kind of document."""
