"""Money that differs from what was due, and statements or deposits that did not come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Max, Q, QuerySet

from config.core import clock
from config.core.money import Money
from finance.models import Discrepancy, DiscrepancyKind, Settlement
from finance.selectors import statements as selectors
from tickets.detectors.base import Measure, detector, hours
from tickets.types import SETTLEMENT_DISCREPANCY, STATEMENT_MISSING

SATURDAY = 5


def _open_differences() -> QuerySet[Discrepancy]:
    return selectors.open_discrepancies().exclude(kind=DiscrepancyKind.STATEMENT_GAP).order_by("pk")


def _differences() -> Iterable[str]:
    return map(str, _open_differences().values_list("pk", flat=True))


@detector(
    "finance.discrepancy",
    subject="discrepancy",
    opens=SETTLEMENT_DISCREPANCY,
    candidates=_differences,
    reads=("settlements",),
    action="open_discrepancy",
)
def differences(subjects: Sequence[str]) -> Iterator[Measure]:
    """1 for each difference that the reconciliation holds open; `severity` is the number of the one it gave."""
    for difference in _open_differences().filter(pk__in=subjects):
        amount = difference.amount
        owed = Money(amount, difference.currency) if amount is not None and difference.currency else None
        about = difference.order_ref or (difference.settlement.external_id if difference.settlement else "")
        yield Measure(
            subject=str(difference.pk),
            account_id=difference.account_id,
            scope=_identity(difference),
            group=f"{difference.kind}/statement:{difference.settlement_id or ''}",
            value=Decimal(1),
            title=f"{difference.get_kind_display().capitalize()}: {about or difference.key}"
            + (f", {owed}" if owed is not None else ""),
            facts={"severity": Decimal(difference.severity[1:])},
            as_of={"reconciliation": difference.last_seen_at, "clock": clock.now()},
            money=abs(owed) if owed is not None else None,
            links=_links(difference),
            params={"discrepancy_id": difference.pk},
            shows={"kind": difference.kind, "key": difference.key, **difference.evidence},
        )


def _identity(difference: Discrepancy) -> str:
    """Account, kind, and the line or the statement that it is about: several differences there are one ticket."""
    about = f"key:{difference.key}"
    if difference.order_line_id:
        about = f"line:{difference.order_line_id}"
    elif difference.settlement_line_id:
        about = f"row:{difference.settlement_line_id}"
    elif difference.settlement_id:
        about = f"statement:{difference.settlement_id}"
    return f"account:{difference.account_id}/{difference.kind}/{about}"[:200]


def _links(difference: Discrepancy) -> list[dict[str, object]]:
    links: list[dict[str, object]] = [{"kind": "discrepancy", "id": difference.pk, "label": difference.key}]
    if difference.settlement:
        statement = difference.settlement
        links.append({"kind": "settlement", "id": statement.pk, "label": statement.external_id})
        links.append({"kind": "raw", "id": statement.page_id, "label": "as it came"})
    if difference.settlement_line_id:
        links.append({"kind": "settlement_line", "id": difference.settlement_line_id})
    if difference.order_line_id:
        links.append({"kind": "order_line", "id": difference.order_line_id, "label": difference.order_ref})
    return links


def _open_gaps() -> QuerySet[Discrepancy]:
    return selectors.open_discrepancies().filter(kind=DiscrepancyKind.STATEMENT_GAP).order_by("pk")


def _gaps() -> Iterable[str]:
    return map(str, _open_gaps().values_list("pk", flat=True))


@detector(
    "finance.statement_gap",
    subject="discrepancy",
    opens=STATEMENT_MISSING,
    candidates=_gaps,
    reads=("settlements",),
    action="import_statement",
)
def hours_of_gap(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours since the period that no statement covers was over, whenever we looked."""
    for gap in _open_gaps().filter(pk__in=subjects):
        yield Measure(
            subject=str(gap.pk),
            account_id=gap.account_id,
            scope=f"account:{gap.account_id}/gap:{gap.key}"[:200],
            value=hours(clock.now(), _missing_since(gap)),
            title=f"{gap.account.label}: a statement is missing ({gap.key})"[:300],
            as_of={"reconciliation": gap.last_seen_at, "clock": clock.now()},
            links=_links(gap),
            params={"account_id": gap.account_id, "discrepancy_id": gap.pk},
            shows=gap.evidence,
        )


def _missing_since(gap: Discrepancy) -> datetime:
    """The end of the missing period, when the statement was due; else the moment at which the gap was seen."""
    until = gap.evidence.get("until")
    return datetime.fromisoformat(until) if until else gap.first_seen_at


def _announced() -> QuerySet[Settlement]:
    """Statements that announce a deposit which no booking pays, of accounts whose bank we are told about."""
    same_currency = Q(account__deposits__currency=F("currency"))
    unseen = selectors.deposits_unseen(due_before=clock.now())
    read = unseen.annotate(bank_read_at=Max("account__deposits__imported_at", filter=same_currency))
    return read.filter(bank_read_at__date__gt=F("deposit_on")).order_by("pk")


def _unpaid() -> Iterable[str]:
    return map(str, _announced().values_list("pk", flat=True))


@detector(
    "finance.deposit",
    subject="settlement",
    opens=STATEMENT_MISSING,
    candidates=_unpaid,
    reads=("settlements",),
    action="import_deposits",
)
def bank_days_without_deposit(subjects: Sequence[str]) -> Iterator[Measure]:
    """Bank days from the announced deposit to the last bank file read, without a booking that pays it."""
    for statement in _announced().filter(pk__in=subjects):
        yield Measure(
            subject=str(statement.pk),
            account_id=statement.account_id,
            scope=f"account:{statement.account_id}/deposit:{statement.external_id}"[:200],
            value=Decimal(bank_days(statement.deposit_on, statement.bank_read_at.date())),
            title=f"{statement.account.label}: the deposit of statement {statement.external_id} was not seen"[:300],
            as_of={"statement": statement.imported_at, "bank": statement.bank_read_at, "clock": clock.now()},
            money=Money(statement.total, statement.currency) if statement.currency else None,
            links=({"kind": "settlement", "id": statement.pk, "label": statement.external_id},),
            params={"account_id": statement.account_id, "settlement_id": statement.pk},
            shows={"deposit_on": f"{statement.deposit_on}"},
        )


def bank_days(start: date, end: date) -> int:
    """Days on which banks may book (Monday to Friday) after `start`, up to and with `end`; never negative."""
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(day.weekday() < SATURDAY for day in days)
