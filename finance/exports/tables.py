"""The generic table with every posting, and the journal files of Xero and QuickBooks Online.

Xero: help page "Enter multiple manual journals using an import template" (columns, dd/mm/yyyy, plus is debit, 300 lines
to a file). QuickBooks: help page "Import journal entries" (columns; mm/dd/yyyy in the United States' edition; accounts by
name). Both read on 2026-11-21. Their files hold one line per account; orders stand in the generic table and in DATEV.
IIF, the format of QuickBooks' desktop edition, is not written: the online edition takes entries as CSV.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from config.core.exports import safe
from finance.exports.postings import Batch, CannotExport, Posted, plain, summed

GENERIC = (
    "account", "document", "row", "kind", "date", "ledger_account", "ledger_name", "purpose", "class", "debit", "credit",
    "currency", "tax_class", "country", "tax_key", "order", "late_for", "text",
)  # fmt: skip
XERO = (
    "*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount", "TrackingName1", "TrackingOption1",
    "TrackingName2", "TrackingOption2",
)  # fmt: skip
QUICKBOOKS = ("Journal No", "Journal Date", "Currency", "Account Name", "Debits", "Credits", "Description", "Name")
LONGEST_NAME = 9
"""Of an account in a QuickBooks journal number: with the month before it and the entry after it 21 characters."""

LONGEST_XERO = 300


def generic(batch: Batch) -> bytes:
    """UTF-8 with every posting on a line of its own, order and document beside it."""
    return _file(GENERIC, (_generic(batch.account, posting) for posting in batch.postings), mark="\ufeff")


def _generic(account: str, posting: Posted) -> tuple[Any, ...]:
    return (
        account, posting.number, posting.row_no, posting.kind, posting.booked_on.isoformat(), posting.code, posting.name,
        posting.purpose, posting.line_class, *_sides(posting), posting.currency, posting.tax_class, posting.country,
        posting.tax_key, posting.order_ref, posting.late_for.isoformat() if posting.late_for else "", posting.text,
    )  # fmt: skip


def _sides(posting: Posted) -> tuple[str, str]:
    """Debit and credit, one of them empty; both are never negative, so no spreadsheet takes them for a formula."""
    amount = plain(abs(posting.amount), posting.currency)
    return (amount, "") if posting.amount > 0 else ("", amount)


def xero(batch: Batch) -> bytes:
    """Manual journals: lines of one narration and date are one journal, plus is debit; one currency per organisation."""
    rows = [posting for entry in summed(batch.postings) for posting in entry]
    foreign = {posting.currency for posting in rows} - {batch.base_currency}
    if foreign:
        raise CannotExport(f"a manual journal has no currency of its own; {', '.join(sorted(foreign))} is another one")
    if len(rows) > LONGEST_XERO:
        raise CannotExport(f"{len(rows)} lines are more than the {LONGEST_XERO} that one import takes")
    return _file(XERO, (_xero(posting) for posting in rows))


def _xero(posting: Posted) -> tuple[Any, ...]:
    return (
        f"{posting.number} {posting.text}", _slashed(posting.booked_on), posting.name or posting.purpose, posting.code,
        posting.tax_rate, posting.amount.quantize(Decimal("0.01")), "", "", "", "",
    )  # fmt: skip


def _slashed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def quickbooks(batch: Batch) -> bytes:
    """Journal entries by account name; a journal's number has at most 21 characters."""
    entries = summed(batch.postings)
    nameless = sorted({p.code for entry in entries for p in entry if not p.name})
    if nameless:
        raise CannotExport(f"QuickBooks finds accounts by name; name {', '.join(nameless)} in the account map")
    of = _numbered(batch)
    rows = (_quickbooks(f"{of}-{number}", p) for number, entry in enumerate(entries, start=1) for p in entry)
    return _file(QUICKBOOKS, rows)


def _numbered(batch: Batch) -> str:
    """What the journals of this account and month begin with; a long name of an account ends in its hash."""
    name = batch.account
    if len(name) > LONGEST_NAME:
        name = name[:4] + hashlib.sha256(name.encode()).hexdigest()[: LONGEST_NAME - 4]
    return f"{batch.month:%Y%m}-{name}"


def _quickbooks(number: str, posting: Posted) -> tuple[Any, ...]:
    return (
        number, f"{posting.booked_on:%m/%d/%Y}", posting.currency, posting.name, *_sides(posting),
        f"{posting.number} {posting.text}", "",
    )  # fmt: skip


def _file(header: Sequence[str], rows: Iterable[Sequence[Any]], *, mark: str = "") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([safe(value) for value in row] for row in rows)
    return (mark + text.getvalue()).encode("utf-8")
