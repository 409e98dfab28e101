"""What an adapter declares and what its seven parts must offer. Pure: no Django, no HTTP, no database."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from marketplaces.canonical import Rejected, Row, ShipTo
from marketplaces.carrier_codes import Carriers
from marketplaces.wording import Noise


class Flow(StrEnum):
    """How a resource is read."""

    PAGES = "pages"
    REPORT = "report"
    DOCUMENTS = "documents"


class Capability(StrEnum):
    """What a marketplace can do; jobs and buttons ask for these, never for a name."""

    ORDERS_BY_ID = "orders_by_id"
    ORDER_EVENTS_QUEUE = "order_events_queue"
    WEBHOOKS = "webhooks"
    WRITE_PRICE = "write_price"
    WRITE_STOCK = "write_stock"
    WRITE_LISTING = "write_listing"
    CONFIRM_SHIPMENT = "confirm_shipment"
    CORRECT_TRACKING = "correct_tracking"
    TELL_TRACKING = "tell_tracking"
    CANCEL_UNITS = "cancel_units"


class CommandKind(StrEnum):
    """A kind for each field of an offer, so that a newer wish replaces an older one of the same field alone."""

    SET_PRICE = "set_price"
    SET_STOCK = "set_stock"
    SET_TITLE = "set_title"
    SET_DESCRIPTION = "set_description"
    SET_BULLETS = "set_bullets"
    SET_IMAGES = "set_images"
    SET_ATTRIBUTES = "set_attributes"
    SET_HOLD = "set_hold"
    SET_DELIVERY = "set_delivery"
    CONFIRM_SHIPMENT = "confirm_shipment"
    CORRECT_TRACKING = "correct_tracking"
    TELL_TRACKING = "tell_tracking"
    CANCEL_UNITS = "cancel_units"


FIELDS: Mapping[str, CommandKind] = {
    "price": CommandKind.SET_PRICE,
    "quantity": CommandKind.SET_STOCK,
    "title": CommandKind.SET_TITLE,
    "description": CommandKind.SET_DESCRIPTION,
    "bullets": CommandKind.SET_BULLETS,
    "images": CommandKind.SET_IMAGES,
    "attributes": CommandKind.SET_ATTRIBUTES,
    "on_hold": CommandKind.SET_HOLD,
    "delivery": CommandKind.SET_DELIVERY,
}
"""Every field of an offer that can be written, with the command that does it; its payload carries the value by this name."""
_FIELD_OF = {kind: field for field, kind in FIELDS.items()}


class OutcomeState(StrEnum):
    """What an answer means. Only CONFIRMED is done; ACCEPTED waits for a read-back; UNKNOWN is read back first."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limit:
    """A token bucket per account and operation: `rate` tokens a second, at most `burst` at once."""

    rate: Decimal
    burst: int


@dataclass(frozen=True, slots=True)
class Store:
    """One storefront. `code` is our short name (upper case), `external_id` the marketplace's.

    `pool` names the stock from which the marketplace ships what is ordered there, empty where that is not known.
    """

    code: str
    external_id: str
    country: str
    currency: str
    zone: str
    region: str = ""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One thing to fill in. `pattern` is what the whole of a setting must look like, for one that becomes an address."""

    name: str
    label: str
    is_secret: bool = True
    is_required: bool = True
    pattern: str = ""

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether the value is left out, or text of this pattern."""
        value = values.get(self.name)
        return not value or (isinstance(value, str) and bool(re.fullmatch(self.pattern or ".*", value, re.DOTALL)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind of data to pull, as a row of data.

    `rows` are the canonical type names it yields; `every` is the cadence; `window` the longest span of one pull;
    `lag` how long the marketplace needs before a moment is complete; `overlap` how far each pull reads into the past;
    `history` how far back the marketplace keeps it; `fresh_for` the age at which detectors call it stale.
    """

    key: str
    rows: tuple[str, ...]
    every: timedelta
    window: timedelta = timedelta(days=7)
    lag: timedelta = timedelta(0)
    overlap: timedelta = timedelta(minutes=5)
    history: timedelta = timedelta(days=90)
    fresh_for: timedelta = timedelta(hours=24)
    flow: Flow = Flow.PAGES
    is_snapshot: bool = False
    queue: str = "pull_fast"
    cost: int = 1
    needs: frozenset[Capability] = frozenset()
    report_deadline: timedelta = timedelta(hours=6)
    why: str = ""


def taxonomy(why: str) -> Resource:
    """The categories of a marketplace, read whole once a week."""
    return Resource(
        key="taxonomy", rows=("TaxonomyNode",), every=timedelta(days=7), is_snapshot=True, fresh_for=timedelta(days=30),
        queue="pull_slow", why=why,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAccount:
    """An account of the simulated sellers: which demo client has it, where it sells, and its share of demand.

    `without` names the line classes (values of LineClass) that never stand on this marketplace's statements;
    `credentials_last_days` is how long after the world's first day its secrets expire.
    """

    client: str
    key: str
    label: str
    stores: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    orders_per_day: int = 12
    statement_days: int = 14
    pool: str = ""
    has_webhooks: bool = False
    has_event_queue: bool = False
    credentials_last_days: int | None = None
    without: frozenset[str] = frozenset()


class Style(StrEnum):
    """What a write does to its neighbours: nothing, or it clears whatever is not sent along."""

    PATCH = "patch"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How one field of an offer is written, and between which bounds (units, money of the storefront, pieces of a list).

    Where the style is REPLACE the client sends the whole document as the marketplace shows it, with one change.
    `shortest` and `longest` count the characters of a text, or of each piece of a list; `choices` is all it may be.
    `alters` is what the marketplace does to a text by itself: what differs in nothing else is shown as it was written.
    `together` is how many offers one call may carry; above one the client offers `send_together`.
    """

    style: Style = Style.PATCH
    least: Decimal | None = None
    most: Decimal | None = None
    shortest: int = 0
    longest: int | None = None
    choices: tuple[str, ...] = ()
    alters: frozenset[Noise] = frozenset()
    together: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """The declaration. Everything that differs between marketplaces and is not code stands here.

    `instead` says what to do about fields of an offer that it does not take. `tracking_news` are the states of a parcel on
    its way (our words) that the marketplace wants to hear of.
    """

    key: str
    label: str
    stores: tuple[Store, ...]
    credentials: tuple[CredentialField, ...]
    settings: tuple[CredentialField, ...] = ()
    resources: tuple[Resource, ...]
    capabilities: frozenset[Capability] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    writes: Mapping[str, Writing] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    carriers: Carriers | None = None
    tracking_news: frozenset[str] = frozenset()
    vocabulary: frozenset[str] = frozenset()
    sandbox_accounts: tuple[SandboxAccount, ...] = ()
    icon: str = "storefront"

    def resource(self, key: str) -> Resource:
        for resource in self.resources:
            if resource.key == key:
                return resource
        raise LookupError(f"{self.key} has no resource {key!r}; it has {', '.join(r.key for r in self.resources)}")

    def store(self, name: str) -> Store | None:
        """The storefront with this code or external id, or None when it is not known (kept raw by the caller)."""
        wanted = name.strip().casefold()
        return next((s for s in self.stores if wanted in (s.code.casefold(), s.external_id.casefold())), None)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a client may know of the account it works for; `endpoint` replaces the marketplace's host when set."""

    tenant: str
    key: str
    marketplace: str
    stores: tuple[Store, ...]
    settings: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False, default_factory=dict)
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span to read, the documents of it that are stored already, and where a broken-off read goes on."""

    since: datetime
    until: datetime
    seen: frozenset[str] = frozenset()
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back, as it came: bytes in memory, or a file for documents that may be large.

    `context` holds what the body does not say and mapping needs (store, seller id, region), all text.
    `document_id` names a document that is stored once, whatever number of times it is offered. `mark` is what the client
    needs in its window to go on after this page; only snapshots of many pages tell it.
    """

    resource: str
    body: bytes = b""
    path: str = ""
    media_type: str = "application/json"
    context: Mapping[str, str] = field(default_factory=dict)
    document_id: str = ""
    mark: str = ""

    def open(self) -> BinaryIO:
        return open(self.path, "rb") if self.path else io.BytesIO(self.body)

    def json(self) -> Any:
        """The body as JSON with exact numbers; raises ValueError when it is not JSON."""
        with self.open() as stream:
            return json.loads(stream.read().decode("utf-8-sig"), parse_float=Decimal)


class ReportStatus(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    EMPTY = "empty"
    COOL_DOWN = "cool_down"
    BAD_REQUEST = "bad_request"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportState:
    """Where a requested report stands. EMPTY is success without rows; only COOL_DOWN and FAILED are asked for again."""

    status: ReportStatus
    document_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """A write we want done: our words, one subject, and the key that makes it the same write when repeated."""

    kind: CommandKind
    key: str
    channel: str = ""
    sku: str = ""
    external_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def field(self) -> str:
        """The field of an offer that it writes; empty for a shipment."""
        return _FIELD_OF.get(self.kind, "")

    @property
    def value(self) -> Any:
        """What the field should say."""
        return self.payload.get(self.field)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What their answer means for one command. `remote_ref` is what to ask about later; `is_final`: nothing more is told."""

    state: OutcomeState
    reason: str = ""
    remote_ref: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    is_final: bool = False


class Client(Protocol):
    """The only file of an adapter that does HTTP. Each resource is a method `name(window) -> Iterator[Page]`."""

    def probe(self) -> str: ...

    def by_id(self, resource: str, external_id: str) -> Page | None: ...

    def ship_to(self, order: str) -> ShipTo | None:
        """Where an order goes; None where the marketplace does not tell (no right to, not yet, or no more)."""

    def request_report(self, resource: str, window: Window) -> str: ...

    def find_report(self, resource: str, window: Window) -> str: ...

    def report_state(self, resource: str, remote_id: str) -> ReportState: ...

    def download(self, resource: str, state: ReportState) -> Page: ...

    def send(self, command: Outbound) -> Outcome: ...

    def send_together(self, commands: Sequence[Outbound]) -> Sequence[Outcome]:
        """One call for writes of one kind, each to another offer, and what their answer means for each, in order.

        Only where a field declares `together`. Raises Rejected when they took none of them: then fewer are sent at once.
        """

    def look_ahead(self, commands: Sequence[Outbound]) -> None:
        """Read in few calls what the read-backs of these writes, which follow, would ask for one by one.

        Only where a field declares `together`.
        """

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome: ...

    def offer(self, command: Outbound) -> Page | None:
        """What a price or quantity is written to, as a page of listings; None when the marketplace does not know it."""


Mapper = Callable[[Page], Iterator["Row | Rejected"]]


@dataclass(frozen=True, slots=True)
class Notice:
    """An event as it arrived: what it is, whose it is, its id for de-duplication, and the page to map."""

    event_id: str
    kind: str
    happened_at: datetime | None
    page: Page
    seller: str = ""
    order_id: str = ""
