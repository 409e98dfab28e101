"""Shopify's client against its simulated shop, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import requests

from config.core import clock, transport
from config.core.http import ApiSession
from marketplaces.adapters.shopify import auth
from marketplaces.adapters.shopify.adapter import ADAPTER
from marketplaces.adapters.shopify.client import Client, error_of
from marketplaces.contract import AccountFacts
from marketplaces.sandbox import mount, worlds
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox

NOW = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)
ACCOUNT = ADAPTER.sandbox_accounts[0]


@pytest.fixture(scope="session")
def world():
    return worlds.build(date(2026, 1, 1), adapters=[ADAPTER])


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def sandbox(world, monkeypatch) -> Sandbox:
    auth.tokens.clear()
    found = Sandbox(world, Overlay(), is_limited=False)
    session = requests.Session()
    mount.mount(session, found)
    monkeypatch.setattr(transport, "_session", lambda *_: session)
    return found


@pytest.fixture
def exchanges() -> list:
    return []


@pytest.fixture
def client(sandbox, exchanges) -> Client:
    facts = AccountFacts(
        tenant="south",
        key=ACCOUNT.key,
        marketplace="shopify",
        stores=ADAPTER.stores[:1],
        settings=ACCOUNT.settings,
        credentials=ACCOUNT.credentials,
        endpoint=f"{mount.HOST}/{ACCOUNT.client}/{ACCOUNT.key}",
    )
    return Client(ApiSession(account=facts, limits={}, error_of=error_of, record=exchanges.append), facts)


@pytest.fixture
def view(sandbox):
    return sandbox.view(ACCOUNT.client, ACCOUNT.key)
