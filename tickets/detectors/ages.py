"""Goods that will soon be old enough to cost more where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from config.core import clock
from config.core.money import Money
from inventory import ageing, ages, supply
from inventory.models import Coverage
from tickets.detectors.base import Measure, detector
from tickets.rules import exposure
from tickets.types import POOL_HEALTH


def _turning() -> Iterable[str]:
    """Goods of 151 to 180 days in marketplaces' pools, and in our own places where somebody charges for age."""
    rates = supply.rates_by_place()
    found = ages.soon_charged(clock.now().date())
    return [f"{sku}:{pool}" for sku, pool in found if pool or 0 in rates]


@detector(
    "pool.turning", subject="sku_pool", opens=POOL_HEALTH, candidates=_turning, reads=("stock",), action="open_prices"
)  # fmt: skip
def units_soon_charged(subjects: Sequence[str]) -> Iterator[Measure]:
    """Units of 151 to 180 days that are left after what is usually sold until the next day of charging, oldest first.

    Where nobody knows how fast the goods sell, nobody knows how many are left.
    """
    today, rates = clock.now().date(), supply.rates_by_place()
    rows = supply.of_subjects(subjects)
    goods = ages.of_pairs([(row.sku_id, row.warehouse_id or 0) for row in rows])
    for row in rows:
        held = goods.get((row.sku_id, row.warehouse_id or 0))
        if held:
            yield _measure(row, held, today, rates)


def _measure(row: Coverage, held: ages.Goods, today: date, rates: Mapping[int, Sequence[ageing.Rate]]) -> Measure:
    place, code = supply.pool_label(row), row.sku.code
    pool = row.warehouse.code if row.warehouse else supply.OWN
    left = None if row.velocity is None else turning(held, today, row.velocity)
    charge = None
    if row.velocity is not None:
        gone = int(row.velocity * (ageing.next_snapshot(today) - today).days)
        told = ageing.forecast(held.layers, max(0, gone - held.unknown), today=today, per_day=Decimal(0))
        charge = ageing.charge(told.units, rates.get(row.warehouse_id or 0, ()), on=told.on, body=supply.body(row.sku))
    fees = [Money(amount, currency) for currency, amount in sorted(((charge and charge.amounts) or {}).items())]
    known = [exposure.in_reporting_currency(fee) for fee in fees]
    return Measure(
        subject=f"{row.sku_id}:{row.warehouse_id or 0}", sku_id=row.sku_id, brand_id=row.sku.product.brand_id,
        account_id=row.warehouse.account_id if row.warehouse else None,
        value=None if left is None else Decimal(left), why="" if left is not None else "nobody knows how fast it sells",
        title=f"{left or 0} units of {code} in {place} will soon have lain there for half a year",
        scope=f"sku:{code}/pool:{pool}/turning"[:200], group=f"pool:{pool}/turning",
        facts={"fee": None if None in known else sum((each for each in known if each), Decimal(0))} if fees else {},
        as_of={"cover": row.computed_at}, params={"sku": code, "pool": pool, "cause": "turning"},
        links=({"kind": "sku", "code": code, "label": code}, {"kind": "cover", "sku": code, "label": code}),
        shows={
            "next_charge_on": str(ageing.next_snapshot(today)),
            "next_charge": " + ".join(map(str, fees)) or (charge.why if charge else "not known"),
            "older_units": held.unknown + sum(n for day, n in held.layers if (today - day).days > ages.LAST_FREE),
        },
    )  # fmt: skip


def turning(held: ages.Goods, today: date, per_day: Decimal) -> int:
    """Units of 151 to 180 days that the sales until the next day of charging leave, the oldest sold first. Pure."""
    sold = int(per_day * (ageing.next_snapshot(today) - today).days) - held.unknown
    left = ageing.layers(held.layers, max(0, sold))
    return sum(units for day, units in left if ages.SOON_FROM <= (today - day).days <= ages.LAST_FREE)
