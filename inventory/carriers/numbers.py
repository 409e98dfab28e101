"""Tracking numbers: what they look like per carrier, with the check digit where the carrier publishes one. Pure.

Sources: GS1 General Specifications (SSCC, modulo 10), UPU S10 (modulo 11), UPS 1Z (modulo 10), DPD 14 digits (ISO 7064
modulo 37,36 is on the barcode only). Carriers that publish no digit are held to their pattern alone. Read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

SHORTEST = 6
_PLACEHOLDER = re.compile(r"(.)\1*|0*123456789?0?|test.*|n/?a|none|unknown|tba|tracking.*|x+", re.IGNORECASE)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def gs1_digit(digits: str) -> str:
    """The check digit of GS1: from the right, three times every other digit."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def s10_digit(digits: str) -> str:
    """The check digit of the Universal Postal Union: modulo 11, 10 is 0 and 11 is 5."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _S10_WEIGHTS, strict=True)) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def _is_sscc(number: str) -> bool:
    return number[-1] == gs1_digit(number[-18:-1])


def _is_s10(number: str) -> bool:
    return number[10] == s10_digit(number[2:10])


def _is_ups(number: str) -> bool:
    """Letters count as (code - 63) modulo 10; every second sign counts twice."""
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in number[2:17]]
    total = sum(value * (2 if at % 2 else 1) for at, value in enumerate(values))
    return number[17] == str(-total % 10)


@dataclass(frozen=True, slots=True)
class Shape:
    pattern: re.Pattern[str]
    words: str
    holds: Callable[[str], bool] = lambda number: True


def _shape(pattern: str, words: str, holds: Callable[[str], bool] = lambda number: True) -> Shape:
    return Shape(re.compile(pattern), words, holds)


_S10 = _shape(r"[A-Z]{2}\d{9}[A-Z]{2}", "two letters, nine digits, two letters", _is_s10)
_SSCC = _shape(r"00\d{18}", "00 and 18 digits", _is_sscc)
SHAPES: dict[str, tuple[Shape, ...]] = {
    "DHL": (
        _SSCC, _S10, _shape(r"JJD\d{14,20}", "JJD and 14 to 20 digits"), _shape(r"\d{12}", "12 digits"),
    ),
    "DHL_EXPRESS": (_shape(r"\d{10}", "10 digits"), _shape(r"JD\d{18}", "JD and 18 digits")),
    "DPD": (_shape(r"\d{14}", "14 digits"),),
    "GLS": (_shape(r"\d{11,12}", "11 or 12 digits"), _shape(r"[A-Z0-9]{8}", "8 signs")),
    "HERMES": (_shape(r"\d{14}", "14 digits"), _shape(r"H\d{19}", "H and 19 digits")),
    "POSTNL": (_shape(r"3S[A-Z0-9]{11,13}", "3S and 11 to 13 signs"), _S10),
    "UPS": (_shape(r"1Z[A-Z0-9]{16}", "1Z and 16 signs", _is_ups),),
}  # fmt: skip


def plain(number: str) -> str:
    return re.sub(r"[\s.-]", "", number).upper()


def problem(carrier: str, number: str) -> str:
    """Why this cannot be a tracking number of the carrier; empty when it can. An unknown carrier is held to the rest."""
    wanted = plain(number)
    if len(wanted) < SHORTEST or _PLACEHOLDER.fullmatch(wanted):
        return f"{number!r} is a placeholder, not a tracking number"
    shapes = SHAPES.get(carrier, ())
    fitting = [shape for shape in shapes if shape.pattern.fullmatch(wanted)]
    if shapes and not fitting:
        told = "; or ".join(shape.words for shape in shapes)
        return f"{number!r} is no tracking number of {carrier}, which has {told}"
    if fitting and not any(shape.holds(wanted) for shape in fitting):
        return f"{number!r} fails the check digit of {carrier}: a digit is wrong"
    return ""
