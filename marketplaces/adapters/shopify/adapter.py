"""Shopify's declaration: one shop is one account, read and written through the GraphQL Admin API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from marketplaces.adapters.shopify import carriers, parcels
from marketplaces.adapters.shopify.writable import INSTEAD, WRITES
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
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

STORES = (
    Store(code="DE", external_id="shop-de", country="DE", currency="EUR", zone="Europe/Berlin"),
    Store(code="NL", external_id="shop-nl", country="NL", currency="EUR", zone="Europe/Amsterdam"),
    Store(code="FR", external_id="shop-fr", country="FR", currency="EUR", zone="Europe/Paris"),
    Store(code="GB", external_id="shop-gb", country="GB", currency="GBP", zone="Europe/London"),
    Store(code="SE", external_id="shop-se", country="SE", currency="SEK", zone="Europe/Stockholm"),
    Store(code="US", external_id="shop-us", country="US", currency="USD", zone="America/New_York"),
)

RESOURCES = (
    Resource(
        key="orders",
        rows=("Order",),
        every=10 * MINUTE,
        lag=MINUTE,
        overlap=5 * MINUTE,
        history=60 * DAY,
        fresh_for=2 * HOUR,
        why="orders by the time of their last change; older than 60 days only with read_all_orders",
    ),
    Resource(
        key="order_changes",
        rows=("OrderChange",),
        every=6 * HOUR,
        overlap=HOUR,
        history=60 * DAY,
        fresh_for=DAY,
        queue="pull_slow",
        why="parcels and cancellations of changed orders; pushed events tell them sooner",
    ),
    Resource(
        key="listings",
        rows=("Listing",),
        every=6 * HOUR,
        flow=Flow.REPORT,
        is_snapshot=True,
        queue="pull_slow",
        cost=5,
        why="all variants with price, quantity and state, by a bulk operation",
    ),
    Resource(
        key="stock",
        rows=("Stock",),
        every=HOUR,
        is_snapshot=True,
        fresh_for=12 * HOUR,
        queue="pull_slow",
        why="units of every tracked variant over all locations",
    ),
    Resource(
        key="returns",
        rows=("Return",),
        every=6 * HOUR,
        overlap=DAY,
        history=60 * DAY,
        queue="pull_slow",
        why="what buyers send back, by order",
    ),
    Resource(
        key="settlements",
        rows=("Settlement", "SettlementLine"),
        every=6 * HOUR,
        window=31 * DAY,
        overlap=7 * DAY,
        history=730 * DAY,
        fresh_for=2 * DAY,
        flow=Flow.DOCUMENTS,
        queue="pull_slow",
        cost=5,
        why="paid payouts with their balance transactions and the orders these are about",
    ),
)

ABSENT = frozenset(line_class.value for line_class in LineClass) - {
    "principal", "tax", "promotion", "commission", "refund_principal", "refund_tax", "refund_promotion", "fee_reversal",
    "reserve_in", "reserve_out",
}  # fmt: skip

ADAPTER = Adapter(
    key="shopify",
    label="Shopify",
    stores=STORES,
    credentials=(
        CredentialField("client_id", "Client id of the app", is_secret=False, is_required=False),
        CredentialField("client_secret", "Client secret of the app (it also signs webhooks)", is_required=False),
        CredentialField("access_token", "Admin API token of an older custom app", is_required=False),
    ),
    settings=(
        CredentialField(
            "shop",
            "Shop name (the part before .myshopify.com)",
            is_secret=False,
            pattern=r"[A-Za-z0-9][A-Za-z0-9-]*(\.myshopify\.com)?",
        ),
        CredentialField("ships_authorised", "Ship on authorisation (yes or no)", is_secret=False, is_required=False),
        CredentialField(
            "other_sources", "Sources sold through elsewhere, by comma", is_secret=False, is_required=False
        ),
        CredentialField("location_id", "Location whose stock is written", is_secret=False, is_required=False),
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
            Capability.TELL_TRACKING,
        }
    ),
    writes=WRITES,
    instead=INSTEAD,
    limits={
        "graphql": Limit(rate=Decimal(100), burst=1000),
        "token": Limit(rate=Decimal(1), burst=10),
        "download": Limit(rate=Decimal(5), burst=20),
    },
    carriers=Carriers(rows=carriers.CODES),
    tracking_news=frozenset(parcels.STATES),
    vocabulary=frozenset({"shopify", "myshopify", "shop cash", "shop pay"}),
    sandbox_accounts=(
        SandboxAccount(
            client="south",
            key="shopify",
            label="Shopify shop",
            stores=("DE",),
            settings={"shop": "southwind-demo", "ships_authorised": "yes"},
            credentials={"client_id": "demo-shopify", "client_secret": "demo-shopify-secret"},
            orders_per_day=6,
            statement_days=7,
            has_webhooks=True,
            without=ABSENT,
        ),
    ),
)
