"""Reads the CSV of any bank by a layout, which is data; pure but for the layout's own row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO, Protocol

from django.core.exceptions import ValidationError

from config.core.money import LossyAmount, decimal
from finance.camt import BadEntry, BankEntry

NEEDED = ("booked_on", "currency", "iban")


class Layout(Protocol):
    """What a layout tells about a bank's CSV."""

    delimiter: str
    encoding: str
    decimal_comma: bool
    day_format: str
    skip_lines: int
    columns: dict[str, str]


def read(stream: BinaryIO, layout: Layout) -> Iterator[BankEntry | BadEntry]:
    """Bookings row by row; a row that cannot be read is given back with its reason. A file that is none raises."""
    missing = [name for name in NEEDED if not layout.columns.get(name)]
    if missing or not (layout.columns.get("amount") or layout.columns.get("credit")):
        raise ValidationError(f"the layout does not say where to find {', '.join(missing) or 'the amount'}")
    try:
        text = io.TextIOWrapper(stream, encoding=layout.encoding, newline="")
        for _ in range(layout.skip_lines):
            text.readline()
        for row_no, raw in enumerate(csv.DictReader(text, delimiter=layout.delimiter), start=1):
            yield _entry(row_no, raw, layout)
    except (LookupError, UnicodeDecodeError, csv.Error) as error:
        raise ValidationError(f"this is not a CSV file as the layout describes it: {error}") from error


def _entry(row_no: int, raw: Mapping[str, str | None], layout: Layout) -> BankEntry | BadEntry:
    try:
        told = {name: _value(raw, wanted) for name, wanted in layout.columns.items()}
        day = datetime.strptime(told["booked_on"], layout.day_format).date()  # noqa: DTZ007 - a bank's calendar day
        fee = _number(told.get("fee", ""), layout)
        return BankEntry(
            row_no=row_no, iban=told["iban"].replace(" ", ""), booked_on=day, amount=_amount(told, layout),
            currency=told["currency"].upper(), reference=told.get("reference", ""), bank_ref=told.get("bank_ref", ""),
            fee=abs(fee), is_return=told.get("is_return", "").lower() in ("1", "true", "yes", "ja"),
        )  # fmt: skip
    except (ValueError, KeyError, LossyAmount) as error:
        return BadEntry(row_no, str(error), {str(k): [str(v)] for k, v in raw.items() if v is not None})


def _value(raw: Mapping[str, str | None], wanted: str) -> str:
    if wanted.startswith('"'):
        return wanted.strip('"')
    return " ".join(part for name in wanted.split("+") if (part := (raw[name.strip()] or "").strip()))


def _amount(told: Mapping[str, str], layout: Layout) -> Decimal:
    if told.get("amount"):
        return _number(told["amount"], layout)
    credit, debit = (_number(told.get(name, ""), layout) for name in ("credit", "debit"))
    if not credit and not debit:
        raise ValueError("the row has no amount")
    return abs(credit) - abs(debit)


def _number(value: str, layout: Layout) -> Decimal:
    """An amount; empty is zero, a trailing minus counts, thousands are apart by the other sign."""
    text = value.replace("\u00a0", "").replace(" ", "").replace("'", "")
    if not text:
        return Decimal(0)
    text = text.replace(".", "").replace(",", ".") if layout.decimal_comma else text.replace(",", "")
    return decimal(f"-{text[:-1]}" if text.endswith("-") else text)


def corrected(row_no: int, values: Mapping[str, str]) -> BankEntry:
    """A row as a person entered it; a wrong value raises ValidationError."""
    try:
        return BankEntry(
            row_no=row_no, iban=values["iban"].replace(" ", ""), booked_on=date.fromisoformat(values["booked_on"]),
            amount=decimal(values["amount"]), currency=values["currency"].upper(), reference=values.get("reference", ""),
        )  # fmt: skip
    except (KeyError, ValueError, LossyAmount) as error:
        raise ValidationError(f"the row cannot be read: {error}") from error
