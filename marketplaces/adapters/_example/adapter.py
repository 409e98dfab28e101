"""Example's declaration: a small marketplace with one JSON API. Copy it with `manage.py new_marketplace KEY`."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from marketplaces.carrier_codes import Carriers, same
from marketplaces.contract import (
    Adapter,
    Capability,
    CredentialField,
    Flow,
    Limit,
    Resource,
    SandboxAccount,
    Store,
    Writing,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ADAPTER = Adapter(
    key="_example",
    label="Example",
    stores=(Store(code="DE", external_id="de-1", country="DE", currency="EUR", zone="Europe/Berlin"),),
    credentials=(
        CredentialField("client_id", "Client id", is_secret=False),
        CredentialField("client_secret", "Client secret"),
    ),
    resources=(
        Resource(key="orders", rows=("Order",), every=HOUR / 6, why="orders by the time of their last change"),
        Resource(
            key="listings", rows=("Listing",), every=6 * HOUR, is_snapshot=True, why="all offers with price and state"
        ),
        Resource(
            key="stock", rows=("Stock",), every=HOUR, is_snapshot=True, why="units of all offers that the seller ships"
        ),
        Resource(
            key="settlements",
            rows=("Settlement", "SettlementLine"),
            every=6 * HOUR,
            window=31 * DAY,
            overlap=3 * DAY,
            history=365 * DAY,
            fresh_for=2 * DAY,
            flow=Flow.DOCUMENTS,
            queue="pull_slow",
            why="closed statements with all their lines",
        ),
    ),
    capabilities=frozenset({Capability.ORDERS_BY_ID, Capability.WRITE_PRICE, Capability.WRITE_STOCK}),
    writes={"price": Writing(), "quantity": Writing()},
    limits={
        "token": Limit(rate=Decimal(1), burst=10),
        "read": Limit(rate=Decimal(10), burst=100),
        "write": Limit(rate=Decimal(5), burst=20),
    },
    carriers=Carriers(rows=same("DHL", "GLS", "OTHER")),
    vocabulary=frozenset({"_example", "Example"}),
    sandbox_accounts=(
        SandboxAccount(
            client="north",
            key="_example",
            label="Example DE",
            stores=("DE",),
            credentials={"client_id": "demo-example", "client_secret": "demo-example-secret"},
            orders_per_day=8,
        ),
    ),
)
