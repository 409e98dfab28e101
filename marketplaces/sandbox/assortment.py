"""What a client sells, where, and at which price."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache

from config.core.money import Money
from marketplaces.canonical import Fulfilment
from marketplaces.contract import Store
from marketplaces.sandbox import chance
from marketplaces.sandbox.facts import WorldProduct
from marketplaces.sandbox.stage import Stage
from marketplaces.sandbox.tariffs import PER_EUR

PRODUCTS = 300
UNREGISTERED = (7, 23, 41)
PRICE_DAYS = 30

BRANDS = {
    "north": ("Fjordhus", "Lumenta", "Kaapstad", "Brisk & Oak", "Tinywave", "Palmera"),
    "south": ("Southwind", "Oro Verde", "Mira Home", "Kestrel", "Bluegum", "Nanook"),
}
NOUNS = {
    "kitchen": ("Pepper Mill", "Salad Bowl", "Tea Strainer", "Knife Block", "Milk Frother"),
    "garden": ("Plant Stand", "Watering Can", "Solar Lantern", "Hose Reel", "Pruning Shears"),
    "toys": ("Wooden Train", "Puzzle Map", "Stacking Rings", "Kite", "Marble Run"),
    "electronics": ("Desk Lamp", "USB Hub", "Travel Charger", "Clip Speaker", "Cable Set"),
    "sports": ("Yoga Mat", "Skipping Rope", "Dry Bag", "Trail Bottle", "Grip Trainer"),
    "pets": ("Cat Tunnel", "Dog Bowl", "Scratch Post", "Leash Set", "Brush Glove"),
}
SHADES = ("Sand", "Slate", "Moss", "Coral", "Ink", "Ochre", "Snow", "Plum")


@lru_cache(maxsize=16)
def products(seed: int, client: str) -> tuple[WorldProduct, ...]:
    """The whole assortment, in the order of serials from 1. A few were never entered into the client's catalogue."""
    return tuple(_product(seed, client, serial) for serial in range(1, PRODUCTS + 1))


@lru_cache(maxsize=4096)
def listed(stage: Stage, store: Store) -> tuple[WorldProduct, ...]:
    """The products that an account offers in one store; those nobody registered are offered everywhere."""
    return tuple(
        product
        for product in products(stage.seed, stage.client)
        if not product.is_registered or stage.share("listed", store.code, product.serial) < 0.7
    )


def fulfilment(stage: Stage, product: WorldProduct) -> Fulfilment:
    """Who ships it: the marketplace for three products in five where the account uses its warehouses."""
    by_marketplace = bool(stage.account.pool) and stage.share("fulfilment", product.serial) < 0.6
    return Fulfilment.MARKETPLACE if by_marketplace else Fulfilment.MERCHANT


def popularity(product: WorldProduct) -> float:
    """Weight in demand: a few sell much, many sell a little."""
    return 1 / (product.serial + 12) ** 0.8


def price(stage: Stage, store: Store, product: WorldProduct, day: int) -> Money:
    """The shelf price on a day: markup, store and monthly revision, ending in 9."""
    return _price(
        stage, store.code, store.currency, (product.serial, product.unit_cost), revised_on(stage, product, day)
    )


@lru_cache(maxsize=100_000)
def _price(stage: Stage, store: str, currency: str, product: tuple[int, Decimal], revised: int) -> Money:
    serial, unit_cost = product
    markup = Decimal(chance.pick(230, 330, stage.seed, stage.client, "markup", serial)) / 100
    local = Decimal(stage.pick(95, 108, "store", store)) / 100
    revision = Decimal(stage.pick(92, 106, "price", serial, revised)) / 100
    amount = unit_cost * markup * local * revision * Decimal(PER_EUR.get(currency, "1"))
    step = Decimal(1) if amount >= 100 else Decimal("0.1")
    return Money(max((amount / step).to_integral(ROUND_FLOOR), Decimal(10)) * step - Decimal("0.01"), currency)


def revised_on(stage: Stage, product: WorldProduct, day: int) -> int:
    """The day of the latest price revision, never before day 0."""
    phase = stage.pick(0, PRICE_DAYS - 1, "revision", product.serial)
    return max(0, (day + phase) // PRICE_DAYS * PRICE_DAYS - phase)


def _product(seed: int, client: str, serial: int) -> WorldProduct:
    draw = chance.source(seed, client, "product", serial)
    brand = draw.choice(BRANDS.get(client, BRANDS["north"]))
    category = draw.choice(sorted(NOUNS))
    return WorldProduct(
        serial=serial,
        sku=f"{brand[:2].upper()}-{draw.randint(100, 999)}-{serial:04d}",
        ean=_with_check_digit(f"20{chance.number(client) % 1000:03d}{serial:07d}"),
        title=f"{brand} {draw.choice(NOUNS[category])}, {draw.choice(SHADES)}",
        brand=brand,
        category=category,
        unit_cost=Decimal(draw.randint(300, 4200)) / 100,
        weight_g=draw.randint(80, 3200),
        sides_mm=(80 + serial * 7 % 320, 60 + serial * 5 % 220, 40 + serial * 3 % 160),
        is_registered=serial not in UNREGISTERED,
    )


def _with_check_digit(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
