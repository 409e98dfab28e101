"""What the demo's clients buy and where: suppliers with lead times and packs, and goods on their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from catalog.models import Sku
from catalog.services import masters
from config.core import clock
from inventory.models import InboundShipment, Warehouse
from inventory.services import inbound
from inventory.services.inbound import Draft
from marketplaces.sandbox import assortment, chance
from marketplaces.sandbox.facts import WorldProduct
from marketplaces.sandbox.world import World

BY = "demo"
SUPPLIERS = {
    "electronics": ("Voltera Components", 42), "garden": ("Greenyard Works", 28), "kitchen": ("Harbour Supplies", 21),
    "pets": ("Tailwind Trading", 14), "sports": ("Summit Makers", 35), "toys": ("Lindenholz", 18),
}  # fmt: skip
PACKS = (1, 6, 12, 24)
UNTOLD_EVERY = 25
"""Of so many products, one has a supplier who never said how long he needs."""
COMING_EVERY, LINES = 3, 8
PAST_PURCHASES = 4
LATE_BY = (0, 3, -2, 6)
LOST_UNITS = 3


def describe(world: World) -> int:
    """Supplier, lead time, pack and least order of each registered product; safe to repeat."""
    ids = dict(Sku.objects.filter(supplier="").values_list("code", "pk"))
    known = [product for product in world.products if product.sku in ids]
    return masters.change({ids[product.sku]: _bought(product) for product in known}, by=BY, source="supplier list")


def _bought(product: WorldProduct) -> dict[str, object]:
    supplier, days = SUPPLIERS[product.category]
    pack = PACKS[product.serial % len(PACKS)]
    told: dict[str, object] = {"supplier": supplier, "pack_quantity": pack, "moq": pack * (1 + product.serial % 3)}
    return told if product.serial % UNTOLD_EVERY == 0 else {**told, "lead_time_days": days + product.serial % 7}


def expect(world: World) -> int:
    """Purchases of the past, by which lead times are known, and those that are on their way; safe to repeat."""
    if InboundShipment.objects.exists():
        return 0
    today = clock.now().date()
    ids = dict(Sku.objects.values_list("code", "pk"))
    places = [*Warehouse.objects.filter(account=None)[:1], *Warehouse.objects.filter(fulfilment="marketplace")]
    for place in places:
        for supplier, products in _by_supplier(world, place, ids):
            if place.account_id is not None:
                _past(place, supplier, products, today)
            _coming(place, supplier, products, today)
    return InboundShipment.objects.count()


Bought = Sequence[tuple[int, WorldProduct]]


def _by_supplier(world: World, place: Warehouse, ids: dict[str, int]) -> Iterator[tuple[str, Bought]]:
    """What a place buys from each supplier: every third product, never the same one everywhere."""
    shift = chance.pick(0, COMING_EVERY - 1, world.seed, place.code, "coming")
    for category, (supplier, _) in SUPPLIERS.items():
        wanted = (p for p in world.products if p.category == category and p.sku in ids)
        chosen = [(ids[p.sku], p) for p in wanted if (p.serial + shift) % COMING_EVERY == 0]
        if chosen:
            yield supplier, sorted(chosen, key=lambda pair: -assortment.popularity(pair[1]))[:LINES]


def _past(place: Warehouse, supplier: str, products: Bought, today: date) -> None:
    """Closed purchases: each came a few days early or late, and of one a few units were never found."""
    lead = next(days for name, days in SUPPLIERS.values() if name == supplier)
    for number in range(PAST_PURCHASES):
        came = today - timedelta(days=12 + 19 * number)
        ordered = came - timedelta(days=lead + LATE_BY[number])
        made = _ordered(place, supplier, products[:3], on=ordered, expected=ordered + timedelta(days=lead))
        at = datetime.combine(came, time(9), UTC)
        lines = {line.sku_id: line.quantity for line in made.lines.all()}
        lost = next(iter(lines)) if number == 0 and supplier == "Summit Makers" else 0
        units = {sku: count - (LOST_UNITS if sku == lost else 0) for sku, count in lines.items()}
        held = inbound.receive(made, units, key="delivery", by=BY, at=at)
        if lost:
            inbound.close(held)


def _coming(place: Warehouse, supplier: str, products: Bought, today: date) -> None:
    days = chance.pick(4, 40, place.code, supplier, "expected")
    lead = next(days for name, days in SUPPLIERS.values() if name == supplier)
    made = _ordered(
        place, supplier, products, on=today - timedelta(days=lead // 2), expected=today + timedelta(days=days)
    )
    if days % 2:
        inbound.send(made, by=BY)


def _ordered(place: Warehouse, supplier: str, products: Bought, *, on: date, expected: date) -> InboundShipment:
    units = {sku: 24 + 12 * (product.serial % 5) for sku, product in products}
    draft = Draft(destination=place, supplier=supplier, units=units)
    return inbound.order(inbound.plan(draft, by=BY), on=on, expected_on=expected)
