"""The whole life of an order, told at once, and how it stands at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from random import Random

from config.core.money import Money
from marketplaces.canonical import Fulfilment, LineClass, OrderStatus
from marketplaces.contract import Store
from marketplaces.sandbox import assortment, chance, demand, tariffs
from marketplaces.sandbox.facts import WorldLine, WorldOrder, WorldProduct
from marketplaces.sandbox.stage import DAY, Stage

LIFE_DAYS = 12
LIFE_WITH_RETURNS_DAYS = 36
CARRIERS = ("DHL", "UPS", "GLS", "POSTNL")
REASONS = ("not_as_described", "defective", "changed_mind", "wrong_size", "arrived_late")
SERIALS_PER_DAY = 10_000


@dataclass(frozen=True, slots=True)
class Comeback:
    """A return of some units of one line; the refund is booked when it is handled."""

    quantity: int
    reason: str
    at: datetime
    handled_at: datetime
    is_sellable: bool


@dataclass(frozen=True, slots=True)
class LineStory:
    """One position and what becomes of it: `cancelled` units leave at `cancelled_at`, the rest at `shipped_at`."""

    serial: int
    product: WorldProduct
    quantity: int
    unit_price: Money
    shipping: Money
    discount: Money
    vat_rate: Decimal
    commission_rate: Decimal
    unit_fulfilment: Money
    cancelled: int = 0
    cancelled_at: datetime | None = None
    shipped_at: datetime | None = None
    comeback: Comeback | None = None

    def commission(self, units: int) -> Money:
        return -tariffs.part(self.unit_price * units - self.discount, self.commission_rate)


@dataclass(frozen=True, slots=True)
class OrderStory:
    serial: int
    store: Store
    fulfilment: Fulfilment
    placed_at: datetime
    ready_at: datetime
    ship_by: datetime
    deliver_by: datetime
    lines: tuple[LineStory, ...]
    delivered_at: datetime | None
    carrier: str
    tracking_number: str
    is_business: bool
    is_late: bool = False

    @property
    def shipped_at(self) -> datetime | None:
        """When the last unit left; None while anything is never going to."""
        left = [line.shipped_at for line in self.lines if line.quantity > line.cancelled]
        known = [at for at in left if at is not None]
        return max(known) if known and len(known) == len(left) else None

    @property
    def is_plain(self) -> bool:
        """Shipped whole, nothing cancelled, nothing sent back."""
        return all(line.shipped_at and not line.cancelled and not line.comeback for line in self.lines)

    def moments(self) -> Iterator[datetime]:
        """Every time at which the order changes."""
        yield self.placed_at
        yield self.ready_at
        for line in self.lines:
            if line.cancelled_at:
                yield line.cancelled_at
            if line.shipped_at:
                yield line.shipped_at
        if self.delivered_at:
            yield self.delivered_at


def stories(stage: Stage, day: int) -> list[OrderStory]:
    """All orders placed on one day, in the order they were placed."""
    count = demand.orders_on(stage, day)
    draw = chance.source(*stage.key("orders", day))
    seconds = sorted(draw.randrange(86_400) for _ in range(count))
    return [_story(stage, day, index, stage.start_of(day) + timedelta(seconds=s)) for index, s in enumerate(seconds)]


def day_of(serial: int) -> int:
    """The day on which the order of this serial was placed."""
    return serial // SERIALS_PER_DAY % 10_000


def updated_at(story: OrderStory, at: datetime) -> datetime:
    """The latest change of the order by a moment."""
    return max(moment for moment in story.moments() if moment <= at)


def as_of(story: OrderStory, at: datetime) -> WorldOrder:
    """The order as the marketplace shows it at a moment (not before it was placed)."""
    lines = tuple(_line_as_of(line, at) for line in story.lines)
    cancelled = [line.cancelled_at for line in story.lines if line.cancelled_at and line.cancelled_at <= at]
    shipped = [line.shipped_at for line in story.lines if line.shipped_at and line.shipped_at <= at]
    is_delivered = story.delivered_at is not None and story.delivered_at <= at
    return WorldOrder(
        serial=story.serial,
        store=story.store,
        status=status_of(lines, is_ready=story.ready_at <= at, is_delivered=is_delivered),
        fulfilment=story.fulfilment,
        placed_at=story.placed_at,
        updated_at=updated_at(story, at),
        ship_by=story.ship_by,
        deliver_by=story.deliver_by,
        country=story.store.country,
        lines=lines,
        shipped_at=max(shipped, default=None),
        delivered_at=story.delivered_at if is_delivered else None,
        cancelled_at=max(cancelled, default=None),
        carrier=story.carrier if shipped else "",
        tracking_number=story.tracking_number if shipped else "",
        is_business=story.is_business,
    )


def _line_as_of(line: LineStory, at: datetime) -> WorldLine:
    cancelled = line.cancelled if line.cancelled_at and line.cancelled_at <= at else 0
    kept = line.quantity - cancelled
    return WorldLine(
        serial=line.serial,
        product=line.product,
        quantity=line.quantity,
        shipped=line.quantity - line.cancelled if line.shipped_at and line.shipped_at <= at else 0,
        cancelled=cancelled,
        unit_price=line.unit_price,
        shipping=line.shipping,
        discount=line.discount,
        vat_rate=line.vat_rate,
        commission=line.commission(kept) if kept else Money(Decimal(0), line.unit_price.currency),
        fulfilment_fee=-(line.unit_fulfilment * kept),
    )


def status_of(lines: tuple[WorldLine, ...], *, is_ready: bool, is_delivered: bool) -> OrderStatus:
    if all(line.cancelled == line.quantity for line in lines):
        return OrderStatus.CANCELLED
    if is_delivered:
        return OrderStatus.DELIVERED
    if all(line.shipped + line.cancelled == line.quantity for line in lines):
        return OrderStatus.SHIPPED
    if any(line.shipped for line in lines):
        return OrderStatus.PARTIALLY_SHIPPED
    return OrderStatus.TO_SHIP if is_ready else OrderStatus.PENDING


def _story(stage: Stage, day: int, index: int, placed_at: datetime) -> OrderStory:
    serial = (stage.number * 10_000 + day) * SERIALS_PER_DAY + index + 1
    draw = chance.source(*stage.key("order", serial))
    store = draw.choices(stage.stores, [1 / (place + 1) for place in range(len(stage.stores))])[0]
    fulfilment = _fulfilment(stage, store, draw)
    ready_at = placed_at + timedelta(minutes=draw.randint(1, 30) if draw.random() < 0.9 else draw.randint(60, 240))
    ship_by = (ready_at + timedelta(days=2)).replace(hour=21, minute=59, second=0, microsecond=0)
    shelf = _shelf(stage, store, fulfilment)
    lines = tuple(_line(stage, store, serial * 10 + place, (product, draw)) for place, product in _picks(shelf, draw))
    lines = _send(lines, (ready_at, ship_by), fulfilment, draw)
    leaves = [line.shipped_at for line in lines if line.shipped_at]
    delivered_at = max(leaves) + timedelta(hours=draw.randint(20, 96)) if leaves else None
    if delivered_at:
        lines = tuple(_maybe_back(line, delivered_at, draw) for line in lines)
    return OrderStory(
        serial=serial,
        store=store,
        fulfilment=fulfilment,
        placed_at=placed_at,
        ready_at=ready_at,
        ship_by=ship_by,
        deliver_by=ship_by + timedelta(days=draw.randint(3, 5)),
        lines=lines,
        delivered_at=delivered_at,
        carrier=draw.choice(CARRIERS),
        tracking_number=f"{draw.randrange(10**12):012d}",
        is_business=draw.random() < 0.06,
    )


def _fulfilment(stage: Stage, store: Store, draw: Random) -> Fulfilment:
    by_marketplace = bool(stage.account.pool) and draw.random() < 0.65
    wanted = Fulfilment.MARKETPLACE if by_marketplace else Fulfilment.MERCHANT
    return wanted if _shelf(stage, store, wanted)[0] else Fulfilment.MERCHANT


@lru_cache(maxsize=512)
def _shelf(stage: Stage, store: Store, fulfilment: Fulfilment) -> tuple[tuple[WorldProduct, ...], tuple[float, ...]]:
    """Products of one fulfilment in one store with their cumulated weights."""
    offered = tuple(p for p in assortment.listed(stage, store) if assortment.fulfilment(stage, p) == fulfilment)
    return offered, tuple(accumulate(assortment.popularity(product) for product in offered))


def _picks(shelf: tuple[tuple[WorldProduct, ...], tuple[float, ...]], draw: Random) -> list[tuple[int, WorldProduct]]:
    """One to three different products, numbered from 1."""
    wanted = draw.choices((1, 2, 3), (0.72, 0.21, 0.07))[0]
    chosen = draw.choices(shelf[0], cum_weights=shelf[1], k=wanted)
    return list(enumerate({product.serial: product for product in chosen}.values(), start=1))


def _line(stage: Stage, store: Store, serial: int, pick: tuple[WorldProduct, Random]) -> LineStory:
    product, draw = pick
    price = assortment.price(stage, store, product, day_of(serial // 10))
    quantity = draw.choices((1, 2, 3, 4), (0.83, 0.12, 0.035, 0.015))[0]
    zero = Money(Decimal(0), store.currency)
    is_own = assortment.fulfilment(stage, product) == Fulfilment.MERCHANT
    fee = tariffs.fulfilment_eur(product.weight_g)
    pays_shipping = is_own and stage.says(LineClass.SHIPPING) and draw.random() < 0.4
    return LineStory(
        serial=serial,
        product=product,
        quantity=quantity,
        unit_price=price,
        shipping=tariffs.in_currency(tariffs.SHIPPING_EUR, store.currency) if pays_shipping else zero,
        discount=tariffs.part(price * quantity, Decimal("0.10")) if draw.random() < 0.07 else zero,
        vat_rate=tariffs.vat_rate(store.country),
        commission_rate=Decimal(tariffs.COMMISSION[product.category]),
        unit_fulfilment=zero if is_own else tariffs.in_currency(fee, store.currency),
    )


def _send(
    lines: tuple[LineStory, ...], span: tuple[datetime, datetime], fulfilment: Fulfilment, draw: Random
) -> tuple[LineStory, ...]:
    """Cancel a few, ship the others; sometimes the last line leaves in a parcel of its own."""
    ready_at, ship_by = span
    cancelled_at = ready_at + timedelta(minutes=draw.randint(5, 90))
    fate = draw.random()
    if fate < 0.03:
        return tuple(_cancelled(line, line.quantity, cancelled_at) for line in lines)
    if fate < 0.045 and (len(lines) > 1 or lines[0].quantity > 1):
        lines = (*lines[:-1], _cancelled(lines[-1], 1, cancelled_at))
    hours = draw.randint(4, 26)
    leaves = ready_at + timedelta(hours=hours, minutes=draw.randint(0, 59))
    second = min(leaves + timedelta(hours=draw.randint(8, 18)), ship_by - timedelta(minutes=30))
    is_split = len(lines) > 1 and fulfilment == Fulfilment.MERCHANT and draw.random() < 0.15
    return tuple(
        line if line.cancelled == line.quantity
        else replace(line, shipped_at=second if is_split and line is lines[-1] else leaves)
        for line in lines
    )  # fmt: skip


def _cancelled(line: LineStory, units: int, at: datetime) -> LineStory:
    zero = Money(Decimal(0), line.unit_price.currency)
    return replace(line, cancelled=units, cancelled_at=at, discount=zero)


def _maybe_back(line: LineStory, delivered_at: datetime, draw: Random) -> LineStory:
    if line.shipped_at is None or draw.random() >= 0.06:
        return line
    at = delivered_at + DAY * draw.randint(3, 18) + timedelta(minutes=draw.randint(0, 600))
    comeback = Comeback(
        quantity=draw.randint(1, line.quantity - line.cancelled),
        reason=draw.choice(REASONS),
        at=at,
        handled_at=at + timedelta(hours=draw.randint(20, 60)),
        is_sellable=draw.random() < 0.8,
    )
    return replace(line, comeback=comeback)
