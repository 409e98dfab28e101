"""The only language spoken past the adapters: frozen rows, the same for every marketplace.

Money is signed from the seller's side (plus is money towards the seller). Prices that a buyer pays are positive.
Times are aware and UTC. `None` means the marketplace did not say; it never means zero. `extra` keeps what we do not
understand: it may be shown, but code outside the adapter must not read keys from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from config.core.money import Money


class OrderStatus(StrEnum):
    PENDING = "pending"
    TO_SHIP = "to_ship"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Fulfilment(StrEnum):
    MERCHANT = "merchant"
    MARKETPLACE = "marketplace"
    UNKNOWN = "unknown"


class ListingStatus(StrEnum):
    ACTIVE = "active"
    HIDDEN = "hidden"
    SUPPRESSED = "suppressed"
    INACTIVE = "inactive"
    PAUSED = "paused"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class IdentifierKind(StrEnum):
    GTIN = "gtin"
    MARKETPLACE_ITEM = "marketplace_item"
    MARKETPLACE_UNIT = "marketplace_unit"
    OFFER = "offer"


class ChangeKind(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    CANCEL_REQUESTED = "cancel_requested"
    RETURNED = "returned"
    PARTLY_CANCELLED = "partly_cancelled"
    PARTLY_RETURNED = "partly_returned"
    PARTLY_PAID = "partly_paid"
    WRITE_ANSWERED = "write_answered"
    UNKNOWN = "unknown"


class CancelReason(StrEnum):
    """Why units are cancelled at our wish."""

    OUT_OF_STOCK = "out_of_stock"
    BUYER_ASKED = "buyer_asked"
    WRONG_PRICE = "wrong_price"
    OTHER = "other"


class LineClass(StrEnum):
    """What a settlement line is, by its economic meaning (reconciliation E3)."""

    PRINCIPAL = "principal"
    SHIPPING = "shipping"
    WRAP = "wrap"
    TAX = "tax"
    TAX_WITHHELD = "tax_withheld"
    PROMOTION = "promotion"
    COMMISSION = "commission"
    CLOSING = "closing"
    PAYMENT_FEE = "payment_fee"
    DIGITAL_SERVICES = "digital_services"
    FULFILMENT = "fulfilment"
    SHIPPING_LABEL = "shipping_label"
    STORAGE = "storage"
    RETURN_HANDLING = "return_handling"
    ADVERTISING = "advertising"
    SUBSCRIPTION = "subscription"
    MARKETING = "marketing"
    REFUND_PRINCIPAL = "refund_principal"
    REFUND_SHIPPING = "refund_shipping"
    REFUND_TAX = "refund_tax"
    REFUND_PROMOTION = "refund_promotion"
    REFUND_OTHER = "refund_other"
    FEE_REVERSAL = "fee_reversal"
    ADMINISTRATION_FEE = "administration_fee"
    CHARGEBACK = "chargeback"
    CLAIM = "claim"
    REIMBURSEMENT = "reimbursement"
    CLAWBACK = "clawback"
    ADJUSTMENT = "adjustment"
    RESERVE_IN = "reserve_in"
    RESERVE_OUT = "reserve_out"
    TRANSFER = "transfer"
    CARRYOVER = "carryover"
    LOAN = "loan"
    PENALTY = "penalty"
    FX = "fx"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProductId:
    """One name that a product goes by: its kind and the value as text (leading zeros kept)."""

    kind: IdentifierKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every canonical row has: its id in the marketplace, and when the marketplace says it changed."""

    external_id: str
    changed_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One position. `item_total` is quantity x unit before discounts; discounts are positive; tax is what is apart.

    `expected_fee` is the marketplace's own estimate for the whole line, negative.
    """

    external_id: str
    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    title: str = ""
    quantity: int
    quantity_shipped: int = 0
    quantity_cancelled: int = 0
    unit_price: Money | None = None
    item_total: Money | None = None
    shipping: Money | None = None
    gift_wrap: Money | None = None
    tax: Money | None = None
    discount: Money | None = None
    shipping_discount: Money | None = None
    expected_fee: Money | None = None
    cancel_requested: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Row):
    channel: str = ""
    status: OrderStatus
    status_raw: str = ""
    ordered_at: datetime
    fulfilment: Fulfilment = Fulfilment.UNKNOWN
    currency: str = ""
    total: Money | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    ship_to_country: str = ""
    is_business: bool = False
    is_premium: bool = False
    replacement_of: str = ""
    lines: tuple[OrderLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange(Row):
    """Something that happened to an order. `external_id` is the event's own id; a trigger, never a source of money."""

    order_id: str
    kind: ChangeKind
    happened_at: datetime
    kind_raw: str = ""
    line_ids: tuple[str, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    shipment_id: str = ""


EDITED = "edited_by_marketplace"
"""The code of an issue by which a marketplace tells that it edited our words itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingIssue:
    code: str
    severity: Severity
    message: str
    attributes: tuple[str, ...] = ()
    is_blocking: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Row):
    """One offer of ours in one channel; `external_id` is unique per account and channel. `issues` None: not told.

    `content` has what the page tells of description, bullets, images, attributes, on_hold and delivery, in the spelling of
    `wording`; what it does not tell is left out.
    """

    channel: str = ""
    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    title: str = ""
    status: ListingStatus
    status_raw: str = ""
    fulfilment: Fulfilment = Fulfilment.UNKNOWN
    price: Money | None = None
    quantity: int | None = None
    image_url: str = ""
    issues: tuple[ListingIssue, ...] | None = None
    content: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Row):
    """The price that buyers see for a listing (`external_id` as in Listing), tax as the store shows it."""

    channel: str = ""
    sku: str = ""
    price: Money
    sale_price: Money | None = None
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Row):
    """Units in one pool. `pool` is our word: `merchant`, or the marketplace's pool code. None means not told."""

    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    pool: str
    fulfilment: Fulfilment
    available: int | None
    reserved: int | None = None
    inbound: int | None = None
    unsellable: int | None = None
    researching: int | None = None
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockHealth(Row):
    """What a pool says about the goods in it. `ages` are (first day of age, units) of one partition; `age_fee` what it
    expects to charge next for old ones (negative). `stranded` units lie there and cannot be bought, since a moment.
    """

    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    pool: str
    fulfilment: Fulfilment
    ages: tuple[tuple[int, int], ...] | None = None
    age_fee: Money | None = None
    stranded: int | None = None
    stranded_since: datetime | None = None
    stranded_reason: str = ""
    unsellable: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Row):
    order_id: str
    line_id: str = ""
    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    quantity: int
    reason: str = ""
    comment_code: str = ""
    disposition: str = ""
    is_handled: bool | None = None
    is_sellable: bool | None = None
    fulfilment: Fulfilment = Fulfilment.UNKNOWN
    returned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePart:
    line_class: LineClass
    label: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Row):
    """What the marketplace says it would charge for one piece at `price`; parts are negative."""

    channel: str = ""
    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    price: Money
    parts: tuple[FeePart, ...]
    includes_vat: bool | None = None
    quoted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Competitor:
    """One seller's offer of the same product."""

    seller: str
    price: Money
    shipping: Money | None = None
    is_own: bool = False
    is_featured: bool = False
    fulfilment: Fulfilment = Fulfilment.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Row):
    """Who else sells this product, and who is shown first (the buy box). Featured None means there is none."""

    channel: str = ""
    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    observed_at: datetime
    is_featured_own: bool | None = None
    featured_price: Money | None = None
    lowest_price: Money | None = None
    offer_count: int | None = None
    competitors: tuple[Competitor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement(Row):
    """A statement's header. `total` is what is paid out (negative: the seller owes). Lines follow as SettlementLine."""

    channel: str = ""
    currency: str
    period_start: datetime
    period_end: datetime
    deposit_on: date | None = None
    total: Money
    kind: str = "sales"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementLine(Row):
    """One amount on a statement. `row_no` is its place in the document, from 1; identical rows are legitimate.

    `labels` are the marketplace's own three words, kept as they came. `external_id` is `<settlement_id>:<row_no>`.
    """

    settlement_id: str
    row_no: int
    line_class: LineClass
    labels: tuple[str, str, str]
    amount: Money
    posted_at: datetime | None = None
    order_id: str = ""
    line_id: str = ""
    shipment_id: str = ""
    reference: str = ""
    sku: str = ""
    product_ids: tuple[ProductId, ...] = ()
    quantity: int | None = None
    channel: str = ""
    is_reversal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTariff:
    """One row of a fee schedule: fee = limits(rate x basis + per unit x units + per line + the line's part of per order).

    All amounts are positive, rounded once per line; what is per order is spread over its lines by what they are worth.

    Blank channel, category, programme and currency hold for all; a currency is needed as soon as there is an amount.
    `line_class` None says, of one account's own schedule, that fees of other classes were not agreed. Bases: `item`,
    `paid` (with shipping and wrap), less discounts, with VAT or not; `commission`; `fees` (all others of the line).
    A tier is a row of its own by price and weight per piece, lower bound in, upper bound out; with `is_marginal` each
    portion of the price has its tier's rate, else the whole. A size tier takes pieces whose longest, middle and shortest
    side are at most so long, the smallest tier that fits; `volume_divisor` (cubic centimetres per kilogram) makes the
    greater of weight and volume weight count. `per_volume` is per `volume_unit` of what a month stores on average, and
    with `is_charged_later` it is on the statements of the month after. Rows of one key and `valid_from` are one version,
    valid until the next one; `is_end` ends it. `source` says where it was read, and when.
    """

    line_class: LineClass | None
    valid_from: date
    source: str
    channel: str = ""
    category: str = ""
    programme: Fulfilment | None = None
    currency: str = ""
    is_end: bool = False
    basis: Literal["item", "paid", "commission", "fees", "nothing"] = "nothing"
    rate: Decimal = Decimal(0)
    per_unit: Decimal = Decimal(0)
    per_line: Decimal = Decimal(0)
    per_order: Decimal = Decimal(0)
    per_volume: Decimal = Decimal(0)
    volume_unit: Literal["m3", "ft3"] = "m3"
    is_charged_later: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    is_limit_per_piece: bool = False
    price_from: Decimal | None = None
    price_below: Decimal | None = None
    is_marginal: bool = False
    weight_from_g: int | None = None
    weight_below_g: int | None = None
    longest_mm: int | None = None
    middle_mm: int | None = None
    shortest_mm: int | None = None
    volume_divisor: int | None = None
    rounding: Literal["half_up", "half_even", "down"] = "half_up"
    vat: Literal["included", "on_top", "reverse_charge"] = "included"
    vat_rate: Decimal | None = None
    basis_includes_vat: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipTo:
    """Where an order's goods go: read when a label is wanted, in no sink and in no archive. Blank: not told.

    `house` is blank where the marketplace writes the number into the street; `country` is ISO 3166 alpha-2.
    """

    name: str = field(repr=False)
    company: str = field(default="", repr=False)
    street: str = field(default="", repr=False)
    house: str = field(default="", repr=False)
    addition: str = field(default="", repr=False)
    postal_code: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A piece of a page that could not become a row: the reason for a person, and the piece as it came."""

    reason: str
    raw: Any
    code: str = "invalid"
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a category asks of an offer: `kind` is text, number or flag; `choices` is all that it may say, empty is anything.

    `unit` stands behind a number; of several, parted by `|`, each may.
    """

    key: str
    kind: str = "text"
    is_required: bool = False
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxonomyNode(Row):
    """A category of the marketplace by its own key (`external_id`), below `parent` (a key, empty at the top)."""

    name: str
    parent: str = ""
    asks: tuple[Asked, ...] = ()


CANONICAL_TYPES: tuple[type[Row], ...] = (
    Order, OrderChange, Listing, Price, Stock, StockHealth, Return, Fee, Offer, Settlement, SettlementLine,
    TaxonomyNode,
)  # fmt: skip
