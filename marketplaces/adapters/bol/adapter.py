"""bol's declaration. Limits are the published values per retailer as of November 2025 (see README)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from marketplaces.adapters.bol import carriers
from marketplaces.adapters.bol.writable import INSTEAD, WRITES
from marketplaces.canonical import LineClass
from marketplaces.carrier_codes import Carriers
from marketplaces.contract import (
    Adapter,
    Capability,
    CredentialField,
    Flow,
    Limit,
    Resource,
    SandboxAccount,
    Store,
    taxonomy,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

STORES = (
    Store(code="NL", external_id="NL", country="NL", currency="EUR", zone="Europe/Amsterdam", pool="FBB"),
    Store(code="BE", external_id="BE", country="BE", currency="EUR", zone="Europe/Brussels", pool="FBB"),
)

RESOURCES = (
    Resource(
        key="orders",
        rows=("Order",),
        every=10 * MINUTE,
        window=DAY,
        lag=MINUTE,
        overlap=15 * MINUTE,
        fresh_for=2 * HOUR,
        why="the list of changed orders, then each order by its id for prices",
    ),
    Resource(
        key="order_changes",
        rows=("OrderChange",),
        every=6 * HOUR,
        overlap=HOUR,
        fresh_for=DAY,
        queue="pull_slow",
        why="shipments with their transport events, which are the only news of delivery",
    ),
    Resource(
        key="listings",
        rows=("Listing",),
        every=6 * HOUR,
        is_snapshot=True,
        queue="pull_slow",
        why="all offers, with the reasons why one is not for sale",
    ),
    Resource(
        key="prices", rows=("Price",), every=6 * HOUR, is_snapshot=True, queue="pull_slow", why="prices of all offers"
    ),
    Resource(
        key="stock",
        rows=("Stock",),
        every=HOUR,
        is_snapshot=True,
        fresh_for=12 * HOUR,
        queue="pull_slow",
        why="units that we sent for own offers, and units in the marketplace's warehouse",
    ),
    taxonomy("the tree of categories"),
    Resource(
        key="returns", rows=("Return",), every=6 * HOUR, overlap=DAY, queue="pull_slow", why="open and handled returns"
    ),
    Resource(
        key="fees",
        rows=("Fee",),
        every=DAY,
        is_snapshot=True,
        fresh_for=3 * DAY,
        queue="pull_slow",
        why="the commission that would be charged for each listing at its price",
    ),
    Resource(
        key="settlements",
        rows=("Settlement", "SettlementLine"),
        every=6 * HOUR,
        window=timedelta(days=31),
        overlap=3 * DAY,
        history=timedelta(days=730),
        fresh_for=2 * DAY,
        flow=Flow.DOCUMENTS,
        queue="pull_slow",
        cost=5,
        why="invoices with every line of their specification",
    ),
    Resource(
        key="offers",
        rows=("Offer",),
        every=12 * HOUR,
        is_snapshot=True,
        fresh_for=2 * DAY,
        queue="pull_slow",
        why="who else sells each product, and who is shown first",
    ),
)


def per_second(count: int) -> Limit:
    return Limit(rate=Decimal(count), burst=count)


def per_minute(count: int) -> Limit:
    return Limit(rate=Decimal(count) / 60, burst=count)


LIMITS = {
    "orders.list": per_minute(25),
    "orders.get": per_second(25),
    "orders.cancel": per_second(5),
    "shipments.list": per_minute(25),
    "shipments.get": per_minute(50),
    "shipments.create": per_second(25),
    "transports.change": per_second(5),
    "offers.list": per_second(25),
    "offers.get": per_second(25),
    "offers.write": per_second(50),
    "offers.export": Limit(rate=Decimal(9) / 3600, burst=9),
    "offers.download": Limit(rate=Decimal(9) / 3600, burst=9),
    "inventory.list": per_minute(20),
    "returns.list": per_minute(20),
    "returns.get": per_minute(20),
    "commission.quote": per_second(28),
    "products.offers": per_minute(50),
    "content.write": per_minute(50),
    "content.get": per_minute(50),
    "invoices.list": per_minute(24),
    "invoices.specification": per_minute(24),
    "process.get": per_second(25),
    "subscriptions": per_second(5),
    "retailers.get": per_second(5),
    "token": per_second(5),
}


ABSENT = frozenset(line_class.value for line_class in LineClass) - {
    "principal", "tax", "promotion", "commission", "fulfilment", "shipping_label", "storage", "return_handling",
    "advertising", "refund_principal", "refund_tax", "refund_promotion", "fee_reversal", "reimbursement",
}  # fmt: skip


def _account(client: str, key: str, stores: tuple[str, ...], retailer: str, orders_per_day: int) -> SandboxAccount:
    return SandboxAccount(
        client=client,
        key=key,
        label=f"bol {', '.join(stores)}",
        stores=stores,
        settings={"retailer_id": retailer, "seller_country": "NL"},
        credentials={"client_id": f"demo-{key}", "client_secret": f"demo-{key}-secret"},
        orders_per_day=orders_per_day,
        statement_days=30,
        pool="FBB",
        has_webhooks=True,
        without=ABSENT,
    )


ADAPTER = Adapter(
    key="bol",
    label="bol",
    stores=STORES,
    credentials=(
        CredentialField("client_id", "Client id", is_secret=False),
        CredentialField("client_secret", "Client secret"),
    ),
    settings=(
        CredentialField("retailer_id", "Retailer id", is_secret=False),
        CredentialField("seller_country", "Country of the company (NL or BE)", is_secret=False, is_required=False),
        CredentialField("offers_api", "Version of the Offer API (v11, or v10)", is_secret=False, is_required=False),
    ),
    resources=RESOURCES,
    capabilities=frozenset(
        {
            Capability.ORDERS_BY_ID,
            Capability.WEBHOOKS,
            Capability.WRITE_PRICE,
            Capability.WRITE_STOCK,
            Capability.WRITE_LISTING,
            Capability.CONFIRM_SHIPMENT,
            Capability.CANCEL_UNITS,
            Capability.CORRECT_TRACKING,
        }
    ),
    limits=LIMITS,
    writes=WRITES,
    instead=INSTEAD,
    carriers=Carriers(rows=carriers.CODES),
    vocabulary=frozenset({"bol", "bol.com", "bsku", "fbb", "fbr", "lvb", "vvb", "plaza", "verzenden via bol"}),
    sandbox_accounts=(
        _account("north", "bol", ("NL", "BE"), "1000001", 18),
        _account("south", "bol-south", ("NL",), "1000002", 10),
    ),
    icon="storefront",
)
