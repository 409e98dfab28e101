"""Reading their text: amounts, moments and whole numbers, in every local style that the sources show."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NoReturn

from marketplaces.pieces import Unreadable

_MINUS = str.maketrans({"\u2212": "-", "\u00a0": "", "\u202f": "", "\u2009": "", " ": "", "'": ""})
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_ZONES = {
    "": 0, "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MET": 60, "MEZ": 60,
    "CEST": 120, "MEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "TRT": 180, "GST": 240, "IST": 330,
    "JST": 540, "AEST": 600, "AEDT": 660, "PST": -480, "PDT": -420, "EST": -300, "EDT": -240,
}  # fmt: skip
_MONTHS = {
    name: place
    for place, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_LONGEST = 20
_MOMENT = re.compile(
    r"(\d{1,4})([-./])(\d{1,2}|[A-Za-z]{3})\2(\d{2,4})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.(\d{1,9}))?)?\s*([+-]\d{2}:?\d{2}|[A-Za-z]*)"
)


def amount(text: str, *, mark: str = ".") -> Decimal:
    """An exact number written with `mark` as its decimal mark; signs may lead, trail, or be brackets.

    In a text with decimal commas `12.34` is refused, because nobody can say what was meant.
    """
    cleaned = text.strip().translate(_MINUS)
    if cleaned[:1] == "(" and cleaned[-1:] == ")":
        cleaned = "-" + cleaned[1:-1]
    elif cleaned[-1:] in ("-", "+"):
        cleaned = cleaned[-1] + cleaned[:-1]
    group = "," if mark == "." else "."
    if group in cleaned:
        if not re.fullmatch(
            rf"[+-]?\d{{1,3}}({re.escape(group)}\d{{2,3}})*{re.escape(group)}\d{{3}}([{mark}]\d+)?", cleaned
        ):
            raise Unreadable(f"{text!r} is not an amount with the decimal mark {mark!r}")
        cleaned = cleaned.replace(group, "")
    cleaned = cleaned.replace(mark, ".")
    if not _PLAIN.fullmatch(cleaned) or len(cleaned) > _LONGEST:
        raise Unreadable(f"{text[:40]!r} is not an amount")
    return Decimal(cleaned)


def decimal_mark(text: str) -> str:
    """The decimal mark that this amount proves, or '' when it proves none (whole numbers, lone groups of three)."""
    cleaned = text.strip().translate(_MINUS).strip("()+-")
    last = max(cleaned.rfind(","), cleaned.rfind("."))
    if last < 0:
        return ""
    other = "." if cleaned[last] == "," else ","
    if other in cleaned[:last] or len(cleaned) - last - 1 in (1, 2):
        return cleaned[last]
    return ""


@lru_cache(maxsize=20_000)
def moment(text: str, *, month_first: bool = False) -> datetime:
    """A moment in UTC from any of the styles met; without a zone it is UTC.

    `03/04/2026` is read only where `month_first` says that the file is North American, or one of the two is above 12.
    """
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise Unreadable(
            f"{text!r} is not a date we know; expected dd.mm.yyyy, dd-Mon-yyyy, yyyy-mm-dd, yyyy/mm/dd or ISO 8601"
        )
    first, mark, second, third, hour, minute, second_of, fraction, zone = found.groups()
    year, month, day = _calendar((first, second, third), mark, month_first=month_first) or _unclear(text)
    if year < 2000:
        raise Unreadable(f"{text!r} lies before the year 2000, so it is test data or damaged")
    try:
        clock = (int(hour or 0), int(minute or 0), int(second_of or 0), int((fraction or "0").ljust(6, "0")[:6]))
        return datetime(year, month, day, *clock, tzinfo=_zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{text!r} is not a date: {error}") from None


def _calendar(parts: tuple[str, str, str], mark: str, *, month_first: bool) -> tuple[int, int, int] | None:
    """Year, month and day; None when nobody can say which is which."""
    first, second, third = parts
    month = _MONTHS.get(second.lower(), 0) if second.isalpha() else int(second)
    if len(first) == 4:
        return int(first), month, int(third)
    year = int(third) + (2000 if len(third) == 2 else 0)
    if mark == "." or second.isalpha() or int(first) > 12:
        return year, month, int(first)
    if month > 12 or (mark == "/" and month_first):
        return year, int(first), month
    return None


def _unclear(text: str) -> NoReturn:
    raise Unreadable(f"{text!r} does not say which is the day and which the month; tell the region of the account")


def _zone(name: str) -> timezone:
    if name[:1] in ("+", "-"):
        sign = -1 if name[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(name[1:3]), minutes=int(name[-2:])))
    if name.upper() not in _ZONES:
        raise Unreadable(f"{name!r} is not a time zone we know")
    return timezone(timedelta(minutes=_ZONES[name.upper()]))


def whole(text: str) -> int | None:
    """A whole number, or None for a blank; `1.0` is accepted, `1.5` is not."""
    cleaned = text.strip().translate(_MINUS)
    if cleaned in ("", "--"):
        return None
    try:
        number = Decimal(cleaned)
        if number.is_finite() and number == number.to_integral_value() and abs(number) < 10**12:
            return int(number)
    except InvalidOperation:
        pass
    raise Unreadable(f"{text!r} is not a whole number")
