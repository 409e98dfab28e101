"""What a carrier declares and what its parts must offer. Pure: no Django, no HTTP, no database.

Countries are ISO 3166 alpha-2, weights grams, lengths millimetres, moments UTC, money signed as a value of goods (plus).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from config.core.money import Money
from inventory.carriers.news import Tracked


class LabelFormat(StrEnum):
    PDF = "pdf"
    ZPL = "zpl"


class DocumentKind(StrEnum):
    LABEL = "label"
    RETURN_LABEL = "return_label"
    CUSTOMS = "customs"
    CASH_ON_DELIVERY = "cash_on_delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place that a parcel goes to or comes from; what is blank was not told.

    With `locker_id` or `outlet_id` it is a machine or a shop of the carrier, with `po_box` a box.
    """

    name: str = field(repr=False)
    name2: str = field(default="", repr=False)
    name3: str = field(default="", repr=False)
    street: str = field(default="", repr=False)
    house: str = field(default="", repr=False)
    addition: str = field(default="", repr=False)
    postal_code: str = ""
    city: str = ""
    state: str = ""
    country: str = "DE"
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    locker_id: str = ""
    outlet_id: str = ""
    post_number: str = field(default="", repr=False)
    po_box: str = ""

    def plain(self) -> dict[str, str]:
        return {name: value for name, value in dataclasses.asdict(self).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the carrier does besides carrying. `minimum_age` 0 means that nobody's age is looked at."""

    named_person: bool = False
    minimum_age: int = 0
    no_neighbour: bool = False
    signature: bool = False
    bulky: bool = False
    premium: bool = False
    duty_paid: bool = False
    insured_for: Money | None = None

    def wanted(self) -> frozenset[str]:
        """The names of the services that are asked for."""
        return frozenset(each.name for each in dataclasses.fields(self) if getattr(self, each.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomsItem:
    """`unit_value` and `unit_weight_g` are of one piece."""

    description: str
    origin: str
    customs_code: str
    quantity: int
    unit_value: Money
    unit_weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Customs:
    items: tuple[CustomsItem, ...]
    postal_charges: Money
    invoice_no: str = ""
    export_reference: str = ""
    has_export_notification: bool = False

    @property
    def value(self) -> Decimal:
        return sum((item.unit_value.amount * item.quantity for item in self.items), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequest:
    """One parcel for which a label is wanted. `ref` is ours, once in all time, and finds the parcel at the carrier.

    `note` is printed on the label; `is_routed` refuses an address in the carrier's home country that it cannot route.
    """

    ref: str
    product: str
    ship_on: date
    consignee: Address
    weight_g: int
    size_mm: tuple[int, int, int] | None = None
    services: Services = Services()
    customs: Customs | None = None
    with_return: bool = False
    note: str = ""
    format: LabelFormat = LabelFormat.PDF
    is_routed: bool = True


def return_ref(ref: str) -> str:
    """The reference of the return label that is bought with a parcel: another one, so that a lookup finds the parcel alone."""
    return f"{ref}R"


@dataclass(frozen=True, slots=True)
class Document:
    """A piece of paper of a parcel, with a person's address on it: never logged, stored only encrypted."""

    kind: DocumentKind
    format: LabelFormat
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What the carrier says about a field; its words change with the language, so nothing decides by them."""

    field: str
    text: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelResult:
    """What became of one request. Bought only with a number *and* a label."""

    is_bought: bool
    tracking_number: str = ""
    return_tracking_number: str = ""
    routing_code: str = ""
    documents: tuple[Document, ...] = ()
    messages: tuple[Message, ...] = ()

    @property
    def problems(self) -> str:
        """The carrier's refusals in one line, or its warnings where there is no refusal."""
        errors = [each for each in self.messages if each.is_error] or list(self.messages)
        return "; ".join(f"{each.field}: {each.text}" if each.field else each.text for each in errors)


@dataclass(frozen=True, slots=True)
class Closed:
    """The carrier's answer to the end of a day: its sheets, and the numbers that it did not take."""

    sheet_no: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    document: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Limit:
    """A token bucket per account and operation: `rate` tokens a second, at most `burst` at once."""

    rate: Decimal
    burst: int


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a person enters for an account with the carrier."""

    name: str
    label: str
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that the carrier sells. `zone` is home, EU (`europe`) or world; `without` are services it excludes."""

    code: str
    label: str
    zone: str
    most_g: int
    longest_mm: tuple[int, int, int] | None = None
    without: frozenset[str] = frozenset()
    not_to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The declaration. `code` is the word for this carrier in the tables of the marketplaces.

    `batch` is how many labels a call takes, `tracking_batch` how many numbers; the rest is the simulated contract. Where the
    carrier checks ages, its settings `age_18` and `age_16` name the categories of goods that ask for it.
    """

    key: str
    label: str
    code: str
    home: str
    products: tuple[Product, ...]
    credentials: tuple[Field, ...]
    settings: tuple[Field, ...]
    limits: Mapping[str, Limit] = field(default_factory=dict)
    batch: int = 1
    tracking_batch: int = 1
    sandbox_credentials: Mapping[str, str] = field(default_factory=dict)
    sandbox_settings: Mapping[str, str] = field(default_factory=dict)

    def usual(self, country: str) -> Product:
        """What is bought for a country unless somebody chooses: the first product that goes there."""
        zones = ("home",) if country == self.home else ("world",)
        return next(product for product in self.products if product.zone in zones)

    def product(self, code: str) -> Product:
        for product in self.products:
            if product.code == code:
                return product
        raise LookupError(f"{self.key} has no product {code!r}; it has {', '.join(p.code for p in self.products)}")


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """What a client may know of the account it works for; `endpoint` replaces the carrier's host when set."""

    tenant: str
    key: str
    carrier: str
    settings: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False, default_factory=dict)
    endpoint: str = ""


class CarrierClient(Protocol):
    """The only part of a carrier that does HTTP. Errors are of our four families."""

    def probe(self) -> str: ...

    def check(self, request: LabelRequest) -> LabelResult: ...

    def buy(self, request: LabelRequest) -> LabelResult: ...

    def find(self, ref: str, since: date, until: date) -> list[str]:
        """Numbers under our reference that are not cancelled; more than one is a double purchase."""

    def fetch(self, tracking_number: str, label_format: LabelFormat) -> LabelResult | None:
        """The label again; None once the carrier gives it out no more."""

    def cancel(self, tracking_number: str) -> str:
        """Empty when cancelled, else why not."""

    def buy_return(self, ref: str, sender: Address, weight_g: int) -> LabelResult: ...

    def close_day(self, tracking_numbers: Sequence[str]) -> Closed: ...

    def track(self, tracking_numbers: Sequence[str]) -> Iterable[Tracked]: ...
