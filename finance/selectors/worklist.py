"""What waits for a person of finance, kind by kind: how many, how much per currency, and the largest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from operator import itemgetter
from typing import Any

from django.db.models import Case, Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Abs

from config.core import clock
from config.core.money import Money
from finance.classes import Scope
from finance.fx import convert
from finance.models import (
    OPEN_CLAIMS,
    Claim,
    DecisionState,
    Deposit,
    HumanMatch,
    LineProfit,
    PayoutState,
    Settlement,
    SettlementLine,
    SettlementState,
    WriteOff,
)
from finance.selectors import profit
from finance.selectors.statements import open_discrepancies, statements

DEPOSIT_WITHIN = timedelta(days=7)
LOOK_BACK = timedelta(days=400)
_AMOUNT: DecimalField[Decimal, Decimal] = DecimalField(max_digits=38, decimal_places=10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of one kind waits: `sums` per currency that is known, `unknown` rows whose amount cannot be told."""

    count: int
    sums: Sequence[Money]
    unknown: int


def waiting(rows: QuerySet[Any], amount: Combinable) -> Waiting:
    """Count and sum rows that have a currency; sizes, so that what is owed and what is owing do not cancel out."""
    plain = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")).order_by()
    told = plain.values("currency").annotate(rows=Count("pk"), known=Count(amount), money=Sum(Abs(amount)))
    found = sorted(told, key=itemgetter("currency"))
    return Waiting(
        sum(row["rows"] for row in found),
        [Money(row["money"], row["currency"]) for row in found if row["currency"] and row["money"] is not None],
        sum(row["rows"] - (row["known"] if row["currency"] else 0) for row in found),
    )


def worth(amount: Combinable, currencies: Iterable[str], *, to: str) -> Case:
    """An annotation for ordering alone: the size of an amount in one currency by the latest rates; without one, null."""
    today = clock.now().date()
    wanted = set(currencies) - {""}
    rates = convert.load({*wanted, to}, since=today, until=today)
    whens = []
    for currency in sorted(wanted):
        try:
            rate = rates.convert(Money(Decimal(1), currency), to, on=today).rate
        except convert.MissingRate:
            continue
        whens.append(When(currency=currency, then=Abs(amount) * Value(rate, output_field=_AMOUNT)))
    return Case(*whens, default=Value(None), output_field=_AMOUNT)


def unmatched_rows() -> QuerySet[SettlementLine]:
    """Rows in quarantine, of every statement."""
    found = SettlementLine.objects.filter(scope=Scope.QUARANTINE)
    return found.select_related("account", "settlement").prefetch_related("matches")


def not_tied() -> QuerySet[Settlement]:
    """Statements that do not make their total, leave something unexplained, or wait as a newer issue."""
    wrong = (SettlementState.INCONSISTENT, SettlementState.TIED, SettlementState.REISSUED)
    return statements().filter(Q(residual__isnull=True) | ~Q(residual=0) | Q(state__in=wrong))


def payouts_missing() -> QuerySet[Settlement]:
    """Payouts that the bank returned or refused, and those it has not shown five bank days after they were due."""
    due_before = (clock.now() - DEPOSIT_WITHIN).date()
    seen = Exists(Deposit.objects.filter(settlement=OuterRef("pk")))
    late = Q(total__gt=0, deposit_on__lt=due_before) & ~seen
    return statements().filter(late | Q(payout_state__in=(PayoutState.RETURNED, PayoutState.FAILED)))


def open_claims() -> QuerySet[Claim]:
    return Claim.objects.filter(state__in=OPEN_CLAIMS).select_related("account")


def write_offs() -> QuerySet[WriteOff]:
    return WriteOff.objects.select_related("discrepancy__account")


def write_offs_waiting() -> QuerySet[WriteOff]:
    return write_offs().filter(state=DecisionState.PROPOSED)


def hand_matches_waiting() -> QuerySet[HumanMatch]:
    found = HumanMatch.objects.filter(state=DecisionState.PROPOSED)
    return found.select_related("account", "settlement", "order_line")


def lines_without(reason: str) -> QuerySet[LineProfit]:
    """Order lines of the last 400 days whose margin is unknown for this reason."""
    since = (clock.now() - LOOK_BACK).date()
    return profit.lines().filter(day__gte=since, missing__contains=[reason])


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of what waits: its rows, and the amount by which they are ordered and summed."""

    title: str
    why: str
    rows: Callable[[], QuerySet[Any]]
    amount: Combinable


WORK: dict[str, Work] = {
    "discrepancies": Work(
        "Discrepancies", "paid too little or too much, charged and not agreed, missing", open_discrepancies, F("amount")
    ),
    "unmatched": Work("Unmatched rows", "rows that no rule places", unmatched_rows, F("amount")),
    "statements": Work(
        "Statements not tied", "lines do not make the total, or rows are left over", not_tied, F("residual")
    ),
    "payouts": Work("Payouts missing", "the bank has not shown them, or sent them back", payouts_missing, F("total")),
    "claims": Work("Claims due", "open claims, the next deadline first", open_claims, F("asked") - F("recovered")),
    "write-offs": Work("Write-offs waiting", "a second person must agree", write_offs_waiting, F("amount")),
    "matches": Work("Matches waiting", "a second person must agree", hand_matches_waiting, F("amount")),
    "rates": Work(
        "Missing rates", "order lines that cannot be converted, by net revenue", partial(lines_without, "no_rate"),
        F("net_revenue"),
    ),
    "costs": Work(
        "Missing costs", "order lines whose goods have no cost, by net revenue", partial(lines_without, "no_cost"),
        F("net_revenue"),
    ),
}  # fmt: skip
