"""Accounts that come near a marketplace's limit or go beyond it, and orders that others speak of and we do not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from config.core import clock
from config.core.money import Money
from marketplaces import selectors
from tickets.detectors.base import Measure, detector, hours
from tickets.health.base import METRICS
from tickets.health.values import said
from tickets.models import HealthDay
from tickets.types import ACCOUNT_HEALTH, TECHNICAL_ISSUE

RECENT = timedelta(days=3)


def _latest() -> Iterable[HealthDay]:
    """The newest row of each metric that has a limit."""
    found = HealthDay.objects.filter(day__gt=clock.now().date() - RECENT, used__isnull=False)
    return found.select_related("account").order_by("account", "metric", "-day").distinct("account", "metric")


def _limited() -> Iterable[str]:
    return [f"{row.account_id}:{row.metric}" for row in _latest()]


@detector(
    "health.limit", subject="account_health", opens=ACCOUNT_HEALTH, candidates=_limited, reads=("orders",),
    action="open_health",
)  # fmt: skip
def used_of_limit(subjects: Sequence[str]) -> Iterator[Measure]:
    """The part of a marketplace's limit that an account has used: 1 is all of it. Failures too few to count are 0."""
    wanted = set(subjects)
    for row in _latest():
        if f"{row.account_id}:{row.metric}" in wanted and row.metric in METRICS:
            yield _measure(row)


def _measure(row: HealthDay) -> Measure:
    metric = METRICS.get(row.metric)
    limit = said(metric, row.limit)
    rest = f"{row.left} failures left" if row.left and row.left > 0 else "nothing is left"
    return Measure(
        subject=f"{row.account_id}:{row.metric}",
        value=row.used,
        title=f"{row.account.label}: {metric.label.lower()} is {said(metric, row.value)} of {limit} allowed, {rest}",
        account_id=row.account_id,
        scope=f"health:{row.account.key}/{row.metric}",
        samples=row.samples,
        facts={
            "left": None if row.left is None else Decimal(row.left), "failures": row.numerator,
            "cases": row.denominator, "is_suspension": Decimal(bool(row.facts.get("is_suspension"))),
        },
        as_of={"health": row.as_of, "clock": clock.now()},
        money=_owed(row),
        links=(
            {"kind": "account_health", "account": row.account.key, "metric": row.metric, "label": metric.label},
            {"kind": "account", "id": row.account_id, "label": row.account.label},
        ),
        params={"account": row.account.key, "metric": row.metric},
        shows={"limit": limit, "windows": row.facts.get("windows", []), "penalty": row.facts.get("penalty", {})},
    )  # fmt: skip


def _owed(row: HealthDay) -> Money | None:
    """What the month costs at this ratio, spread over its days; only where it is owed in one currency."""
    owed = dict(row.facts.get("penalty", {}))
    if len(owed) != 1:
        return None
    currency, amount = next(iter(owed.items()))
    return Money((Decimal(amount) / row.day.day).quantize(Decimal("0.01")), currency)


def _with_missing_orders() -> Iterable[str]:
    return map(str, selectors.missing_orders().values_list("account", flat=True))


@detector(
    "health.missing_orders", subject="account", opens=TECHNICAL_ISSUE, candidates=_with_missing_orders,
    action="open_sync_health",
)  # fmt: skip
def hours_missing(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours since the first order became known that another source speaks of and that has not come (F-19)."""
    for row in selectors.missing_orders().filter(account__in=subjects):
        count = f"{row['count']} order{'s' if row['count'] > 1 else ''}"
        yield Measure(
            subject=str(row["account"]),
            account_id=row["account"],
            scope=f"missing_orders:{row['account__key']}",
            value=hours(clock.now(), row["oldest"]),
            title=f"{row['account__label']}: {count} that others speak of did not come",
            facts={"orders": Decimal(row["count"])},
            as_of={"gap": row["oldest"], "clock": clock.now()},
            links=({"kind": "flow", "account": row["account"], "resource": "orders"},),
            params={"account_id": row["account"], "resource": "orders"},
        )
