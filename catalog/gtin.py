"""Global trade item numbers: text, with a check digit; pure."""

from __future__ import annotations


def is_gtin(value: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with the right check digit (GS1 General Specifications 7.9)."""
    if len(value) not in (8, 12, 13, 14) or not (value.isascii() and value.isdigit()):
        return False
    weighted = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(value)))
    return weighted % 10 == 0
