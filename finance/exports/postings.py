"""What every export file is made of: the postings of one account's month, in the order of the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.core.money import minor_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One posting with its entry; plus is debit."""

    number: str
    row_no: int
    kind: str
    booked_on: date
    currency: str
    text: str
    purpose: str
    line_class: str
    code: str
    name: str
    tax_key: str
    tax_rate: str
    amount: Decimal
    order_ref: str
    tax_class: str
    country: str
    late_for: date | None
    is_contra: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One account's month and how its client keeps its books. `rates` has units of a currency per base unit and day."""

    account: str
    month: date
    last_day: date
    base_currency: str
    postings: Sequence[Posted]
    rates: dict[tuple[str, date], Decimal]
    consultant: int | None = None
    client: int | None = None
    chart: str = ""
    account_digits: int = 4
    year_begins: date | None = None
    is_locked: bool = False


class CannotExport(ValueError):
    """The file would be refused by the program it is meant for; the message says what to change."""


def by_entry(postings: Iterable[Posted]) -> list[list[Posted]]:
    """Postings of each entry, entries in the order given."""
    found: dict[str, list[Posted]] = defaultdict(list)
    for posting in postings:
        found[posting.number].append(posting)
    return list(found.values())


def summed(postings: Iterable[Posted]) -> list[list[Posted]]:
    """Entries with one posting per account, tax rate and late month; orders are not told apart any more."""
    result = []
    for entry in by_entry(postings):
        sums: dict[tuple[str, str, str, date | None], Decimal] = defaultdict(Decimal)
        first: dict[tuple[str, str, str, date | None], Posted] = {}
        for posting in entry:
            key = (posting.code, posting.purpose, posting.tax_rate, posting.late_for)
            sums[key] += posting.amount
            first.setdefault(key, posting)
        result.append([_with(first[key], amount) for key, amount in sums.items() if amount])
    return result


def _with(posting: Posted, amount: Decimal) -> Posted:
    values = {name: getattr(posting, name) for name in Posted.__slots__}
    return Posted(**{**values, "amount": amount, "order_ref": "", "line_class": ""})


def plain(amount: Decimal, currency: str) -> str:
    """An amount with the digits of its currency and a point."""
    return str(amount.quantize(minor_unit(currency)))
