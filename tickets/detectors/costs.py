"""Costs that are missing, that are about to end, and that jump: three measures of one SKU at one place, one ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from catalog import selectors as catalog
from catalog.models import Sku
from config.core import clock, tenancy
from config.core.money import Money, quantise
from finance.selectors import cost_alarms, costs
from finance.selectors.costs import Gap
from inventory import sales as roll_ups
from inventory import selectors as inventory
from tickets.detectors.base import Measure, detector
from tickets.rules import exposure
from tickets.types import MISSING_SKU_COST

TOP = Decimal("0.2")
TOP_WITHIN = timedelta(days=30)
Place = tuple[int, int | None]


def subject_of(sku_id: int, warehouse_id: int | None) -> str:
    return f"{sku_id}:{warehouse_id or ''}"


def _subjects(found: Callable[[], Iterable[Any]]) -> Callable[[], Iterable[str]]:
    return lambda: (subject_of(each.sku_id, each.warehouse_id) for each in found())


def _places(subjects: Sequence[str]) -> set[Place]:
    split = (subject.partition(":") for subject in subjects)
    return {(int(sku), int(place) if place else None) for sku, _, place in split}


@detector(
    "finance.cost_missing", subject="sku_cost", opens=MISSING_SKU_COST, candidates=_subjects(costs.gaps),
    action="fill_cost_sheet",
)  # fmt: skip
def without_cost(subjects: Sequence[str]) -> Iterator[Measure]:
    """Order lines of open months without a cost, and one more where pieces without a cost are in stock."""
    wanted, today = _places(subjects), clock.now().date()
    names = Names(wanted)
    top = roll_ups.best_sellers(since=today - TOP_WITHIN, share=TOP)
    for gap in costs.gaps(sku_ids={sku for sku, _ in wanted}):
        if (gap.sku_id, gap.warehouse_id) in wanted:
            yield _gap(gap, names, is_top=gap.sku_id in top)


def _gap(gap: Gap, names: Names, *, is_top: bool) -> Measure:
    money = _per_day(gap)
    last = f", the last one on {gap.last_on}" if gap.last_on else ""
    sold = f"{gap.lines} order lines{last}" if gap.lines else f"{gap.stock} pieces in stock"
    return names.measure(
        (gap.sku_id, gap.warehouse_id),
        value=Decimal(gap.lines + (gap.stock > 0)),
        title=f"{{}} has no cost: {sold}",
        facts={
            "lines": Decimal(gap.lines), "stock": Decimal(gap.stock), "is_top": Decimal(is_top and gap.lines > 0),
            "revenue_per_day": money.amount if money else None,
        },
        money=money,
        shows={
            "first_on": str(gap.first_on or ""), "last_on": str(gap.last_on or ""), "pieces": gap.units,
            "buyers_paid": ", ".join(f"{quantise(sum_, code)} {code}" for code, sum_ in gap.paid.items()),
        },
    )  # fmt: skip


def _per_day(gap: Gap) -> Money | None:
    """What buyers paid for the lines without a cost, a day from the first to the last; what has no rate is left out."""
    if gap.first_on is None or gap.last_on is None:
        return None
    amounts = [exposure.in_reporting_currency(Money(sum_, code)) for code, sum_ in gap.paid.items() if code]
    known = [amount for amount in amounts if amount is not None]
    currency = str(tenancy.connection.tenant.reporting_currency)
    days = (gap.last_on - gap.first_on).days + 1
    return Money(quantise(sum(known, Decimal(0)) / days, currency), currency) if known else None


@detector(
    "finance.cost_ends", subject="sku_cost", opens=MISSING_SKU_COST, candidates=_subjects(cost_alarms.endings),
    action="fill_cost_sheet",
)  # fmt: skip
def days_to_the_end(subjects: Sequence[str]) -> Iterator[Measure]:
    """Days until the cost that holds today ends with nothing after it."""
    wanted = _places(subjects)
    names = Names(wanted)
    for ending in cost_alarms.endings(sku_ids={sku for sku, _ in wanted}):
        place = (ending.sku_id, ending.warehouse_id)
        if place in wanted:
            left = (ending.on - clock.now().date()).days
            title = f"The cost of {{}} ends on {ending.on}, and none follows"
            yield names.measure(place, value=Decimal(left), title=title, shows={"ends_on": str(ending.on)})


@detector(
    "finance.cost_jump", subject="sku_cost", opens=MISSING_SKU_COST, candidates=_subjects(cost_alarms.jumps),
    action="open_costs",
)  # fmt: skip
def percent_of_change(subjects: Sequence[str]) -> Iterator[Measure]:
    """By how many percent the last recorded cost differs from the one that applied before, up or down."""
    wanted = _places(subjects)
    names = Names(wanted)
    for jump in cost_alarms.jumps(sku_ids={sku for sku, _ in wanted}):
        place = (jump.sku_id, jump.warehouse_id)
        if place in wanted:
            links = [{"kind": "cost", "id": jump.cost_id}, {"kind": "cost", "id": jump.former_id, "label": "before"}]
            yield names.measure(
                place, value=abs(jump.change * 100).quantize(Decimal("0.1")), links=links,
                title=f"The cost of {{}} changes by {jump.change:+.1%}", shows={"change": f"{jump.change:+.4f}"},
            )  # fmt: skip


class Names:
    """How SKUs and places are called, read once for a batch."""

    def __init__(self, wanted: Iterable[Place]) -> None:
        self.skus: dict[int, Sku] = {sku.pk: sku for sku in catalog.skus().filter(pk__in={sku for sku, _ in wanted})}
        self.places = {place.pk: place for place in inventory.warehouses()}

    def measure(self, place: Place, *, title: str, links: Sequence[dict[str, Any]] = (), **values: Any) -> Measure:
        """A measure of one SKU at one place; `{}` in the title stands for both."""
        sku, warehouse = self.skus[place[0]], self.places.get(place[1] or 0)
        named = f"{sku.code} at {warehouse.label}" if warehouse else sku.code
        return Measure(
            subject=subject_of(*place), title=title.format(named), scope=f"cost/sku:{place[0]}/place:{place[1] or ''}",
            account_id=warehouse.account_id if warehouse else None, sku_id=sku.pk, brand_id=sku.product.brand_id,
            group="cost", as_of={"clock": clock.now()}, params={"sku": sku.code},
            links=[{"kind": "sku", "code": sku.code, "label": sku.code}, *links], **values,
        )  # fmt: skip
