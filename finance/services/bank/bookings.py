"""Books bank bookings: each empties the clearing account of its statement, or waits as money in transit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction

from config.core import clock
from finance import closing, journals
from finance.closing import Late
from finance.journals import Asked, Posting, Rule
from finance.models import Deposit, Journal, JournalKind, JournalLine, RestatementKind
from finance.selectors.journals import account_map

Key = tuple[str, str]


def book_waiting() -> int:
    """Book what has no entry yet; returns how many."""
    waiting = list(Deposit.objects.filter(journals__isnull=True).order_by("pk"))
    return book(waiting)


def book_of(settlement_ids: Sequence[int]) -> int:
    """Book the bookings of these statements again."""
    return book(Deposit.objects.filter(settlement__in=settlement_ids).order_by("pk"))


def book(deposits: Iterable[Deposit]) -> int:
    """Build the entries of these bookings again; what a locked month holds differently is booked in an open one."""
    rules, count = account_map(), 0
    with transaction.atomic():
        closing.hold(is_exclusive=False)
        for deposit in deposits:
            _book(deposit, rules)
            count += 1
    return count


def _book(deposit: Deposit, rules: Sequence[Rule]) -> None:
    Journal.objects.filter(deposit=deposit, is_locked=False).delete()
    events = [(JournalKind.DEPOSIT, deposit.booked_on, False)]
    if deposit.returned_on:
        events.append((JournalKind.RETURN, deposit.returned_on, True))
    for kind, day, is_returned in events:
        wanted = journals.deposit(
            deposit.amount, fee=deposit.fee, is_linked=deposit.settlement_id is not None, is_returned=is_returned
        )
        _post(deposit, kind, day, _due(deposit, kind, wanted), rules)


def _due(deposit: Deposit, kind: str, wanted: Iterable[Posting]) -> dict[str, Decimal]:
    """Per purpose, what is to be booked less what locked months hold."""
    due: dict[str, Decimal] = defaultdict(Decimal)
    for posting in wanted:
        due[posting.purpose] += posting.amount
    held = JournalLine.objects.filter(journal__deposit=deposit, journal__kind=kind, journal__is_locked=True)
    for purpose, amount in held.values_list("purpose", "amount"):
        due[purpose] -= amount
    return {purpose: amount for purpose, amount in due.items() if amount}


def _post(deposit: Deposit, kind: str, day: date, due: dict[str, Decimal], rules: Sequence[Rule]) -> None:
    asked = {p: Asked(purpose=p, account_id=deposit.account_id, currency=deposit.currency) for p in due}
    found = {purpose: journals.resolve(rules, each) for purpose, each in asked.items()}
    if not due or None in found.values():
        return
    origin, month = closing.month_of(day), closing.first_open(deposit.account_id, day)
    journal = Journal.objects.create(
        account_id=deposit.account_id, month=month, kind=kind, deposit=deposit, currency=deposit.currency,
        number=f"BANK-{deposit.pk}-{month:%Y%m}" + ("-R" if kind == JournalKind.RETURN else ""), built_at=clock.now(),
        booked_on=max(day, month), text=(deposit.reference or "bank booking")[:200],
        debit=sum((amount for amount in due.values() if amount > 0), Decimal(0)),
    )  # fmt: skip
    JournalLine.objects.bulk_create(
        JournalLine(
            journal=journal, row_no=row_no, purpose=purpose, amount=due[purpose], code=rule.code, name=rule.name,
            tax_rate=rule.tax_rate, late_for=origin if origin != month else None,
        )
        for row_no, (purpose, rule) in enumerate(sorted(found.items()), start=1)
        if rule is not None
    )  # fmt: skip
    if origin != month:
        closing.note([_late(deposit, origin, month)])


def _late(deposit: Deposit, origin: date, month: date) -> Late:
    return Late(
        account_id=deposit.account_id, month=origin, kind=RestatementKind.DEPOSIT, reference=str(deposit),
        amount=Decimal(0), currency=deposit.currency, booked_month=month, by="rule",
        reason="a bank booking of a locked month was read, linked or returned later",
    )  # fmt: skip
