"""Reads the files of a bank: every booking is kept, those of a marketplace become deposits and find their statement."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from finance import bankfiles, camt
from finance.camt import BadEntry, Balance, BankEntry, NotCamt
from finance.models import BankAccount, BankBooking, BankFile, BankLayout, BankRejected, BankRowState
from finance.services.bank import attribution, deposits


@dataclass(frozen=True, slots=True)
class BankImported:
    """What a file brought. `is_balanced`: the file's own balances agree with its bookings, None where it tells none."""

    file: BankFile
    new: int
    known: int
    rejected: tuple[str, ...]
    deposits: int
    returned: int
    settlement_ids: tuple[int, ...]


def import_file(stream: BinaryIO, *, name: str, by: str, layout: BankLayout | None = None) -> BankImported:
    """Read CAMT.053, or the CSV of a bank by its layout; the same file, or the same booking in another one, adds nothing."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    balances: dict[str, Balance] = {}
    rows = bankfiles.read(stream, layout) if layout else camt.read(stream, balances)
    kind = "csv" if layout else "camt053"
    with transaction.atomic():
        file, _ = BankFile.objects.get_or_create(
            sha256=digest,
            defaults={"name": name[:200], "kind": kind, "imported_by": by, "imported_at": clock.now()},
        )
        try:
            good, bad = _split(rows)
        except NotCamt as error:
            raise ValidationError(str(error)) from error
        new = _keep(file, good)
        BankRejected.objects.bulk_create(
            (BankRejected(file=file, row_no=b.row_no, reason=b.reason[:300], raw=b.raw) for b in bad),
            ignore_conflicts=True,
        )
        file.bookings, file.is_balanced = len(good), _balanced(good, balances)
        file.save()
        done = attribution.attribute()
    return BankImported(file, new, len(good) - new, tuple(f"row {b.row_no}: {b.reason}" for b in bad), *done)


def _split(rows: Iterable[BankEntry | BadEntry]) -> tuple[list[BankEntry], list[BadEntry]]:
    good: list[BankEntry] = []
    bad: list[BadEntry] = []
    for row in rows:
        problem = _problem(row) if isinstance(row, BankEntry) else ""
        if isinstance(row, BadEntry):
            bad.append(row)
        elif problem:
            bad.append(BadEntry(row.row_no, problem, {"amount": [str(row.amount)], "currency": [row.currency]}))
        else:
            good.append(row)
    return good, bad


def _problem(row: BankEntry) -> str:
    if len(row.currency) != 3 or not row.currency.isalpha():
        return f"{row.currency!r} is not a currency code"
    if abs(row.amount) >= deposits.LARGEST:
        return f"{row.amount} is larger than any booking"
    return "" if row.iban else "the file does not say which bank account this is"


def _keep(file: BankFile, rows: Iterable[BankEntry]) -> int:
    """Store the bookings that are not known yet; returns how many."""
    accounts: dict[str, BankAccount] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    drafts = []
    for row in rows:
        if row.iban not in accounts:
            accounts[row.iban], _ = BankAccount.objects.get_or_create(
                iban=row.iban, defaults={"currency": row.currency}
            )
        values = {
            "bank_account_id": accounts[row.iban].pk, "booked_on": row.booked_on, "amount": row.amount,
            "currency": row.currency.upper(), "reference": row.reference[:200], "bank_ref": row.bank_ref[:80],
        }  # fmt: skip
        key = tuple(values.values())
        drafts.append(
            BankBooking(file=file, row_no=row.row_no, fee=row.fee, is_return=row.is_return, ordinal=seen[key], **values)
        )
        seen[key] += 1
    before = BankBooking.objects.count()
    BankBooking.objects.bulk_create(drafts, ignore_conflicts=True, batch_size=1000)
    return BankBooking.objects.count() - before


def _balanced(rows: Iterable[BankEntry], balances: dict[str, Balance]) -> bool | None:
    told = {iban: b for iban, b in balances.items() if b.opening is not None and b.closing is not None}
    if not told:
        return None
    moved: dict[str, Decimal] = dict.fromkeys(told, Decimal(0))
    for row in rows:
        if row.iban in moved:
            moved[row.iban] += row.amount
    return all(b.opening + moved[iban] == b.closing for iban, b in told.items() if b.opening is not None)


def replay(row: BankRejected, values: dict[str, str], *, by: str) -> BankBooking:
    """Read a parked row again as a person corrected it: iban, booked_on (ISO), amount, currency, reference."""
    entry = bankfiles.corrected(row.row_no, values)
    problem = _problem(entry)
    if problem:
        raise ValidationError(problem)
    with transaction.atomic():
        _close(row, BankRowState.REPLAYED, by)
        _keep(row.file, [entry])
        attribution.attribute()
    return BankBooking.objects.filter(
        bank_account__iban=entry.iban, booked_on=entry.booked_on, amount=entry.amount, reference=entry.reference
    ).latest("pk")


def dismiss(row: BankRejected, *, by: str) -> None:
    """Say that a parked row is of no interest."""
    _close(row, BankRowState.DISMISSED, by)


def _close(row: BankRejected, state: str, by: str) -> None:
    changed = BankRejected.objects.filter(pk=row.pk, state=BankRowState.OPEN).update(state=state, closed_by=by)
    if not changed:
        raise ValidationError("this row was dealt with already")
