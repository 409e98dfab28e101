"""Books bank bookings: each empties the clearing account of its statement, or waits as money in transit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from config.core import clock
from config.core.money import quantise
from finance import closing, journals
from finance.closing import Late
from finance.journals import Asked, Posting, Rule
from finance.models import Deposit, Journal, JournalKind, JournalLine, RestatementKind
from finance.selectors.journals import account_map

SUFFIX: dict[str, str] = {JournalKind.RETURN: "-R", JournalKind.EXCHANGE: "-X"}


def book_waiting() -> int:
    """Book what has no entry yet; returns how many."""
    return book(Deposit.objects.filter(journals__isnull=True).order_by("pk"))


def book_of(settlement_ids: Sequence[int]) -> int:
    """Book the bookings of these statements again."""
    return book(Deposit.objects.filter(settlement__in=settlement_ids).order_by("pk"))


def book(deposits: QuerySet[Deposit]) -> int:
    """Build the entries of these bookings again; what a locked month holds differently is booked in an open one."""
    rules, count = account_map(), 0
    with transaction.atomic():
        closing.hold(is_exclusive=False)
        for deposit in list(deposits.select_related("settlement")):
            _book(deposit, rules)
            count += 1
    return count


def _book(deposit: Deposit, rules: Sequence[Rule]) -> None:
    Journal.objects.filter(deposit=deposit, is_locked=False).delete()
    for event in _events(deposit):
        _post(deposit, event, _due(deposit, event), rules)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry that a booking brings about; `postings` are what all its entries hold together."""

    kind: str
    day: date
    currency: str
    postings: Sequence[Posting]


def _events(deposit: Deposit) -> Iterator[Event]:
    statement = deposit.settlement
    is_exchanged = statement is not None and bool(statement.payout_rate) and statement.currency != deposit.currency
    given: dict[str, Any] = {"fee": deposit.fee, "is_linked": statement is not None and not is_exchanged}
    booked = journals.deposit(deposit.amount, **given)
    yield Event(JournalKind.DEPOSIT, deposit.booked_on, deposit.currency, booked)
    if deposit.returned_on:
        back = journals.deposit(deposit.amount, is_returned=True, **given)
        yield Event(JournalKind.RETURN, deposit.returned_on, deposit.currency, back)
    if statement is not None and is_exchanged and statement.total is not None:
        cleared = () if deposit.returned_on else journals.exchanged(quantise(statement.total, statement.currency))
        yield Event(JournalKind.EXCHANGE, deposit.booked_on, statement.currency, cleared)


def _due(deposit: Deposit, event: Event) -> dict[str, Decimal]:
    """Per purpose, what is to be booked less what locked months hold."""
    due: dict[str, Decimal] = defaultdict(Decimal)
    for posting in event.postings:
        due[posting.purpose] += posting.amount
    held = JournalLine.objects.filter(journal__deposit=deposit, journal__kind=event.kind, journal__is_locked=True)
    for purpose, amount in held.values_list("purpose", "amount"):
        due[purpose] -= amount
    return {purpose: amount for purpose, amount in due.items() if amount}


def _post(deposit: Deposit, event: Event, due: dict[str, Decimal], rules: Sequence[Rule]) -> None:
    asked = {p: Asked(purpose=p, account_id=deposit.account_id, currency=event.currency) for p in due}
    found = {purpose: journals.resolve(rules, each) for purpose, each in asked.items()}
    if not due or None in found.values():
        return
    origin, month = closing.month_of(event.day), closing.first_open(deposit.account_id, event.day)
    journal = Journal.objects.create(
        account_id=deposit.account_id, month=month, kind=event.kind, deposit=deposit, currency=event.currency,
        number=f"BANK-{deposit.pk}-{month:%Y%m}{SUFFIX.get(event.kind, '')}", built_at=clock.now(),
        booked_on=max(event.day, month), text=(deposit.reference or "bank booking")[:200],
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
