"""The declaration of Amazon's marketplaces for sellers."""

from __future__ import annotations

from datetime import timedelta

from marketplaces.adapters.amazon import carriers
from marketplaces.adapters.amazon.limits import LIMITS
from marketplaces.adapters.amazon.stores import STORES
from marketplaces.adapters.amazon.writable import INSTEAD, WRITES
from marketplaces.carrier_codes import Carriers
from marketplaces.contract import (
    Adapter,
    Capability,
    CredentialField,
    Flow,
    Resource,
    SandboxAccount,
    taxonomy,
)

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_RESOURCES = (
    Resource(
        key="orders", rows=("Order",), every=timedelta(minutes=10), window=7 * _DAY, lag=timedelta(minutes=3),
        overlap=timedelta(minutes=15), history=730 * _DAY, fresh_for=_HOUR, needs=frozenset({Capability.ORDERS_BY_ID}),
        why="orders of all stores, by last change",
    ),
    Resource(
        key="order_changes", rows=("OrderChange",), every=2 * _HOUR, window=30 * _DAY, overlap=6 * _HOUR,
        flow=Flow.REPORT, queue="pull_slow", fresh_for=_DAY, why="parcels that left the marketplace's warehouses",
    ),
    Resource(
        key="listings", rows=("Listing",), every=_DAY, flow=Flow.REPORT, is_snapshot=True, queue="pull_slow",
        fresh_for=2 * _DAY, cost=5, why="every listing of every store, with state, price and quantity",
    ),
    Resource(
        key="prices", rows=("Price",), every=_HOUR, window=7 * _DAY, lag=timedelta(minutes=2),
        overlap=timedelta(minutes=15), fresh_for=_DAY, why="the prices that buyers see, where listings changed",
    ),
    Resource(
        key="stock", rows=("Stock",), every=_HOUR, is_snapshot=True, fresh_for=6 * _HOUR,
        why="units in the marketplace's warehouses",
    ),
    Resource(
        key="stock_health", rows=("StockHealth",), every=_DAY, flow=Flow.REPORT, is_snapshot=True, queue="pull_slow",
        fresh_for=2 * _DAY, cost=2, why="how old the units in the marketplace's warehouses are, and which are stranded",
    ),
    Resource(
        key="returns", rows=("Return",), every=6 * _HOUR, window=30 * _DAY, overlap=_DAY, flow=Flow.REPORT,
        queue="pull_slow", fresh_for=2 * _DAY, why="goods that buyers sent back, to the marketplace and to the seller",
    ),
    Resource(
        key="fees", rows=("Fee",), every=6 * _HOUR, is_snapshot=True, queue="pull_slow", fresh_for=7 * _DAY,
        why="what a sale would cost now, a slice of the listings at a time",
    ),
    Resource(
        key="settlements", rows=("Settlement", "SettlementLine"), every=6 * _HOUR, window=30 * _DAY, overlap=_DAY,
        history=90 * _DAY, flow=Flow.DOCUMENTS, queue="pull_slow", cost=5, fresh_for=20 * _DAY,
        why="settlement files; the marketplace deletes them after 90 days",
    ),
    Resource(
        key="offers", rows=("Offer",), every=timedelta(minutes=30), is_snapshot=True, queue="pull_slow", fresh_for=_DAY,
        why="who else sells our items and who is featured, a slice at a time",
    ),
    taxonomy("product types, and what those ask that products are mapped to"),
)  # fmt: skip

_CREDENTIALS = (
    CredentialField("client_id", "Application id (LWA)", is_secret=False),
    CredentialField("client_secret", "Application secret (LWA)"),
    CredentialField("refresh_token", "Refresh token of the seller"),
)
_SETTINGS = (
    CredentialField("region", "Region: eu, na or fe", is_secret=False),
    CredentialField("seller_id", "Seller id (merchant token)", is_secret=False),
    CredentialField("secret_expires_on", "Day the application secret expires", is_secret=False, is_required=False),
    CredentialField("orders_api", "Orders API: 2026 or v0", is_secret=False, is_required=False),
)


def _sandbox(client: str, key: str, label: str, stores: tuple[str, ...], *, region: str, pool: str, orders: int,
             has_queue: bool = False, secret_days: int | None = None) -> SandboxAccount:  # fmt: skip
    """A simulated account; ids and secrets are invented and mean something to the simulation only."""
    return SandboxAccount(
        client=client, key=key, label=label, stores=stores, pool=pool, orders_per_day=orders, statement_days=14,
        settings={"region": region, "seller_id": f"A1{client.upper()}{key[-2:].upper()}SIM"},
        credentials={
            "client_id": f"simulated.application.{client}",
            "client_secret": f"simulated-secret-{client}",
            "refresh_token": f"Atzr|simulated-{client}-{key}",
        },
        has_event_queue=has_queue, credentials_last_days=secret_days,
    )  # fmt: skip


ADAPTER = Adapter(
    key="amazon",
    label="Amazon",
    stores=STORES,
    credentials=_CREDENTIALS,
    settings=_SETTINGS,
    resources=_RESOURCES,
    capabilities=frozenset(
        {
            Capability.ORDERS_BY_ID,
            Capability.ORDER_EVENTS_QUEUE,
            Capability.WRITE_PRICE,
            Capability.WRITE_STOCK,
            Capability.WRITE_LISTING,
            Capability.CONFIRM_SHIPMENT,
            Capability.CORRECT_TRACKING,
        }
    ),
    limits=LIMITS,
    writes=WRITES,
    instead=INSTEAD,
    carriers=Carriers(rows=carriers.CODES),
    vocabulary=frozenset(
        {"amazon", "asin", "fnsku", "fba", "sp-api", "lwa", "seller central", "marketplaceid", "amazonorderid", "prime"}
    ),
    sandbox_accounts=(
        _sandbox("north", "amazon-eu", "Amazon Europe", ("DE", "FR", "IT", "ES", "NL"), region="eu", pool="AMAZON_EU",
                 orders=45, has_queue=True, secret_days=111),
        _sandbox("north", "amazon-tr", "Amazon Turkey", ("TR",), region="eu", pool="AMAZON_TR", orders=10),
        _sandbox("north", "amazon-ae", "Amazon UAE", ("AE",), region="eu", pool="AMAZON_AE", orders=8),
        _sandbox("south", "amazon-us", "Amazon US", ("US",), region="na", pool="AMAZON_NA", orders=18),
        _sandbox("south", "amazon-au", "Amazon Australia", ("AU",), region="fe", pool="AMAZON_AU", orders=8),
        _sandbox("south", "amazon-de", "Amazon Germany", ("DE",), region="eu", pool="AMAZON_EU", orders=12,
                 secret_days=111),
    ),
    icon="shopping_cart",
)  # fmt: skip
