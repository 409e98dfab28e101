"""Chance that is the same on every machine and in every process: drawn from the text of what is asked."""

from __future__ import annotations

import hashlib
from random import Random


def number(*parts: object) -> int:
    """A whole number of 60 bits that belongs to these parts."""
    text = ":".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 4


def share(*parts: object) -> float:
    """A number in [0, 1) that belongs to these parts."""
    return number(*parts) / (1 << 60)


def pick(low: int, high: int, *parts: object) -> int:
    """A whole number from low to high, both included."""
    return low + number(*parts) % (high - low + 1)


def source(*parts: object) -> Random:
    """A generator of many draws, for simulation only."""
    return Random(number(*parts))  # noqa: S311
