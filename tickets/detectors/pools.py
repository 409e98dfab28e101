"""What is wrong with goods in marketplaces' pools: stranded, old, unfit, never arrived, or too few for too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from catalog.models import Sku
from config.core import clock
from config.core.api import reporting_currency
from config.core.money import Money
from finance.selectors.worth import worth
from inventory import ageing, replenishment, supply
from inventory.models import Coverage, PoolHealth, Warehouse
from tickets.detectors.base import Measure, detector, hours
from tickets.rules import exposure
from tickets.types import POOL_HEALTH

ALERTED_FROM = 271
"""The age in days from which every unit is told of, whatever it costs."""
SHORTAGE_DAYS = 180
"""How far back a shortage is looked at: no marketplace pays for older ones."""


def _stranded() -> Iterable[str]:
    return supply.health_ids(stranded__gt=0)


def _aged() -> Iterable[str]:
    return supply.health_ids(aged_units__gt=0)


def _unsellable() -> Iterable[str]:
    return supply.health_ids(unsellable__gt=0)


def _short() -> Iterable[str]:
    return map(str, supply.shortages().values_list("pk", flat=True))


def _low() -> Iterable[str]:
    return supply.subjects(warehouse__isnull=False, supply_30__lt=60, supply_90__lt=60)


@detector(
    "pool.stranded", subject="pool_health", opens=POOL_HEALTH, candidates=_stranded, reads=("stock_health",),
    action="open_stock",
)  # fmt: skip
def stranded_hours(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours since units lie in a pool and cannot be bought; what they would have sold is the money at risk."""
    rows = supply.health(map(int, subjects))
    sold = supply.sold_lately(row.sku_id for row in rows if row.sku_id)
    worths = worth((row.sku_id for row in rows if row.sku_id), on=clock.now().date(), to=reporting_currency(None))
    for row in rows:
        since = row.stranded_since or row.observed_at
        lately = sold.get((row.sku_id or 0, row.warehouse_id), 0)
        each = worths.get(row.sku_id or 0)
        lost = Money(max(each.per_unit, Decimal(0)) * lately / 30, reporting_currency(None)) if each else None
        yield _measure(
            row.sku, row.warehouse, "stranded", subject=str(row.pk),
            value=hours(clock.now(), since) if row.stranded else Decimal(0),
            title=f"{row.stranded or 0} units of {row.sku} are stranded in {row.warehouse}",
            facts={"units": Decimal(row.stranded or 0), "sold_30": Decimal(lately)},
            as_of={"pool": row.observed_at}, money=lost.rounded() if lost else None,
            shows={"since": str(since), "reason": row.stranded_reason, "sold_in_30_days": lately},
        )  # fmt: skip


@detector(
    "pool.aged", subject="pool_health", opens=POOL_HEALTH, candidates=_aged, reads=("stock_health",),
    action="open_prices",
)  # fmt: skip
def aged_units(subjects: Sequence[str]) -> Iterator[Measure]:
    """Units that lie in a pool for 181 days and more, and what the pool expects to charge for them next."""
    rates = supply.rates_by_place()
    for row in supply.health(map(int, subjects)):
        fee = _age_fee(row, rates.get(row.warehouse_id, ()))
        ages = {int(start): units for start, units in (row.ages or {}).items()}
        yield _measure(
            row.sku, row.warehouse, "aged", subject=str(row.pk),
            value=None if row.aged_units is None else Decimal(row.aged_units),
            title=f"{row.aged_units or 0} units of {row.sku} lie in {row.warehouse} for half a year and more",
            facts={
                "fee": exposure.in_reporting_currency(fee),
                "units_from_271": Decimal(sum(units for start, units in ages.items() if start >= ALERTED_FROM)),
            },
            as_of={"pool": row.observed_at},
            shows={"next_charge": str(fee or "not told"), **{f"from_day_{start}": n for start, n in sorted(ages.items())}},
        )  # fmt: skip


def _age_fee(row: PoolHealth, rates: Sequence[ageing.Rate]) -> Money | None:
    """What the pool itself expects to charge, else what the client's rates say of the ages that it tells."""
    if row.age_fee is not None:
        return Money(abs(row.age_fee), row.currency)
    told = {int(start): units for start, units in (row.ages or {}).items()}
    on = ageing.next_snapshot(clock.now().date())
    found = ageing.charge(told, rates, on=on, body=supply.body(row.sku) if row.sku else ageing.PIECES).amounts or {}
    return Money(*next((amount, currency) for currency, amount in found.items())) if len(found) == 1 else None


@detector(
    "pool.unsellable", subject="pool_health", opens=POOL_HEALTH, candidates=_unsellable, reads=("stock_health",),
    action="open_stock",
)  # fmt: skip
def unsellable_share(subjects: Sequence[str]) -> Iterator[Measure]:
    """The share of a SKU's units in a pool that cannot be sold any more."""
    for row in supply.health(map(int, subjects)):
        total = sum((row.ages or {}).values()) + (row.unsellable or 0)
        known = row.unsellable is not None and row.ages is not None and total
        yield _measure(
            row.sku, row.warehouse, "unsellable", subject=str(row.pk), samples=total,
            value=round(Decimal(row.unsellable or 0) / total, 4) if known else None,
            title=f"{row.unsellable or 0} of {total} units of {row.sku} in {row.warehouse} cannot be sold",
            facts={"units": Decimal(row.unsellable or 0)}, as_of={"pool": row.observed_at},
            shows={"unsellable": row.unsellable, "units": total},
        )  # fmt: skip


@detector("pool.shortage", subject="inbound_line", opens=POOL_HEALTH, candidates=_short, action="open_inbound")
def missing_units(subjects: Sequence[str]) -> Iterator[Measure]:
    """Units that were sent to a pool, or from one place of ours to another, and had not come when the shipment was closed."""
    today = clock.now().date()
    for line in supply.shortages().filter(pk__in=subjects):
        shipment = line.shipment
        if shipment.closed_on and (today - shipment.closed_on).days <= SHORTAGE_DAYS:
            missing = line.quantity - line.received
            yield _measure(
                line.sku, shipment.destination, f"shortage/{shipment.reference}", subject=str(line.pk),
                value=Decimal(missing), title=f"{missing} units of {line.sku} never came with {shipment.reference}",
                as_of={"inbound": shipment.updated_at},
                links=({"kind": "inbound", "id": shipment.pk, "label": shipment.reference},),
                shows={"sent": line.quantity, "received": line.received, "closed_on": str(shipment.closed_on)},
            )  # fmt: skip


@detector(
    "pool.low_supply", subject="sku_pool", opens=POOL_HEALTH, candidates=_low, reads=("orders", "stock"),
    action="open_replenishment",
)  # fmt: skip
def longer_supply(subjects: Sequence[str]) -> Iterator[Measure]:
    """The longer of both historical days of supply: below 28 in both, a pool charges for keeping too little."""
    rows: list[Coverage] = supply.of_subjects(subjects)
    for row in rows:
        if row.warehouse:
            known = replenishment.is_low_supply(row.supply_30, row.supply_90) is not None
            value = max(row.supply_30 or Decimal(0), row.supply_90 or Decimal(0)) if known else None
            yield _measure(
                row.sku, row.warehouse, "low_supply", subject=f"{row.sku_id}:{row.warehouse_id}", value=value,
                samples=row.sold_30, title=f"{row.sku} had stock for {value or 0} days in {row.warehouse}",
                as_of={"cover": row.computed_at},
                shows={"days_of_30": str(row.supply_30), "days_of_90": str(row.supply_90), "sold_30": row.sold_30},
            )  # fmt: skip


def _measure(sku: Sku | None, pool: Warehouse, cause: str, **told: Any) -> Measure:
    code = sku.code if sku else ""
    links = ({"kind": "sku", "code": code, "label": code}, {"kind": "cover", "sku": code, "label": code})
    return Measure(
        account_id=pool.account_id, sku_id=sku.pk if sku else None, brand_id=sku.product.brand_id if sku else None,
        scope=f"sku:{code}/pool:{pool.code}/{cause}"[:200], group=f"pool:{pool.code}/{cause.partition('/')[0]}",
        links=(*links, *told.pop("links", ())), params={"sku": code, "pool": pool.code, "cause": cause}, **told,
    )  # fmt: skip
