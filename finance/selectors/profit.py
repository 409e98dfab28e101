"""Questions about profit: lines, days, margins by group in one currency, and the steps of one SKU."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from config.core.money import Money, quantise, rounding
from finance.fx.sql import rates_for
from finance.models import LineProfit, ProfitDay
from finance.profitability import STEPS, share
from finance.selectors.profit_groups import GROUPS, LINES, MARGINS, MEASURES, TABLES, Asked

MARGIN_AFTER = {"refunds": "net_revenue", "goods": "cm1", "reimbursements": "cm2", "other": "cm3"}
BANDS = ((Decimal("0.20"), "good"), (Decimal("0.15"), "watch"), (Decimal(0), "ticket"))
_RATES = rates_for("SELECT currency, day FROM finance_profitday WHERE day BETWEEN %(since)s AND %(until)s", to="%(to)s")
_GROUPED = """
WITH rate AS MATERIALIZED ({rates})
SELECT grouping({key}), {key}, max({label}), p.is_account_level AND {is_apart}, sum(p.lines), sum(p.units),
    sum(p.units_returned), array_agg(DISTINCT p.currency) FILTER (WHERE rate.rate IS NULL AND p.currency <> ''), {sums}
FROM {rows} p {tables}
LEFT JOIN rate ON rate.currency = p.currency AND rate.wanted_on = p.day
WHERE p.day BETWEEN %(since)s AND %(until)s AND {only} AND (%(keys)s::text[] IS NULL OR {key} = ANY(%(keys)s))
GROUP BY GROUPING SETS ((2, 4), ())
"""
_WATERFALL = """
WITH rate AS MATERIALIZED ({rates}), asked AS (
    SELECT p.*, p.cm3 IS NOT NULL AND rate.rate IS NOT NULL AS is_whole, rate.target, rate.origin
    FROM {rows} p {tables} LEFT JOIN rate ON rate.currency = p.currency AND rate.wanted_on = p.day
    WHERE p.day BETWEEN %(since)s AND %(until)s AND {only}
)
SELECT is_whole, count(*), sum(units), {sums}, (SELECT coalesce(jsonb_object_agg(reason, lines), '{{}}') FROM (
    SELECT reason, count(*) AS lines FROM asked, unnest(missing) AS reason WHERE cm3 IS NULL GROUP BY 1) AS why)
FROM asked GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Margin:
    """One group's sums in one currency, exact; `lacks` names currencies without a rate, whose days are left out."""

    key: str
    label: str
    is_account_level: bool
    currency: str
    lines: int
    units: int
    units_returned: int
    lacks: tuple[str, ...]
    sums: Mapping[str, Decimal | None]

    def money(self, name: str) -> Money | None:
        """One sum, rounded to the minor unit."""
        amount = self.sums.get(name)
        return None if amount is None else Money(quantise(amount, self.currency), self.currency)

    def percent(self, name: str) -> Decimal | None:
        """A margin as a fraction of the net revenue of the lines where it is known."""
        basis = {"cm1": "revenue_costed", "cm2": "revenue_charged", "cm3": "revenue_known"}[name]
        return share(self.sums.get(name), self.sums.get(basis))

    def coverage(self, name: str) -> Decimal | None:
        """The part of net revenue that is costed, charged, known, settled or mapped."""
        return share(self.sums.get(f"revenue_{name}"), self.sums.get("net_revenue"))

    @property
    def band(self) -> str:
        return band(self.percent("cm3"))


def band(percent: Decimal | None) -> str:
    """How a CM3 share is judged: at least 20% good, 15% watch, below a ticket, below zero stop; empty when unknown."""
    if percent is None:
        return ""
    return next((word for least, word in BANDS if percent >= least), "stop")


@dataclass(frozen=True, slots=True)
class Margins:
    """Groups, the whole they are parts of, and what the rounded groups and the rounded whole differ by."""

    rows: tuple[Margin, ...]
    whole: Margin | None
    rounding: Mapping[str, Money]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from gross to CM3; `total` is what has come together after it.

    A margin is rounded once; what the steps before it, rounded one by one, miss of it is a step called rounding.
    """

    name: str
    amount: Money
    total: Money
    is_margin: bool = False


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps over the lines whose every step is known, and the lines that are left out with the reasons."""

    steps: tuple[Step, ...]
    lines: int
    units: int
    left_out: int
    revenue_left_out: Money | None
    reasons: Mapping[str, int]


def lines() -> QuerySet[LineProfit]:
    """Every order line with what it earned."""
    return LineProfit.objects.select_related("account", "order_line__order", "sku", "cost")


def lines_of_order(*, order_id: int) -> QuerySet[LineProfit]:
    return lines().filter(order_line__order=order_id).order_by("order_line_id")


def days() -> QuerySet[ProfitDay]:
    """The sums per day, account, channel, SKU and currency."""
    return ProfitDay.objects.select_related("account", "sku")


def margins(by: str, asked: Asked, *, keys: Sequence[str] | None = None) -> Margins:
    """Margins of each group of `by` (of `keys` only, if given), those that earned most first, in one query.

    Charges that no line bears stand apart from brands, SKUs and listings.
    """
    found = _grouped(by, asked, keys)
    rows = [row for is_whole, row in found if not is_whole]
    rows.sort(key=lambda row: (row.is_account_level, -(row.sums["net_revenue"] or 0), row.key))
    whole = next((row for is_whole, row in found if is_whole), None) if rows else None
    return Margins(tuple(rows), whole, _rounding(rows, whole))


def _grouped(by: str, asked: Asked, keys: Sequence[str] | None) -> list[tuple[bool, Margin]]:
    key, label = GROUPS[by]
    query = _GROUPED.format(
        rates=_RATES,
        key=key,
        label=label,
        is_apart=str(by in ("brand", "sku", "listing")).lower(),
        sums=_sums(MEASURES),
        tables=TABLES,
        only=asked.where,
        rows=asked.rows(by),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, {**asked.given, "keys": None if keys is None else list(keys)})
        return [(bool(row[0]), _margin(row[1:], asked.to)) for row in cursor.fetchall()]


def _sums(names: Sequence[str]) -> str:
    return ", ".join(f"sum(p.{name} * rate.target / rate.origin)" for name in names)


def _margin(row: Sequence[Any], to: str) -> Margin:
    key, label, is_account_level, lines_, units, returned, lacks, *sums = row
    values = dict(zip(MEASURES, sums, strict=True))
    return Margin(
        key or "", label or "", bool(is_account_level), to, lines_, units, returned, tuple(lacks or ()), values
    )


def _rounding(rows: Sequence[Margin], whole: Margin | None) -> dict[str, Money]:
    """Per sum, the line that makes the rounded rows add up to the rounded whole."""
    found = {}
    for name in MARGINS if whole else ():
        total = whole.money(name) if whole else None
        parts = [money for row in rows if (money := row.money(name)) is not None]
        rest = rounding(parts, total) if total is not None else None
        if rest:
            found[name] = rest
    return found


def waterfall(asked: Asked) -> Waterfall:
    """The steps of what is asked for, in one currency; with the roundings shown they add up to each margin."""
    query = _WATERFALL.format(
        rates=_RATES, tables=TABLES, only=asked.where, rows=LINES if "listing" in asked.only else "finance_lineprofit",
        sums=", ".join(f"sum({name} * target / origin)" for name in (*STEPS, "net_revenue")),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, asked.given)
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    whole, rest = found.get(True), found.get(False)
    reasons: Mapping[str, int] = json.loads((whole or rest or ("{}",))[-1])
    left = None if rest is None or rest[-2] is None else Money(quantise(rest[-2], asked.to), asked.to)
    return Waterfall(
        tuple(steps_of(dict(zip(STEPS, whole[2:], strict=False)), asked.to)) if whole else (),
        whole[0] if whole else 0,
        whole[1] if whole else 0,
        rest[0] if rest else 0,
        left,
        dict(sorted(reasons.items(), key=lambda item: -item[1])),
    )


def steps_of(amounts: Mapping[str, Decimal], currency: str) -> list[Step]:
    """Steps and margins from exact amounts of every step, with the rounding before each margin that needs one."""
    steps: list[Step] = []
    total = exact = Money(Decimal(0), currency)
    for name in STEPS:
        exact += Money(amounts[name], currency)
        total += (amount := Money(amounts[name], currency).rounded())
        steps.append(Step(name, amount, total))
        if name in MARGIN_AFTER:
            if rest := rounding([total], exact):
                steps.append(Step("rounding", rest, total := total + rest))
            steps.append(Step(MARGIN_AFTER[name], total, total, is_margin=True))
    return steps


def basis(asked: Asked) -> list[dict[str, Any]]:
    """By what each currency was converted: the newest rate used, the span of bank days, who said so, or that one lacks."""
    query = f"""
        SELECT currency, (array_agg(rate ORDER BY day DESC NULLS LAST))[1], max(day), min(day),
            string_agg(DISTINCT source, ', '), bool_or(rate IS NULL)
        FROM ({_RATES}) AS used WHERE currency <> %(to)s AND currency <> '' GROUP BY 1 ORDER BY 1
    """  # noqa: S608 - fragments of statements, no values
    with connection.cursor() as cursor:
        cursor.execute(query, asked.given)
        rows = cursor.fetchall()
    names = ("currency", "rate", "day", "first", "source", "lacks")
    return [{**dict(zip(names, row, strict=True)), "sources": row[4]} for row in rows]
