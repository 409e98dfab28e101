"""Whose money a booking is: by rule, by a statement's number or by an amount that is due; returns take a payout back."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from config.core import clock
from finance.models import BankBooking, Deposit, Journal, PayoutState, Settlement
from finance.services import journals, payouts
from finance.services.bank import bookings, deposits

SHORTEST_NAME = 3
_ACCOUNTS = f"""
SELECT b.id, coalesce(
    (SELECT min(rule.account_id) FROM finance_bankrule rule
        WHERE position(lower(rule.text) IN lower(b.reference)) > 0 HAVING count(DISTINCT rule.account_id) = 1),
    (SELECT min(s.account_id) FROM {deposits.PAYABLE} s WHERE s.paid_in = b.currency
        AND position(s.external_id IN b.reference) > 0 AND length(s.external_id) > 3
        HAVING count(DISTINCT s.account_id) = 1),
    (SELECT min(s.account_id) FROM {deposits.PAYABLE} s WHERE s.paid_in = b.currency AND {deposits.IS_DUE.format(paid="b")}
        HAVING count(DISTINCT s.account_id) = 1))
FROM finance_bankbooking b WHERE b.deposit_id IS NULL AND NOT b.is_return ORDER BY b.id
"""  # noqa: S608 - fragments of one statement, no values


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
        bookings.book_waiting()
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
    """A return takes back the payout of the same amount that it names, else the latest; the statement of it reopens."""
    same = Deposit.objects.filter(
        currency=row.currency, amount=-row.amount, booked_on__lte=row.booked_on, returned_on=None,
        bookings__bank_account=row.bank_account,
    )  # fmt: skip
    latest = list(same.select_related("settlement").order_by("-booked_on", "-pk"))
    payout = next((each for each in latest if _names(row.reference, each)), next(iter(latest), None))
    if payout is None:
        return 0
    payout.returned_on = row.booked_on
    payout.save(update_fields=["returned_on"])
    row.deposit = payout
    row.save(update_fields=["deposit"])
    if payout.settlement is not None:
        _reopen(payout.settlement, row)
    return 1


def _names(reference: str, payout: Deposit) -> bool:
    statement = payout.settlement.external_id if payout.settlement else ""
    return any(len(name) > SHORTEST_NAME and name in reference for name in (statement, payout.reference))


def _book_again(settlement_ids: Sequence[int]) -> None:
    """Identity 7 follows what the bank did, where the statement has entries already."""
    booked = Journal.objects.filter(settlement__in=settlement_ids).values_list("settlement_id", flat=True)
    journals.book(sorted(set(booked) - {None}))


def _reopen(settlement: Settlement, row: BankBooking) -> None:
    if settlement.payout_state in (PayoutState.ANNOUNCED, PayoutState.FAILED):
        payouts.received(settlement, reason="seen at the bank")
    payouts.returned(settlement, reason=f"taken back by the bank on {row.booked_on}: {row.reference}")
    _book_again([settlement.pk])
