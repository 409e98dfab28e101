"""What the simulated world is made of, in words that belong to no marketplace.

Serials are stable whole numbers; an adapter's sandbox turns them into that marketplace's ids and back.
Money is signed from the seller's side. Buyer prices are positive and contain VAT at `vat_rate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from config.core.money import Money
from marketplaces.canonical import ChangeKind, Fulfilment, LineClass, ListingStatus, OrderStatus
from marketplaces.contract import SandboxAccount, Store


@dataclass(frozen=True, slots=True)
class WorldProduct:
    """One thing the seller owns; `unit_cost` is landed, in EUR; `is_registered` False is an injected trouble.

    `sides_mm` are those of a packed piece.
    """

    serial: int
    sku: str
    ean: str
    title: str
    brand: str
    category: str
    unit_cost: Decimal
    weight_g: int
    sides_mm: tuple[int, int, int] = (200, 150, 100)
    is_registered: bool = True


@dataclass(frozen=True, slots=True)
class WorldListing:
    """One offer in one store at a moment; `issue_codes` are neutral: missing_image, missing_attribute, price_error.

    `content` has the fields (of `contract.FIELDS`) that were written to it, as payloads carry them.
    """

    serial: int
    product: WorldProduct
    store: Store
    price: Money
    quantity: int
    status: ListingStatus
    fulfilment: Fulfilment
    changed_at: datetime
    issue_codes: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.content.get("title", self.product.title))


@dataclass(frozen=True, slots=True)
class WorldLine:
    """One position. Fees are negative and for the whole line; discount is positive."""

    serial: int
    product: WorldProduct
    quantity: int
    shipped: int
    cancelled: int
    unit_price: Money
    shipping: Money
    discount: Money
    vat_rate: Decimal
    commission: Money
    fulfilment_fee: Money


@dataclass(frozen=True, slots=True)
class WorldOrder:
    """An order as it stands at the moment it is asked for."""

    serial: int
    store: Store
    status: OrderStatus
    fulfilment: Fulfilment
    placed_at: datetime
    updated_at: datetime
    ship_by: datetime
    deliver_by: datetime
    country: str
    lines: tuple[WorldLine, ...]
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    carrier: str = ""
    tracking_number: str = ""
    is_business: bool = False


@dataclass(frozen=True, slots=True)
class WorldEvent:
    """A happening of an order, as pushed: duplicates share a serial and order is not kept."""

    serial: int
    order_serial: int
    kind: ChangeKind
    happened_at: datetime
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class WorldReturn:
    serial: int
    order_serial: int
    line_serial: int
    store: Store
    product: WorldProduct
    quantity: int
    reason: str
    fulfilment: Fulfilment
    returned_at: datetime
    is_handled: bool
    is_sellable: bool


@dataclass(frozen=True, slots=True)
class WorldStatementLine:
    """One amount, net of the `vat` that belongs to it (same sign). `renamed_to` is a trouble."""

    row_no: int
    line_class: LineClass
    amount: Money
    vat: Money
    posted_at: datetime
    store: Store | None = None
    order_serial: int | None = None
    line_serial: int | None = None
    sku: str = ""
    ean: str = ""
    quantity: int | None = None
    is_refund: bool = False
    renamed_to: str = ""


@dataclass(frozen=True, slots=True)
class WorldStatement:
    """A closed statement. `total` is what the bank sees; a missing line makes the shown lines disagree with it."""

    serial: int
    store: Store
    currency: str
    start: datetime
    end: datetime
    issued_at: datetime
    deposit_on: date
    total: Money
    lines: tuple[WorldStatementLine, ...]


@dataclass(frozen=True, slots=True)
class WorldCompetitor:
    seller_serial: int
    price: Money
    shipping: Money
    fulfilment: Fulfilment
    is_featured: bool


@dataclass(frozen=True, slots=True)
class WorldOffer:
    """Who sells one product in one store at a moment; `is_featured_own` None when nobody is featured."""

    listing: WorldListing
    observed_at: datetime
    is_featured_own: bool | None
    competitors: tuple[WorldCompetitor, ...]


@dataclass(frozen=True, slots=True)
class WorldStock:
    """Units in a pool; `ages` are (days, units) of those available, `stranded` ones of them cannot be bought."""

    product: WorldProduct
    pool: str
    store: Store | None
    available: int
    reserved: int
    inbound: int
    unsellable: int
    changed_at: datetime
    ages: tuple[tuple[int, int], ...] = ()
    stranded: int = 0
    stranded_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One injected trouble and its truth: what kind, where, which subjects (serials as text), and how much money."""

    kind: str
    account: str
    subjects: tuple[str, ...] = ()
    amount: Money | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as a route handler sees it: `path` is what follows the account's prefix."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    match: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class WriteRefused(Exception):
    """The marketplace does not take this value of this offer."""


class View(Protocol):
    """One account of the world at one moment, with everything that was written to it since laid over it."""

    account: SandboxAccount
    stores: tuple[Store, ...]
    at: datetime

    def orders(self, *, since: datetime, until: datetime, by: str = "updated") -> list[WorldOrder]:
        """Orders of the list endpoint by `updated` or `placed` time, oldest first; hidden ones are left out."""

    def order(self, serial: int) -> WorldOrder | None: ...

    def events(self, *, since: datetime, until: datetime) -> list[WorldEvent]:
        """Pushed events by sending time, with duplicates and out of order."""

    def listings(self, store: str = "") -> list[WorldListing]: ...

    def listing(self, sku: str, store: str = "") -> WorldListing | None: ...

    def listing_of(self, serial: int) -> WorldListing | None: ...

    def offered(self, store: str = "") -> Iterator[tuple[Store, WorldProduct]]:
        """What is offered where, without what the offer says now."""

    def stock(self) -> list[WorldStock]:
        """Units in the marketplace's own warehouses (the fulfilment pool)."""

    def returns(self, *, since: datetime, until: datetime) -> list[WorldReturn]: ...

    def statements(self, *, since: datetime, until: datetime) -> list[WorldStatement]:
        """Statements issued in the span, oldest first; never one that lies after `at`."""

    def statement(self, serial: int) -> WorldStatement | None: ...

    def offer(self, sku: str, store: str) -> WorldOffer | None: ...

    def set_price(self, sku: str, store: str, price: Money) -> None: ...

    def set_quantity(self, sku: str, store: str, quantity: int) -> None: ...

    def takes_quantity(self, sku: str, store: str, ahead: int = 0) -> bool:
        """Whether a write of units would be taken, after so many others of the same call."""

    def cancel_units(self, order_serial: int, units: Mapping[int, int]) -> None:
        """Units of the order, by line serial, become cancelled at the seller's wish."""

    def set_content(self, sku: str, store: str, field: str, value: Any) -> None:
        """What one field of an offer says from now on, besides price and quantity."""

    def confirm_shipment(self, order_serial: int, parcel: Mapping[str, Any]) -> None:
        """Units of the order become shipped; `parcel` has carrier, tracking_number, lines {line serial: quantity}."""

    def correct_parcel(self, order_serial: int, was: str, parcel: Mapping[str, Any]) -> bool:
        """Another carrier and tracking_number for the confirmed parcel that has the number `was`; whether there is one."""

    def put(self, shelf: str, key: str, value: Mapping[str, Any]) -> None:
        """Remember something of the adapter's own (a requested report, a process status, a subscription)."""

    def get(self, shelf: str, key: str) -> Mapping[str, Any] | None: ...

    def shelf(self, shelf: str) -> Iterator[tuple[str, Mapping[str, Any]]]: ...

    def is_revoked(self) -> bool:
        """Whether the injected trouble `token_revoked` holds now."""
