"""What margins did to a SKU in an account: thirty days against the thirty before, over lines that change no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from finance.fx.sql import rates_for
from finance.profitability import STEPS, Amount, share

WINDOW = timedelta(days=30)
MATURE_AFTER = timedelta(days=2)
LEAST_UNITS, LEAST_REVENUE = 10, Decimal(200)
LEAST_SETTLED = Decimal("0.8")
STEADY_COST = Decimal("0.01")
DRIVERS: dict[str, tuple[str, ...]] = {
    "price": ("gross", "discounts", "vat"),
    "cost": ("goods",),
    "fee": ("fees", "fulfilment", "payment"),
    "return": ("refunds", "returns", "reimbursements"),
    "ads": ("advertising",),
    "storage": ("storage", "other"),
}
_SUMS = (*STEPS, "net_revenue", "cm2", "cm3")
_SOLD = """
SELECT DISTINCT sku_id, account_id FROM finance_profitday
WHERE day BETWEEN %(turn)s + 1 AND %(until)s AND sku_id IS NOT NULL AND units > 0 ORDER BY 1, 2
"""
_SPANS = """
WITH rate AS MATERIALIZED ({rates})
SELECT p.sku_id, p.account_id, p.day > %(turn)s, sum(p.units), {sums},
    sum(p.net_revenue * rate.target / rate.origin) FILTER (WHERE p.goods IS NOT NULL),
    sum(p.net_revenue * rate.target / rate.origin) FILTER (WHERE p.is_settled),
    sum(cost.landed * p.units) / nullif(sum(p.units) FILTER (WHERE cost.id IS NOT NULL), 0),
    bool_or(rate.rate IS NULL)
FROM unnest(%(skus)s::bigint[], %(accounts)s::bigint[]) AS asked(sku_id, account_id)
JOIN finance_lineprofit p ON p.sku_id = asked.sku_id AND p.account_id = asked.account_id
LEFT JOIN rate ON rate.currency = p.currency AND rate.wanted_on = p.day
LEFT JOIN finance_cost cost ON cost.id = p.cost_id
WHERE p.day BETWEEN %(since)s AND %(until)s AND NOT 'no_statement' = ANY(p.missing)
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Sums of one window in the reporting currency; `landed` is the mean cost of a piece in its own currency."""

    units: int
    sums: Mapping[str, Amount]
    costed: Amount
    settled: Amount
    landed: Amount
    lacks_rate: bool

    @property
    def revenue(self) -> Decimal:
        return self.sums["net_revenue"] or Decimal(0)

    @property
    def cm3_share(self) -> Amount:
        return share(self.sums["cm3"], self.sums["net_revenue"])

    @property
    def why_unmeasured(self) -> str:
        """Why the margin of this window cannot be judged; empty where it can."""
        if self.lacks_rate:
            return "an exchange rate is missing"
        if self.units < LEAST_UNITS and self.revenue < LEAST_REVENUE:
            return f"fewer than {LEAST_UNITS} units and {LEAST_REVENUE} of net revenue"
        if self.sums["net_revenue"] is None or self.costed != self.sums["net_revenue"]:
            return "some of the revenue has no cost or VAT"
        if (share(self.settled, self.revenue) or Decimal(0)) < LEAST_SETTLED:
            return "less than 80% of the revenue stands on statements"
        return ""

    def per_unit(self, names: Iterable[str]) -> Decimal:
        total = sum((self.sums[name] or Decimal(0) for name in names), Decimal(0))
        return total / self.units if self.units else Decimal(0)


@dataclass(frozen=True, slots=True)
class Erosion:
    """One SKU in one account: the last window, the one before where that can be judged, and what drove the change."""

    sku_id: int
    account_id: int
    now: Span
    before: Span | None

    @property
    def fall(self) -> Amount:
        """How far the CM3 share fell, in fractions of net revenue; None without a former one."""
        then = self.before.cm3_share if self.before else None
        return None if then is None or self.now.cm3_share is None else then - self.now.cm3_share

    @property
    def driver(self) -> str:
        """What took most of a unit's margin since the window before; without one, what takes most of it now."""
        former = self.before
        if former is None:
            return min((n for n in DRIVERS if n != "price"), key=lambda name: self.now.per_unit(DRIVERS[name]))
        worst = min(DRIVERS, key=lambda name: self.now.per_unit(DRIVERS[name]) - former.per_unit(DRIVERS[name]))
        return "FX" if worst == "cost" and _is_steady(self.now.landed, former.landed) else worst


def _is_steady(now: Amount, before: Amount) -> bool:
    change = share(now, before)
    return change is not None and abs(change - 1) < STEADY_COST


def sold(*, on: date) -> list[tuple[int, int]]:
    """SKU and account of all that was sold in the last window."""
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, _days(on))
        return list(cursor.fetchall())


def erosion(pairs: Sequence[tuple[int, int]], *, on: date, to: str) -> list[Erosion]:
    """Both windows of these SKUs and accounts in one currency; only those with a mature line in the last one."""
    rates = rates_for(
        "SELECT currency, day FROM finance_profitday WHERE day BETWEEN %(since)s AND %(until)s", to="%(to)s"
    )
    sums = ", ".join(f"sum(p.{name} * rate.target / rate.origin)" for name in _SUMS)
    given: dict[str, Any] = {
        **_days(on),
        "skus": [sku for sku, _ in pairs],
        "accounts": [account for _, account in pairs],
        "to": to,
    }
    found: dict[tuple[int, int], dict[bool, Span]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SPANS.format(rates=rates, sums=sums), given)
        for sku, account, is_now, units, *rest in cursor.fetchall():
            values = dict(zip(_SUMS, rest, strict=False))
            found.setdefault((sku, account), {})[is_now] = Span(units, values, *rest[len(_SUMS) :])
    return [
        Erosion(
            sku, account, spans[True], before if (before := spans.get(False)) and not before.why_unmeasured else None
        )
        for (sku, account), spans in sorted(found.items())
        if True in spans
    ]


def _days(on: date) -> dict[str, date]:
    until = on - MATURE_AFTER
    return {"until": until, "turn": until - WINDOW, "since": until - 2 * WINDOW + timedelta(days=1)}
