"""A world of invented accounts in five currencies; no real marketplace is named."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplaces.contract import SandboxAccount, Store
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.view import AccountView
from marketplaces.sandbox.world import World

ORIGIN = date(2026, 3, 2)
TODAY = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=90)
STORES = {
    code: Store(code=code, external_id=f"shop-{code}", country=code, currency=currency, zone="UTC")
    for code, currency in (("DE", "EUR"), ("FR", "EUR"), ("TR", "TRY"), ("AE", "AED"), ("US", "USD"), ("AU", "AUD"))
}


def account(key: str, *stores: str, **more: object) -> SandboxAccount:
    return SandboxAccount(client="north", key=key, label=key, stores=stores, **more)


ACCOUNTS = (
    account("wide", "DE", "FR", orders_per_day=20, pool="POOL"),
    account("lira", "TR", orders_per_day=6, pool="POOL"),
    account("gulf", "AE", orders_per_day=6),
    account("dollar", "US", orders_per_day=8, pool="POOL"),
    account("down", "AU", orders_per_day=6),
    account(
        "plain", "DE", orders_per_day=8, statement_days=30, without=frozenset({"reserve_in", "administration_fee"})
    ),
)


def build(seed: int = 11, client: str = "north") -> World:
    return World(seed, client, ACCOUNTS, {a.key: tuple(STORES[code] for code in a.stores) for a in ACCOUNTS}, ORIGIN)


@pytest.fixture(scope="session")
def world() -> World:
    return build()


@pytest.fixture
def overlay() -> Overlay:
    return Overlay()


@pytest.fixture
def view(world: World, overlay: Overlay) -> AccountView:
    return AccountView(world, "wide", TODAY, overlay)
