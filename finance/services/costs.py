"""Costs are entered, ended and corrected by adding rows that are known from now on; no row is ever changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max

from config.core import clock, tenancy
from config.core.events import announce
from finance import closing, costs
from finance.models import Cost, RestatementKind
from finance.selectors import rates
from finance.services import profit
from finance.signals import costs_recorded

PARTS = ("purchase", "inbound", "insurance", "customs", "other")
LARGEST = Decimal(10) ** 12
_BEFORE = "(SELECT * FROM finance_cost WHERE id < %(first)s)"
_OF_SKUS = f"{costs.LINES} WHERE line.sku_id = ANY(%(skus)s) AND o.business_on >= %(since)s"
_OF_LOCKED = f"{_OF_SKUS} AND {closing.locked_sql('o.account_id', 'o.business_on')}"
_TOUCHED = f"""
    SELECT DISTINCT o.account_id, o.business_on
    FROM ({costs.changed(_OF_SKUS, before=_BEFORE, after="finance_cost")}) AS changed
    JOIN inventory_orderline line ON line.id = changed.order_line_id JOIN inventory_order o ON o.id = line.order_id
"""  # noqa: S608 - fragments of statements, no values
_LATE = f"""
    SELECT o.account_id, date_trunc('month', o.business_on)::date, coalesce(changed.currency, changed.old_currency),
        sum(CASE WHEN changed.currency = changed.old_currency
            THEN (changed.old_landed - changed.landed) * (line.quantity - line.quantity_cancelled) END)
        FILTER (WHERE NOT lack.it),
        count(*) FILTER (WHERE lack.it), count(*)
    FROM ({costs.changed(_OF_LOCKED, before=_BEFORE, after="finance_cost", as_if_open=True)}) AS changed
    JOIN inventory_orderline line ON line.id = changed.order_line_id JOIN inventory_order o ON o.id = line.order_id
    CROSS JOIN LATERAL (SELECT changed.currency IS DISTINCT FROM changed.old_currency AS it) AS lack
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608 - as above


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one piece costs from a day on, without VAT; or with `is_end`, that from this day no cost is known."""

    sku_id: int
    currency: str
    valid_from: date
    purchase: Decimal = Decimal(0)
    inbound: Decimal = Decimal(0)
    insurance: Decimal = Decimal(0)
    customs: Decimal = Decimal(0)
    other: Decimal = Decimal(0)
    vat_rate: Decimal | None = None
    warehouse_id: int | None = None
    vendor: str = ""
    is_end: bool = False


def enter(entry: Entry, *, by: str, source: str = "typed in") -> Cost:
    """Record a cost from a day on; of one day and key, the last one recorded counts."""
    return record([entry], by=by, source=source)[0]


def end(cost: Cost, *, on: date, by: str) -> Cost:
    """From this day on, no cost is known for the SKU, warehouse, currency and vendor of this row."""
    if on < cost.valid_from:
        raise ValidationError(f"this cost begins on {cost.valid_from}; it cannot end before that day")
    blank: dict[str, Any] = dict.fromkeys(PARTS, Decimal(0))
    return enter(replace(_again(cost), valid_from=on, is_end=True, vat_rate=None, **blank), by=by, source="ended")


def correct(cost: Cost, *, by: str, vat_rate: Decimal | None = None, **parts: Decimal) -> Cost:
    """Say what the goods of this row really cost from its day on; what was known before stays as it was known."""
    fresh: dict[str, Any] = {name: parts.get(name, getattr(cost, name)) for name in PARTS}
    entry = replace(_again(cost), vat_rate=cost.vat_rate if vat_rate is None else vat_rate, is_end=False, **fresh)
    return enter(entry, by=by, source="corrected")


def record(entries: Sequence[Entry], *, by: str, source: str) -> list[Cost]:
    """Add rows known from now on, all or none, and have the profit of exactly the lines they change computed again.

    Lines of locked months keep the cost known at their lock; what would have changed there is noted as a restatement.
    """
    currencies = known_currencies()
    for entry in entries:
        _check(entry, currencies)
    with transaction.atomic():
        tenancy.take_turn("costs")
        known_at = _moment(entries)
        made = Cost.objects.bulk_create(
            Cost(**{f: getattr(e, f) for f in Entry.__slots__}, known_at=known_at, source=source[:120], entered_by=by)
            for e in entries
        )
        _tell(made, known_at, by)
    return list(Cost.objects.select_related("sku", "warehouse").filter(pk__in=[row.pk for row in made]).order_by("pk"))


def _check(entry: Entry, currencies: frozenset[str]) -> None:
    """Raise ValidationError, by field, for what no cost can be."""
    wrong = {name: "a cost is not negative" for name in PARTS if getattr(entry, name) < 0}
    wrong |= {name: f"larger than {LARGEST:,.0f}" for name in PARTS if getattr(entry, name) >= LARGEST}
    if entry.currency not in currencies:
        wrong["currency"] = f"{entry.currency!r} is not a currency that is known here"
    if entry.is_end and any(getattr(entry, name) for name in PARTS):
        wrong["is_end"] = "an end has no amounts"
    if entry.vat_rate is not None and not 0 <= entry.vat_rate < 1:
        wrong["vat_rate"] = "a rate is a fraction from 0 to 1, such as 0.19"
    if wrong:
        raise ValidationError(wrong)


def known_currencies() -> frozenset[str]:
    """Currencies that can be converted: those with a reference rate, and the euro."""
    return frozenset(rates.currencies()) | {"EUR"}


def _again(cost: Cost) -> Entry:
    return Entry(**{field: getattr(cost, field) for field in Entry.__slots__})


def _moment(entries: Sequence[Entry]) -> datetime:
    """Now. Of two rows of one key and day it must be told which is the later one."""
    now = clock.now()
    skus, days = {entry.sku_id for entry in entries}, {entry.valid_from for entry in entries}
    last = Cost.objects.filter(sku__in=skus, valid_from__in=days).aggregate(last=Max("known_at"))["last"]
    if last is not None and last >= now:
        raise ValidationError("costs of these SKUs and days were recorded this very moment; try again in a second")
    return now


def _tell(made: Sequence[Cost], known_at: datetime, by: str) -> None:
    given: dict[str, Any] = {
        "first": min((row.pk for row in made), default=0), "skus": sorted({row.sku_id for row in made}), "known_at": known_at,
        "since": min((row.valid_from for row in made), default=known_at.date()),
    }  # fmt: skip
    days: dict[int, list[date]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, given)
        for account_id, day in cursor.fetchall():
            days[account_id].append(day)
        cursor.execute(_LATE, given)
        late = cursor.fetchall()
    for account_id, touched in sorted(days.items()):
        profit.rebuild_later(account_id, touched)
    closing.note(_late(late, known_at, by))
    announce(costs_recorded, ids=given["skus"])


def _late(rows: Iterable[tuple[Any, ...]], known_at: datetime, by: str) -> Iterable[closing.Late]:
    """What the new costs would have changed in locked months; units sold, whether they came back or not."""
    for account_id, month, currency, amount, unknown, lines in rows:
        reason = f"costs recorded later apply to {lines} lines; the month keeps those known at its lock"
        yield closing.Late(
            account_id=account_id, month=month, kind=RestatementKind.COST, reference=f"costs of {known_at.isoformat()}",
            amount=None if unknown else amount, currency=currency or "", reason=reason, by=by,
        )  # fmt: skip
