"""What people write into the forms of fees, as days and numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.dateparse import parse_date


def words(line_class: str) -> str:
    return line_class.replace("_", " ") if line_class else "any other fee"


def day(request: HttpRequest, name: str) -> date:
    try:
        day = parse_date(request.POST.get(name, ""))
    except ValueError:
        day = None
    if day is None:
        raise ValidationError("write the day as 2026-12-31")
    return day


def number(request: HttpRequest, name: str) -> Decimal | None:
    """A number of the form, with point or comma; None where nothing is written."""
    given = request.POST.get(name, "").strip().replace(",", ".")
    try:
        return Decimal(given) if given else None
    except InvalidOperation as error:
        raise ValidationError(f"{given!r} is not a number") from error


def whole(request: HttpRequest, name: str) -> int | None:
    """A whole number of the form; None where nothing is written."""
    given = number(request, name)
    if given is not None and given != int(given):
        raise ValidationError(f"{given} is not a whole number")
    return None if given is None else int(given)
