"""OTTO Market's declaration. Limits are those of the guide of 2021/22, per partner; today's table is unverified."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from marketplaces.adapters.otto import carriers
from marketplaces.adapters.otto.writable import INSTEAD, WRITES
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

STORES = (Store(code="DE", external_id="otto.de", country="DE", currency="EUR", zone="Europe/Berlin"),)

RESOURCES = (
    Resource(
        key="orders",
        rows=("Order",),
        every=10 * MINUTE,
        lag=MINUTE,
        overlap=45 * MINUTE,
        fresh_for=2 * HOUR,
        why="orders by the time of their last change; a fresh one may appear half an hour late",
    ),
    Resource(
        key="order_changes",
        rows=("OrderChange",),
        every=HOUR,
        overlap=2 * HOUR,
        fresh_for=DAY,
        queue="pull_slow",
        why="shipments with their tracking states, which are the only news of delivery",
    ),
    Resource(
        key="listings",
        rows=("Listing",),
        every=HOUR,
        is_snapshot=True,
        queue="pull_slow",
        cost=5,
        why="all variations with price, units, switch and the marketplace's verdict",
    ),
    Resource(
        key="prices",
        rows=("Price",),
        every=6 * HOUR,
        is_snapshot=True,
        queue="pull_slow",
        why="regular and sale price of all variations",
    ),
    Resource(
        key="stock",
        rows=("Stock",),
        every=HOUR,
        is_snapshot=True,
        fresh_for=12 * HOUR,
        queue="pull_slow",
        why="units that we told for each variation",
    ),
    Resource(
        key="returns",
        rows=("Return",),
        every=30 * MINUTE,
        overlap=3 * DAY,
        queue="pull_slow",
        why="announced returns, and those accepted, rejected or misdirected since",
    ),
    Resource(
        key="settlements",
        rows=("Settlement", "SettlementLine"),
        every=6 * HOUR,
        window=31 * DAY,
        overlap=4 * DAY,
        history=4 * 365 * DAY,
        fresh_for=2 * DAY,
        flow=Flow.DOCUMENTS,
        queue="pull_slow",
        cost=5,
        why="account statements from the mailbox; where there is none, the receipts of each day",
    ),
    taxonomy("categories with the attributes that each asks for"),
)


def per_second(count: int) -> Limit:
    return Limit(rate=Decimal(count), burst=count)


LIMITS = {
    "default": per_second(20),
    "products.read": per_second(10),
    "products.write": per_second(20),
    "active.read": per_second(10),
    "active.write": Limit(rate=Decimal(3600) / 86_400, burst=60),
    "status.read": per_second(10),
    "mailbox": per_second(5),
    "token": per_second(1),
}

ABSENT = frozenset(line_class.value for line_class in LineClass) - {
    "principal", "shipping", "tax", "promotion", "commission", "payment_fee", "subscription", "transfer",
    "refund_principal", "refund_shipping", "refund_tax", "refund_promotion", "fee_reversal",
}  # fmt: skip

ADAPTER = Adapter(
    key="otto",
    label="OTTO Market",
    stores=STORES,
    credentials=(
        CredentialField("client_id", "Client id", is_secret=False),
        CredentialField("client_secret", "Client secret"),
        CredentialField("mailbox_token", "Token of the statement mailbox", is_required=False),
    ),
    settings=(
        CredentialField("ship_from_zip", "Warehouse: postcode", is_secret=False),
        CredentialField("ship_from_city", "Warehouse: city", is_secret=False),
        CredentialField("ship_from_country", "Warehouse: country (DEU)", is_secret=False, is_required=False),
        CredentialField("return_carrier", "Carrier of return labels", is_secret=False, is_required=False),
        CredentialField(
            "return_number", "Return number where a parcel has none of its own", is_secret=False, is_required=False
        ),
        CredentialField(
            "statement_mailbox",
            "Address of the statement mailbox",
            is_secret=False,
            is_required=False,
            pattern=r"(https?:/)?/[^\s@]+",
        ),
        CredentialField("scopes", "Scopes of the app (separated by spaces)", is_secret=False, is_required=False),
        CredentialField(
            "token_path", "Token path (/oauth2/token)", is_secret=False, is_required=False, pattern=r"/[\w.-][\w./-]*"
        ),
    ),
    resources=RESOURCES,
    capabilities=frozenset(
        {
            Capability.ORDERS_BY_ID,
            Capability.WRITE_PRICE,
            Capability.WRITE_STOCK,
            Capability.WRITE_LISTING,
            Capability.CONFIRM_SHIPMENT,
            Capability.CANCEL_UNITS,
        }
    ),
    limits=LIMITS,
    writes=WRITES,
    instead=INSTEAD,
    carriers=Carriers(
        rows=carriers.CODES,
        needs_number=True,
        needs_return=True,
        return_setting="return_number",
        takes_several=True,
    ),
    vocabulary=frozenset({"otto", "otto.de", "moin", "kontoauszug", "ratepay", "positionitem", "partner connect"}),
    sandbox_accounts=(
        SandboxAccount(
            client="north",
            key="otto",
            label="OTTO Market DE",
            stores=("DE",),
            settings={
                "ship_from_zip": "34117",
                "ship_from_city": "Kassel",
                "return_carrier": "DHL",
                "return_number": "999900000001",
                "statement_mailbox": "/mailbox",
            },
            credentials={
                "client_id": "demo-otto",
                "client_secret": "demo-otto-secret",
                "mailbox_token": "demo-otto-mailbox",
            },
            orders_per_day=6,
            statement_days=14,
            without=ABSENT,
        ),
    ),
    icon="storefront",
)
