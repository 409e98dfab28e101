"""One cell of a sheet: what it means, or what is wrong with it and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

LARGEST = Decimal(10) ** 12
PLACES = 4
EARLIEST = date(2000, 1, 1)
LATEST_AFTER = timedelta(days=730)
YES, NO = {"yes", "y", "true", "x", "1"}, {"", "no", "n", "false", "0"}
_PLAIN = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([ '’\u00a0\u202f.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?", re.ASCII)
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


@dataclass
class Problem(Exception):
    """What is wrong with a row, in which column, and what to do about it."""

    column: str
    wrong: str
    todo: str

    def __str__(self) -> str:
        return f"{self.column}: {self.wrong}; {self.todo}"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text; a signed number is none."""
    return text.startswith(("=", "@")) or (text.startswith(("+", "-")) and not text[1:2].isdecimal() and len(text) > 1)


def unquoted(text: str) -> str:
    """The text without the apostrophe by which an export keeps a spreadsheet from running it."""
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


def decimal_mark(texts: Iterable[str]) -> str:
    """The decimal mark that all unambiguous amounts of a file use; empty where they use none or both."""
    marks = set()
    for text in texts:
        if _PLAIN.fullmatch(text) and not _AMBIGUOUS.fullmatch(text):
            marks |= {"."} & set(text) | {","} & set(text)
        elif len(found := re.findall(r"[.,]", text)) > 1 and found[0] != found[-1] and _GROUPED.fullmatch(text):
            marks.add(found[-1])
    return marks.pop() if len(marks) == 1 else ""


def amount(column: str, text: str, *, mark: str) -> Decimal:
    """A positive number with at most four decimals; `mark` decides where one separator could be either."""
    signed = text.replace("\u2212", "-")
    if not _PLAIN.fullmatch(signed) and not _GROUPED.fullmatch(signed):
        raise Problem(column, f"{text!r} is not a number", "write the number alone, like 11.20 or 11,20")
    if _AMBIGUOUS.fullmatch(signed) and not mark:
        whole = re.sub(r"[.,]", "", signed)
        raise Problem(
            column, f"{text!r} may mean {whole} or {signed.replace(',', '.')}", f"write {whole} or four decimals"
        )
    number = Decimal(_plain(signed, mark))
    if number < 0:
        raise Problem(column, f"{text!r} is negative", "write what one piece costs, without a sign")
    if number >= LARGEST:
        raise Problem(column, f"{text!r} is larger than any cost", "write what one piece costs")
    if number != round(number, PLACES):
        raise Problem(column, f"{text!r} has more than four decimals", "round it to four")
    return number


def _plain(text: str, mark: str) -> str:
    """The same number with a point before its decimals and nothing between its thousands."""
    separators = re.findall(r"[^0-9+-]", text)
    if not separators:
        return text
    last = separators[-1]
    is_decimal = last in ".," and separators.count(last) == 1
    if is_decimal and len(separators) == 1 and _AMBIGUOUS.fullmatch(text):
        is_decimal = last == mark
    head, tail = text.rsplit(last, 1) if is_decimal else (text, "")
    return re.sub(r"[^0-9+-]", "", head) + (f".{tail}" if is_decimal else "")


def day(column: str, text: str, *, today: date) -> date:
    """A calendar day as 2026-09-01 or 1.9.2026; months first is never guessed."""
    found = _ISO.fullmatch(text) or _DOTTED.fullmatch(text)
    how = "write it as 2026-09-01 or 1.9.2026"
    if found is None:
        raise Problem(column, f"{text!r} is not a date that can be read", how)
    parts = [int(part) for part in found.groups()]
    try:
        made = date(*parts) if len(found[1]) == 4 else date(*reversed(parts))
    except ValueError:
        raise Problem(column, f"{text!r} is no day of the calendar", how) from None
    if not EARLIEST <= made <= today + LATEST_AFTER:
        raise Problem(column, f"{text!r} is too far away", f"give a day from {EARLIEST} to {today + LATEST_AFTER}")
    return made


def percent(column: str, text: str, *, mark: str) -> Decimal:
    """A VAT rate as a fraction, from a number of percent."""
    rate = amount(column, text.removesuffix("%").strip(), mark=mark or ".")
    if 0 < rate < 1 and not text.endswith("%"):
        raise Problem(column, f"{text!r} may be {rate}% or {(rate * 100).normalize():f}%", "write percent, such as 19%")
    if rate >= 100 or (rate / 100) != round(rate / 100, PLACES):
        raise Problem(column, f"{text!r} is no rate of tax", "write percent with at most two decimals, such as 19")
    return rate / 100


def flag(column: str, text: str) -> bool:
    if text.lower() not in YES | NO:
        raise Problem(column, f"{text!r} is neither yes nor no", "write yes, or leave it empty")
    return text.lower() in YES
