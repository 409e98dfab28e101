"""One account of the world at one moment, with what was written to it laid over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.money import Money
from marketplaces.canonical import ListingStatus
from marketplaces.contract import FIELDS, Store
from marketplaces.sandbox import (
    assortment,
    carelessness,
    events,
    listings,
    offers,
    orders,
    returns,
    scenarios,
    statements,
    stock,
)
from marketplaces.sandbox.carelessness import Fate
from marketplaces.sandbox.facts import (
    WorldEvent,
    WorldListing,
    WorldOffer,
    WorldOrder,
    WorldProduct,
    WorldReturn,
    WorldStatement,
    WorldStock,
    WriteRefused,
)
from marketplaces.sandbox.orders import OrderStory
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.parcels import Parcel, cancelled, settled, with_cancelled, with_parcels
from marketplaces.sandbox.statements import Period
from marketplaces.sandbox.world import World

CANCELLED = "_cancelled"
CONTENT, PARCELS, PRICES, QUANTITIES, SCENARIOS = "_content", "_parcels", "_prices", "_quantities", "_scenarios"


class AccountView:
    """Implements `facts.View`."""

    def __init__(self, world: World, account: str, at: datetime, overlay: Overlay) -> None:
        self._world, self._overlay = world, overlay
        self._stage = world.stages[account]
        self._owner = f"{world.client}/{account}"
        self._read: dict[str, dict[str, Any]] = {}
        self.account, self.stores, self.at = self._stage.account, self._stage.stores, at

    def orders(self, *, since: datetime, until: datetime, by: str = "updated") -> list[WorldOrder]:
        """Orders of the list endpoint by `updated` or `placed` time, oldest first; hidden ones are left out."""
        until = min(until, self.at + timedelta(microseconds=1))
        back = orders.LIFE_DAYS if by == "updated" else 0
        found = [story for story in self._told(since, until, back) if since <= self._listed_at(story, by) < until]
        if by == "updated":
            laid = dict.fromkeys((*self._laid(PARCELS), *self._laid(CANCELLED)))
            found += filter(None, (self._world.story(self.account.key, int(serial)) for serial in laid))
        told = {s.serial: self._shown(s) for s in found if self._is_open(s) and s.placed_at <= self.at}
        timed = [(o.updated_at if by == "updated" else o.placed_at, o.serial, o) for o in told.values()]
        return [order for at, _, order in sorted(timed, key=lambda t: t[:2]) if since <= at < until]

    def _listed_at(self, story: OrderStory, by: str) -> datetime:
        return orders.updated_at(story, self.at) if by == "updated" and story.placed_at <= self.at else story.placed_at

    def order(self, serial: int) -> WorldOrder | None:
        story = self._world.story(self.account.key, serial)
        return self._shown(story) if story and story.placed_at <= self.at else None

    def events(self, *, since: datetime, until: datetime) -> list[WorldEvent]:
        """Pushed events by sending time, with duplicates and out of order; none of hidden orders."""
        last = self._stage.day_of(min(until, self.at))
        first = max(0, self._stage.day_of(since) - events.SENT_WITHIN_DAYS)
        days = (self._world.events_of(self.account.key, day) for day in range(first, last + 1))
        return events.between(days, since=since, until=until)

    def listings(self, store: str = "") -> list[WorldListing]:
        return [self._listing(place, product) for place, product in self.offered(store)]

    def listing(self, sku: str, store: str = "") -> WorldListing | None:
        found = ((place, product) for place, product in self.offered(store) if product.sku == sku)
        return next((self._listing(place, product) for place, product in found), None)

    def listing_of(self, serial: int) -> WorldListing | None:
        found = ((place, p) for place, p in self.offered() if listings.serial(self._stage, place, p) == serial)
        return next((self._listing(place, product) for place, product in found), None)

    def offered(self, store: str = "") -> Iterator[tuple[Store, WorldProduct]]:
        places = (place for place in self.stores if not store or store == place.code)
        return ((place, product) for place in places for product in assortment.listed(self._stage, place))

    def stock(self) -> list[WorldStock]:
        """Units in the marketplace's own warehouses (the fulfilment pool)."""
        rows = stock.pool(self._stage, self._stage.day_of(self.at), self._sold_through)
        return [
            replace(row, available=0, ages=(), stranded=0) if self._is_out(row.product.sku) else row for row in rows
        ]

    def returns(self, *, since: datetime, until: datetime) -> list[WorldReturn]:
        told = self._told(since, until, orders.LIFE_WITH_RETURNS_DAYS)
        found = returns.returns(told, since=since, until=until, at=self.at)
        return [item for item in found if not self._world.is_return_lost(self.account.key, item.line_serial)]

    def statements(self, *, since: datetime, until: datetime) -> list[WorldStatement]:
        """Statements issued in the span, oldest first; never one that lies after `at`."""
        last = min(until, self.at + timedelta(microseconds=1))
        found = [
            self._statement(period)
            for period in self._world.periods(self.account.key, last)
            if self._world.is_published(self.account.key, period)
            and since <= self._stage.start_of(period.end_day) + statements.ISSUED_AFTER < last
        ]
        return sorted(found, key=lambda statement: (statement.issued_at, statement.serial))

    def statement(self, serial: int) -> WorldStatement | None:
        for period in self._world.periods(self.account.key, self.at):
            is_it = statements.serial_of(self._stage, period) == serial
            if is_it and self._world.is_published(self.account.key, period):
                return self._statement(period)
        return None

    def offer(self, sku: str, store: str) -> WorldOffer | None:
        listing = self.listing(sku, store)
        return offers.offer(self._stage, listing, self.at) if listing else None

    def set_price(self, sku: str, store: str, price: Money) -> None:
        value = {"amount": str(price.amount), "currency": price.currency, "at": self.at.isoformat()}
        self._write(PRICES, f"{store}/{sku}", value)

    def set_quantity(self, sku: str, store: str, quantity: int) -> None:
        self._write(QUANTITIES, f"{store}/{sku}", {"quantity": quantity, "at": self.at.isoformat()})

    def takes_quantity(self, sku: str, store: str, ahead: int = 0) -> bool:
        """Whether a write of units would be taken, after so many others of the same call."""
        return self._fate(QUANTITIES, f"{store}/{sku}", ahead) is not Fate.REFUSED

    def set_content(self, sku: str, store: str, field: str, value: Any) -> None:
        self._write(CONTENT, f"{store}/{sku}/{field}", {"value": value, "at": self.at.isoformat()})

    def _write(self, shelf: str, key: str, value: dict[str, Any]) -> None:
        """Keep a price, a quantity or words; a careless marketplace may refuse, drop, delay or undo it."""
        found = self._fate(shelf, key)
        if found is None:
            return self.put(shelf, key, value)
        told = {"shelf": shelf, "key": key, "fate": found.value, **value}
        self.put(carelessness.FATES, f"{len(self._laid(carelessness.FATES)):06}", told)
        if found is Fate.REFUSED:
            raise WriteRefused(f"{key} is not taken now")
        if found is not Fate.DROPPED:
            self.put(shelf, key, carelessness.bent(value, self.get(shelf, key), found, self.at))
        return None

    def _fate(self, shelf: str, key: str, ahead: int = 0) -> Fate | None:
        """What becomes of the next write; None where the marketplace is careful."""
        settings = self._laid(SCENARIOS).get(carelessness.NAME)
        if settings is None:
            return None
        counted = self._laid(carelessness.FATES)
        is_named = "fates" in settings
        number = len(counted) + ahead if is_named else sum(each["key"] == key for each in counted.values())
        return carelessness.fate(number, self._world.seed, self._owner, shelf, key, settings=settings)

    def confirm_shipment(self, order_serial: int, parcel: Mapping[str, Any]) -> None:
        """Units of the order become shipped; `parcel` has carrier, tracking_number, lines {line serial: quantity}."""
        known = self.get(PARCELS, str(order_serial)) or {"parcels": []}
        units = {str(serial): count for serial, count in parcel["lines"].items()}
        sent = {**parcel, "lines": units, "at": self.at.isoformat()}
        self.put(PARCELS, str(order_serial), {"parcels": [*known["parcels"], sent]})

    def cancel_units(self, order_serial: int, units: Mapping[int, int]) -> None:
        """Units of the order, by line serial, become cancelled at the seller's wish."""
        known = (self.get(CANCELLED, str(order_serial)) or {"units": {}})["units"]
        more = {str(serial): count + known.get(str(serial), 0) for serial, count in units.items()}
        self.put(CANCELLED, str(order_serial), {"units": {**known, **more}, "at": self.at.isoformat()})

    def correct_parcel(self, order_serial: int, was: str, parcel: Mapping[str, Any]) -> bool:
        """Another carrier and tracking_number for the confirmed parcel that has the number `was`; whether there is one."""
        sent = (self.get(PARCELS, str(order_serial)) or {"parcels": []})["parcels"]
        if all(each.get("tracking_number", "") != was for each in sent):
            return False
        known = [{**each, **parcel} if each.get("tracking_number", "") == was else each for each in sent]
        self.put(PARCELS, str(order_serial), {"parcels": known})
        return True

    def put(self, shelf: str, key: str, value: Mapping[str, Any]) -> None:
        self._read.pop(shelf, None)
        self._overlay.put(self._owner, shelf, key, value)

    def get(self, shelf: str, key: str) -> Mapping[str, Any] | None:
        return self._overlay.get(self._owner, shelf, key)

    def shelf(self, shelf: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        return self._overlay.shelf(self._owner, shelf)

    def is_revoked(self) -> bool:
        """Whether the injected trouble `token_revoked` holds now, as planned or switched on by hand."""
        by_hand = "token_revoked" in self._laid(SCENARIOS)
        return by_hand or scenarios.is_revoked(self._world.plan, self._stage, self.at)

    def _told(self, since: datetime, until: datetime, days_back: int) -> Iterable[OrderStory]:
        first = self._stage.day_of(since) - days_back
        return self._world.stories_of_days(self.account.key, first, self._stage.day_of(min(until, self.at)))

    def _is_open(self, story: OrderStory) -> bool:
        return (self.account.key, story.serial) not in self._world.plan.hidden

    def _shown(self, story: OrderStory) -> WorldOrder:
        order = self._world.order(self.account.key, story, self.at)
        shown = with_parcels(order, self._parcels(story.serial), self.at)
        if wish := self._laid(CANCELLED).get(str(story.serial)):
            units = {int(serial): count for serial, count in wish["units"].items()}
            shown = with_cancelled(shown, units, datetime.fromisoformat(wish["at"]), self.at)
        raw = self._laid(SCENARIOS).get(f"order_cancelled/{story.serial}")
        return cancelled(shown, datetime.fromisoformat(raw["at"]), self.at) if raw else shown

    def _parcels(self, serial: int) -> list[Parcel]:
        known = self._laid(PARCELS).get(str(serial), {"parcels": []})
        return [
            Parcel(
                at=datetime.fromisoformat(raw["at"]),
                carrier=raw.get("carrier", ""),
                tracking_number=raw.get("tracking_number", ""),
                units={int(line): int(count) for line, count in raw["lines"].items()},
            )
            for raw in known["parcels"]
        ]

    def _sold_through(self, day: int) -> Mapping[int, int]:
        return self._world.sold_through(self.account.key, day)

    def _listing(self, store: Store, product: Any) -> WorldListing:
        listing = listings.listing(self._stage, store, product, self.at, self._sold_through)
        price = self._written(PRICES, store, product.sku)
        if price:
            told = Money(Decimal(price["amount"]), price["currency"]) if "amount" in price else listing.price
            listing = replace(listing, price=told, changed_at=price["at"])
        quantity = self._written(QUANTITIES, store, product.sku)
        if quantity:
            listing = replace(
                listing,
                quantity=quantity.get("quantity", listing.quantity),
                changed_at=max(listing.changed_at, quantity["at"]),
            )
        if self._laid(CONTENT):
            listing = self._worded(listing, store, product.sku)
        return replace(listing, quantity=0) if self._is_out(product.sku) else listing

    def _worded(self, listing: WorldListing, store: Store, sku: str) -> WorldListing:
        """With what was written of its words; an image mends the listing that lacks one."""
        told = {field: self._written(CONTENT, store, f"{sku}/{field}") for field in FIELDS}
        words = {field: written["value"] for field, written in told.items() if written and "value" in written}
        if not words:
            return listing
        changed = max(written["at"] for written in told.values() if written)
        listing = replace(listing, content=words, changed_at=max(listing.changed_at, changed))
        if words.get("on_hold") == "yes":
            return replace(listing, status=ListingStatus.PAUSED)
        if words.get("images") and "missing_image" in listing.issue_codes:
            return replace(listing, status=ListingStatus.ACTIVE, issue_codes=())
        return listing

    def _written(self, shelf: str, store: Store, sku: str) -> dict[str, Any] | None:
        """The latest write for this store, or for all stores at once (an empty store)."""
        keys = (f"{store.code}/{sku}", f"/{sku}")
        found = [value for key in keys if (value := carelessness.as_of(self._laid(shelf).get(key), self.at))]
        dated = [{**value, "at": datetime.fromisoformat(value["at"])} for value in found]
        return max(dated, key=lambda value: value["at"], default=None)

    def _laid(self, shelf: str) -> dict[str, Any]:
        """One shelf, read once per view and after each write."""
        if shelf not in self._read:
            self._read[shelf] = dict(self._overlay.shelf(self._owner, shelf))
        return self._read[shelf]

    def _is_out(self, sku: str) -> bool:
        raw = self._laid(SCENARIOS).get(f"stock_out/{sku}")
        return raw is not None and datetime.fromisoformat(raw["on"]) <= self.at

    def _statement(self, period: Period) -> WorldStatement:
        """The document; orders that left by our confirmation alone earn their rows in it."""
        extra = []
        for key in self._laid(PARCELS):
            story = self._world.story(self.account.key, int(key))
            if story and any(line.shipped_at is None and line.quantity > line.cancelled for line in story.lines):
                extra.append(settled(story, self._parcels(story.serial)))
        rows = statements.sales(self._stage, period, extra)
        shown = self._world.statement(self.account.key, period)
        if not rows:
            return shown
        amount = shown.total + statements.document_total(rows, period.currency)
        return statements.document(self._stage, period, [*shown.lines, *rows], amount=amount)
