"""Every registered marketplace, with its real client against its simulated self, in this process and without a port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import requests

from config.core import clock, transport
from config.core.http import ApiSession
from marketplaces import registry
from marketplaces.contract import AccountFacts, Adapter, Flow, Page, ReportStatus, Resource, SandboxAccount, Window
from marketplaces.sandbox import mount
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.troubles import Troubles
from marketplaces.sandbox.view import AccountView
from tests import worlds

ORIGIN = date(2026, 3, 2)
TODAY = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=58, hours=9)
SETTLED = TODAY - timedelta(minutes=15)
_numbers = count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "adapter" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--adapter", None)
        found = [a for a in registry.all_adapters() if wanted in (None, a.key)]
        metafunc.parametrize("adapter", found, ids=[a.key for a in found])


@pytest.fixture(scope="session")
def all_worlds() -> dict[str, Any]:
    return worlds.since(ORIGIN)


@dataclass
class Shop:
    """One simulated account with a client of its own."""

    adapter: Adapter
    account: SandboxAccount
    sandbox: Sandbox
    subjects: list[dict[str, str]]

    @property
    def view(self) -> AccountView:
        return self.sandbox.view(self.account.client, self.account.key)

    @property
    def troubles(self) -> Troubles:
        return Troubles(self.sandbox.overlay, f"{self.account.client}/{self.account.key}")

    def client(self, **credentials: str) -> Any:
        """A new client; its tenant's name is new too, so that nothing is remembered from another test."""
        module = registry.part(self.adapter.key, "client")
        stores = tuple(store for code in self.account.stores if (store := self.adapter.store(code)))
        facts = AccountFacts(
            tenant=f"client{next(_numbers)}",
            key=self.account.key,
            marketplace=self.adapter.key,
            stores=stores,
            settings=self.account.settings,
            credentials={**self.account.credentials, **credentials},
            endpoint=f"{mount.HOST}/{self.account.client}/{self.account.key}",
        )
        session = ApiSession(account=facts, limits={}, error_of=module.error_of)
        return module.Client(session, facts, subjects=lambda _: self.subjects)

    def pages(self, client: Any, resource: Resource, window: Window) -> Iterator[Page]:
        """What the pipeline would read, with the clock moved on while a report is prepared."""
        if resource.flow is not Flow.REPORT:
            yield from getattr(client, resource.key)(window)
            return
        remote_id, moment = client.request_report(resource.key, window), clock.now()
        for minutes in range(1, 600):
            with clock.frozen(moment + timedelta(minutes=minutes)):
                state = client.report_state(resource.key, remote_id)
                if state.status is ReportStatus.READY:
                    yield client.download(resource.key, state)
                if state.status is not ReportStatus.WAITING:
                    assert state.status in (ReportStatus.READY, ReportStatus.EMPTY), state
                    return
        raise AssertionError(f"the {resource.key} report was never ready")

    def rows(self, resource_key: str, window: Window | None = None) -> list[Any]:
        """Canonical rows (and rejected pieces) of a resource over the window, as its mapper gives them."""
        resource = self.adapter.resource(resource_key)
        window = window or Window(TODAY - timedelta(days=7), SETTLED)
        mapper = registry.mapper(self.adapter.key, resource_key)
        return [row for page in self.pages(self.client(), resource, window) for row in mapper(page)]


@pytest.fixture
def today() -> Iterator[datetime]:
    with clock.frozen(TODAY) as moment:
        yield moment


@pytest.fixture
def open_shop(all_worlds: dict[str, Any], today: datetime, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open a shop on an adapter's simulated account, with limits off unless asked for."""

    def opened(adapter: Adapter, account: SandboxAccount | None = None, **settings: Any) -> Shop:
        sandbox = Sandbox(all_worlds, Overlay(), **{"is_limited": False, **settings})
        session = requests.Session()
        mount.mount(session, sandbox)
        monkeypatch.setattr(transport, "_session", lambda *_: session)
        return Shop(adapter, account or adapter.sandbox_accounts[0], sandbox, [])

    return opened
