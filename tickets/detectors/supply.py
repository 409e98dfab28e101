"""How long goods last in each pool: too short against the next delivery, or far too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from config.core import clock
from config.core.api import reporting_currency
from config.core.money import Money
from finance.selectors.worth import Worth, worth
from inventory import supply
from inventory.models import Coverage
from tickets.detectors.base import Measure, detector
from tickets.types import STOCK_COVERAGE

LOOK_BELOW = LOOK_ABOVE = 120
"""Cover in days that sweeps look at; beyond every line that a threshold may sensibly draw."""


def _short() -> Iterable[str]:
    return supply.subjects(days__lt=LOOK_BELOW)


def _long() -> Iterable[str]:
    return supply.subjects(days__gt=LOOK_ABOVE)


@detector(
    "supply.cover",
    subject="sku_pool",
    opens=STOCK_COVERAGE,
    candidates=_short,
    reads=("orders", "stock"),
    action="open_replenishment",
)
def days_of_cover(subjects: Sequence[str]) -> Iterator[Measure]:
    """Days until a SKU runs out in a pool, with what arrives before then; lost sales are the money at risk."""
    rows = supply.of_subjects(subjects)
    worths = worth({row.sku_id for row in rows}, on=clock.now().date(), to=reporting_currency(None))
    return (_measure(row, worths.get(row.sku_id)) for row in rows)


@detector(
    "supply.overstock",
    subject="sku_pool",
    opens=STOCK_COVERAGE,
    candidates=_long,
    reads=("orders", "stock"),
    action="open_stock",
)
def days_too_many(subjects: Sequence[str]) -> Iterator[Measure]:
    """The same figure where there is far too much of a SKU."""
    return (_measure(row, None) for row in supply.of_subjects(subjects))


def _measure(row: Coverage, each: Worth | None) -> Measure:
    code, pool = row.sku.code, supply.pool_label(row)
    account_id = row.warehouse.account_id if row.warehouse else None
    short_by = None if row.days is None or row.lead_days is None else row.lead_days - row.days
    lasting = "for an unknown time" if row.days is None else f"{row.days:.0f} days"
    return Measure(
        subject=f"{row.sku_id}:{row.warehouse_id or 0}",
        account_id=account_id,
        sku_id=row.sku_id,
        brand_id=row.sku.product.brand_id,
        scope=f"sku:{code}/pool:{row.warehouse.code if row.warehouse else 'own'}"[:200],
        gathers=_buyer(row),
        value=row.days,
        title=f"{code} lasts {lasting} in {pool}",
        samples=int(row.in_stock_30),
        why=row.why,
        facts={
            "lead_days_short": short_by, "ordered": Decimal(row.ordered), "velocity": row.velocity,
            "proposed": None if row.proposed is None else Decimal(row.proposed),
        },
        as_of={"stock": row.seen_at, "cover": row.computed_at},
        money=_lost_a_day(row, each),
        links=({"kind": "sku", "code": code, "label": code}, {"kind": "cover", "sku": code, "label": code}),
        params={"sku": code, "pool": row.warehouse.code if row.warehouse else "own", "coverage_id": row.pk},
        shows={
            "available": row.available, "on_the_way": row.ordered, "a_day": f"{row.velocity:.2f}" if row.velocity else "",
            "lead_days": row.lead_days, "runs_out_on": str(row.runs_out_on or ""), "proposed": row.proposed,
            "worth_of_a_unit": "its price, for its margin is not known" if each and each.is_price else "its margin (CM2)",
        },
    )  # fmt: skip


def _buyer(row: Coverage) -> str:
    """Whoever is written one order: the supplier, else the brand, whatever the pools that run short."""
    brand = row.sku.product.brand
    return f"supplier:{row.sku.supplier}" if row.sku.supplier else f"brand:{brand.name if brand else 'none'}"


def _lost_a_day(row: Coverage, each: Worth | None) -> Money | None:
    """What the days without stock before the next delivery would cost, spread over the lead time."""
    if each is None or row.velocity is None or row.days is None or not row.lead_days:
        return None
    without = max(Decimal(0), row.lead_days - row.days)
    lost = without * row.velocity * max(each.per_unit, Decimal(0)) / row.lead_days
    return Money(lost, reporting_currency(None)).rounded()
