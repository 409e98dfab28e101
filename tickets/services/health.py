"""Measures account health: every metric in one go for a span of days, each value in its band, only changes written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from config.core import clock
from config.core.bulk import land
from config.core.upsert import Table
from marketplaces import selectors
from tickets.health import bands
from tickets.health.base import METRICS, Metric, Reading, Seller, Span
from tickets.health.windows import Rule
from tickets.models import HealthBand, HealthDay, Level, ServiceLimit
from tickets.services import incidents

HISTORY = timedelta(days=91)
LATE_NEWS = timedelta(days=7)
"""Days that are measured again once a day, because orders and statements tell of them later."""
DAYS = Table(
    name="tickets_healthday",
    columns=(
        "account_id", "metric", "day", "value", "numerator", "denominator", "samples", "as_of", "why", "band", "limit",
        "used", "left", "facts",
    ),
    key=("account_id", "metric", "day"),
    newer=None,
)  # fmt: skip


def measure() -> dict[str, int]:
    """Today, and whatever days of the last 13 weeks were never measured; once a day the last week as well."""
    today = clock.now().date()
    first = today - HISTORY + timedelta(days=1)
    known = set(HealthDay.objects.filter(day__gte=first).order_by().values_list("day", flat=True).distinct())
    wanted = [first + timedelta(days=n) for n in range(HISTORY.days)]
    fresh = [day for day in wanted if day == today or day not in known]
    again = [] if today in known else [day for day in wanted if day > today - LATE_NEWS]
    span = _span([*{*fresh, *again}])
    counts = Counter(_measure(span, [each for _, each in METRICS if each.effect]))
    told = incidents.follow(fresh)
    counts += Counter(_measure(span, [each for _, each in METRICS if not each.effect]))
    return {**counts, **told}


def _measure(span: Span, metrics: Sequence[Metric]) -> dict[str, int]:
    """Measure these metrics of every account on the days of the span; only what changed is written."""
    if not span.sellers:
        return {}
    limits = list(HealthBand.objects.all())
    rows = [row for each in metrics for row in _rows(each, span, limits)]
    landed = land(DAYS, rows)
    return {"written": len(landed.changed_ids), "measured": len(rows)}


def _span(days: Sequence[date]) -> Span:
    now = clock.now()
    sellers = [
        Seller(each.pk, each.marketplace, (each.history_from or each.connected_at or each.created_at).date())
        for each in selectors.accounts()
    ]
    return Span(days=sorted(days), sellers=sellers, now=now, rules=_rules(now.date()))


def _rules(today: date) -> dict[tuple[str, str], list[Rule]]:
    """The newest limits per marketplace and metric; advice and marks of honour are no limits."""
    found: dict[tuple[Any, ...], ServiceLimit] = {}
    rows = ServiceLimit.objects.filter(valid_from__lte=today, level__in=[Level.LIMIT, Level.SUSPENSION])
    for row in rows.order_by("valid_from"):
        found[row.marketplace, row.metric, row.level, row.window, row.window_days] = row
    rules: dict[tuple[str, str], list[Rule]] = {}
    for row in found.values():
        rules.setdefault((row.marketplace, row.metric), []).append(rule_of(row))
    return rules


def rule_of(row: ServiceLimit) -> Rule:
    return Rule(
        limit=row.limit, window=row.window, window_days=row.window_days, counts=row.counts,
        least_failures=row.least_failures, tiers=row.read_tiers(), consequence=row.consequence,
        is_suspension=row.level == Level.SUSPENSION,
    )  # fmt: skip


def _rows(metric: Metric, span: Span, limits: Sequence[HealthBand]) -> Iterator[tuple[Any, ...]]:
    mine = [row for row in limits if row.metric == metric.key]
    known = {(reading.account_id, reading.day): reading for reading in metric.measure(span)}
    marketplaces = {seller.id: seller.marketplace for seller in span.sellers}
    for reading in [*known.values(), *_silent(metric, span, known)]:
        row = bands.narrowest(
            mine, account_id=reading.account_id, marketplace=marketplaces[reading.account_id], on=reading.day
        )
        yield _values(metric, reading, span, row)


def _silent(metric: Metric, span: Span, known: Iterable[tuple[int, date]]) -> Iterator[Reading]:
    """Days on which nothing could be measured say so; the past of a momentary metric stays as it was."""
    told = set(known)
    for seller, day in span.pairs():
        is_wanted = not metric.is_momentary or day == span.now.date()
        if is_wanted and (seller.id, day) not in told:
            yield Reading(account_id=seller.id, day=day, why=metric.silence)


def _values(metric: Metric, reading: Reading, span: Span, limits: HealthBand | None) -> tuple[Any, ...]:
    rule = reading.rule
    return (
        reading.account_id, metric.key, reading.day, reading.value, reading.numerator, reading.denominator,
        reading.samples, span.end(reading.day), reading.why, _band(metric, reading, limits),
        rule.limit if rule else None, reading.used, reading.left, dict(reading.facts),
    )  # fmt: skip


def _band(metric: Metric, reading: Reading, limits: HealthBand | None) -> str:
    if limits is None or reading.value is None:
        return ""
    if limits.is_of_limit:
        return bands.band(reading.used, limits) if reading.used is not None else ""
    return bands.band(reading.value, limits, is_high_bad=metric.is_high_bad)
