"""The real client against the simulated marketplace, in this process; every request and answer is kept for a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import requests

from config.core import clock, transport
from config.core.http import ApiSession
from marketplaces.adapters.amazon import auth
from marketplaces.adapters.amazon.adapter import ADAPTER
from marketplaces.adapters.amazon.client import Client, error_of
from marketplaces.contract import AccountFacts, SandboxAccount
from marketplaces.sandbox import mount, worlds
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.view import AccountView

ORIGIN = date(2026, 3, 2)
TODAY = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=58, hours=9)
_numbers = count(1)


class Watched(Sandbox):
    """A sandbox that remembers what it was asked and what it said, and can be told to answer otherwise."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.seen: list[tuple[Request, Answer]] = []
        self.instead: list[tuple[str, Answer]] = []

    def answer(self, request: Request) -> Answer:
        planned = next((item for item in self.instead if item[0] in request.path), None)
        if planned:
            self.instead.remove(planned)
        answer = planned[1] if planned else super().answer(request)
        self.seen.append((request, answer))
        return answer

    def asked(self, part: str) -> list[Request]:
        return [request for request, _ in self.seen if part in request.path]


@dataclass
class Shop:
    sandbox: Watched
    account: SandboxAccount
    settings: dict[str, str] = field(default_factory=dict)
    subjects: list[dict[str, str]] = field(default_factory=list)

    @property
    def view(self) -> AccountView:
        return self.sandbox.view(self.account.client, self.account.key)

    def client(self, **credentials: str) -> Client:
        facts = AccountFacts(
            tenant=f"client{next(_numbers)}",
            key=self.account.key,
            marketplace="amazon",
            stores=tuple(store for code in self.account.stores if (store := ADAPTER.store(code))),
            settings={**self.account.settings, **self.settings},
            credentials={**self.account.credentials, **credentials},
            endpoint=f"{mount.HOST}/{self.account.client}/{self.account.key}",
        )
        session = ApiSession(account=facts, limits={}, error_of=error_of)
        return Client(session, facts, subjects=lambda _: self.subjects)


@pytest.fixture(scope="session")
def all_worlds() -> dict[str, Any]:
    return worlds.build(ORIGIN, adapters=[ADAPTER])


@pytest.fixture
def shop(all_worlds: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The European account with five stores."""
    sandbox = Watched(all_worlds, Overlay(), is_limited=False)
    auth.kept.clear()
    session = requests.Session()
    mount.mount(session, sandbox)
    monkeypatch.setattr(transport, "_session", lambda *_: session)
    with clock.frozen(TODAY):
        yield Shop(sandbox, ADAPTER.sandbox_accounts[0])
