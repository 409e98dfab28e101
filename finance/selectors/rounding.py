"""What was rounded in a month: entries of the ledger, and how their sum compares with what may be tolerated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Abs

from finance.classes import SALE
from finance.models import JournalLine, RoundingEntry, SettlementLine

ZERO = Decimal(0)
SHARE_OF_TURNOVER = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingMonth:
    """One currency of an account's month. `size` sums sizes, so that nothing is netted; `amount` is signed.

    `booked` is what the entries of the books left over. Sizes and `booked` together may reach `allowed`: the limit of the
    books, or 0.01% of `turnover` where that is more.
    """

    currency: str
    fees: int
    exchanges: int
    amount: Decimal
    size: Decimal
    booked: Decimal
    turnover: Decimal
    limit: Decimal

    @property
    def allowed(self) -> Decimal:
        return max(self.limit, self.turnover * SHARE_OF_TURNOVER)

    @property
    def total(self) -> Decimal:
        return self.size + abs(self.booked)

    @property
    def is_within(self) -> bool:
        return self.total <= self.allowed


def entries() -> QuerySet[RoundingEntry]:
    """Tolerated differences, newest month first."""
    found = RoundingEntry.objects.select_related("account", "settlement", "order_line")
    return found.order_by("-month", "-pk")


def of_month(
    account: int, month: date, *, lines: QuerySet[SettlementLine], limit: Decimal
) -> Sequence[RoundingMonth]:  # fmt: skip
    """Per currency that has anything to tell; `lines` are the statement lines of the month, for its turnover."""
    posted = RoundingEntry.objects.filter(account=account, month=month).values("currency").order_by("currency")
    told = {
        row["currency"]: row
        for row in posted.annotate(
            fees=Count("pk", filter=Q(kind="fee")), exchanges=Count("pk", filter=Q(kind="exchange")),
            amount=Sum("difference"), size=Sum(Abs("difference")),
        )
    }  # fmt: skip
    booked = JournalLine.objects.filter(journal__account=account, journal__month=month, purpose="rounding")
    rests = dict(booked.values_list("journal__currency").annotate(sum=Sum("amount")).order_by())
    currencies = sorted({*told, *(currency for currency, rest in rests.items() if rest)})
    if not currencies:
        return []
    sold = lines.filter(line_class__in=SALE).values_list("currency").annotate(sum=Sum("amount")).order_by()
    turnovers = dict(sold)
    nothing = {"fees": 0, "exchanges": 0, "amount": ZERO, "size": ZERO}
    return [
        RoundingMonth(
            **{**nothing, "currency": c, **told.get(c, {})}, booked=rests.get(c, ZERO),
            turnover=turnovers.get(c, ZERO), limit=limit,
        )
        for c in currencies
    ]  # fmt: skip
