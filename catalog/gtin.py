"""Global trade item numbers: text, with a check digit; pure."""

from __future__ import annotations

LENGTHS = (8, 12, 13, 14)


def is_gtin(value: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with the right check digit (GS1 General Specifications 7.9)."""
    if len(value) not in LENGTHS or not (value.isascii() and value.isdigit()):
        return False
    weighted = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(value)))
    return weighted % 10 == 0


def padded(value: str) -> str:
    """The shortest GTIN that the text becomes with zeros before it, as a spreadsheet may have cut them; else empty.

    A proposal only: whoever typed it decides.
    """
    if not (value.isascii() and value.isdigit()):
        return ""
    return next((v for v in (value.zfill(n) for n in LENGTHS if n > len(value)) if is_gtin(v)), "")


def same(value: str) -> str:
    """One spelling for all lengths of one number: a GTIN-12 and the GTIN-13 with a zero before it are the same item."""
    return value.zfill(14)


def spellings(value: str) -> list[str]:
    """Every text that the same number may be written as."""
    bare = value.lstrip("0")
    return [bare.zfill(n) for n in LENGTHS if n >= len(bare)]
