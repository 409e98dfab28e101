"""Reads the files of a bank: every booking is kept, those of a marketplace become deposits and find their statement."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from config.core import clock
from finance import bankfiles, camt
from finance.camt import BadEntry, Balance, BankEntry, NotCamt
from finance.models import (
    BankAccount,
    BankBooking,
    BankFile,
    BankLayout,
    BankRejected,
    BankRowState,
    BankRule,
    Deposit,
    Journal,
    PayoutState,
    Settlement,
)
from finance.services import bankbooks, deposits, journals, payouts

BLOCK = 1 << 20
_KEY = ("bank_account_id", "booked_on", "amount", "currency", "reference", "bank_ref", "ordinal")
_ACCOUNTS = r"""
SELECT b.id, coalesce(
    (SELECT min(rule.account_id) FROM finance_bankrule rule
        WHERE position(lower(rule.text) IN lower(b.reference)) > 0 HAVING count(DISTINCT rule.account_id) = 1),
    (SELECT min(s.account_id) FROM finance_settlement s WHERE s.currency = b.currency
        AND position(s.external_id IN b.reference) > 0 AND length(s.external_id) > 3
        HAVING count(DISTINCT s.account_id) = 1),
    (SELECT min(s.account_id) FROM finance_settlement s WHERE s.currency = b.currency AND s.total IN (b.amount, b.amount + b.fee)
        AND b.booked_on BETWEEN coalesce(s.deposit_on, s.period_end::date) - 2
            AND coalesce(s.deposit_on, s.period_end::date) + 14 HAVING count(DISTINCT s.account_id) = 1))
FROM finance_bankbooking b WHERE b.deposit_id IS NULL AND NOT b.is_return ORDER BY b.id
"""


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
        done = attribute()
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


def attribute() -> tuple[int, int, tuple[int, ...]]:
    """Find the marketplace account of bookings that have none: by rule, by a statement's number, or by an amount that is due.

    Returns how many became deposits, how many payouts were returned, and the statements that are paid now.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ACCOUNTS)
            found = [(pk, account) for pk, account in cursor.fetchall() if account]
        for pk, account in found:
            _deposit(BankBooking.objects.get(pk=pk), account)
        paid = deposits.link()
        returned = [_return(row) for row in BankBooking.objects.filter(is_return=True, deposit=None).order_by("pk")]
        bankbooks.book_waiting()
        _book_again(paid)
    return len(found), sum(returned), paid


def _deposit(row: BankBooking, account_id: int) -> None:
    made, _ = Deposit.objects.get_or_create(
        account_id=account_id, currency=row.currency, booked_on=row.booked_on, amount=row.amount, reference=row.reference,
        ordinal=row.ordinal, defaults={"imported_at": clock.now(), "fee": row.fee},
    )  # fmt: skip
    row.deposit = made
    row.save(update_fields=["deposit"])


def _return(row: BankBooking) -> int:
    """A return takes back the latest payout of the same amount; its entries are turned round and its statement reopens."""
    same = Deposit.objects.filter(
        currency=row.currency, amount=-row.amount, booked_on__lte=row.booked_on, returned_on=None,
        bookings__bank_account=row.bank_account,
    )  # fmt: skip
    payout = same.order_by("-booked_on", "-pk").first()
    if payout is None:
        return 0
    payout.returned_on = row.booked_on
    payout.save(update_fields=["returned_on"])
    row.deposit = payout
    row.save(update_fields=["deposit"])
    if payout.settlement is not None:
        _reopen(payout.settlement, row)
    return 1


def _book_again(settlement_ids: Sequence[int]) -> None:
    """Identity 7 follows what the bank did, where the statement has entries already."""
    booked = Journal.objects.filter(settlement__in=settlement_ids).values_list("settlement_id", flat=True)
    journals.book(sorted(set(booked) - {None}))


def _reopen(settlement: Settlement, row: BankBooking) -> None:
    if settlement.payout_state in (PayoutState.ANNOUNCED, PayoutState.FAILED):
        payouts.received(settlement, reason="seen at the bank")
    payouts.returned(settlement, reason=f"taken back by the bank on {row.booked_on}: {row.reference}")
    _book_again([settlement.pk])


def replay(row: BankRejected, values: dict[str, str], *, by: str) -> BankBooking:
    """Read a parked row again as a person corrected it: iban, booked_on (ISO), amount, currency, reference."""
    entry = bankfiles.corrected(row.row_no, values)
    problem = _problem(entry)
    if problem:
        raise ValidationError(problem)
    with transaction.atomic():
        _close(row, BankRowState.REPLAYED, by)
        _keep(row.file, [entry])
        attribute()
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


def rules() -> Iterator[tuple[str, int]]:
    """Text and marketplace account of every rule."""
    yield from BankRule.objects.order_by("text").values_list("text", "account_id")
