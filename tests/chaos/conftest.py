"""Accounts connected to the simulated marketplaces in this process: real clients, real pipeline, real queue rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import requests
from django.conf import settings
from django.db.models import Q

from config.core import clock, http, runner, transport, work
from config.core.models import WorkItem
from marketplaces import registry
from marketplaces.contract import Adapter, Capability, SandboxAccount
from marketplaces.models import Account
from marketplaces.sandbox import mount
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.troubles import Troubles
from marketplaces.services import accounts
from tests import worlds
from tickets.rules import defaults

ORIGIN = date(2026, 3, 2)
START = datetime.combine(ORIGIN, time(), UTC)
DAY = timedelta(days=1)
THREE_DAYS = 3 * DAY
MOST_RUNS = 1_000
TODAY = START + 40 * DAY + timedelta(hours=9)


class Counted(Sandbox):
    """Remembers which account was asked."""

    asked: list[str]

    def answer(self, request: Request) -> Answer:
        self.asked.append(request.path.split("/")[2])
        return super().answer(request)


@dataclass
class Street:
    """The simulated marketplaces, and what stands in our own tables about them."""

    sandbox: Counted
    schema: str

    def connect(self, adapter: Adapter, declared: SandboxAccount, history: timedelta = THREE_DAYS) -> Account:
        """Its first pulls are dropped, so that a test chooses what runs."""
        account = accounts.connect(
            accounts.Connection(
                key=declared.key, marketplace=adapter.key, stores=declared.stores, settings=declared.settings,
                credentials=declared.credentials, endpoint=f"{mount.HOST}/{declared.client}/{declared.key}",
                history_from=TODAY - history, stage="act",
            )
        )  # fmt: skip
        WorkItem.objects.all().delete()
        return account

    def troubles(self, declared: SandboxAccount) -> Troubles:
        return Troubles(self.sandbox.overlay, f"{declared.client}/{declared.key}")

    def asks(self, account: Account) -> int:
        return self.sandbox.asked.count(account.key)

    def ask(self, account: Account, resource: str) -> int:
        """A pull in the queue; the row's id."""
        item = work.later(f"pull.{account.marketplace}.{resource}", account_id=account.pk)
        assert item is not None
        return item

    def run(self, item: int) -> str:
        return runner.run(self.schema, item)

    def pull(self, account: Account, resource: str) -> str:
        return self.run(self.ask(account, resource))

    def finish(self, item: int) -> str:
        """One row of the queue through all its tries, each at its time; how it ends."""
        for _ in range(MOST_RUNS):
            row = WorkItem.objects.get(pk=item)
            if row.state != "ready":
                return row.state
            self._run_at_its_time(row)
        raise AssertionError("it never ends")

    def drain(self, until: datetime, *parts: str) -> None:
        """Run what is due, and what becomes due until a moment, in its order; of these parts of the product, or of all."""
        mine = Q(*(("job__startswith", f"{part}.") for part in parts), _connector=Q.OR)
        for _ in range(MOST_RUNS):
            item = WorkItem.objects.filter(mine, state="ready", due_at__lte=until).order_by("due_at", "id").first()
            if item is None:
                return
            self._run_at_its_time(item)
        raise AssertionError("the queue never empties")

    def _run_at_its_time(self, item: WorkItem) -> None:
        with clock.frozen(max(item.due_at, clock.now())):
            self.run(item.pk)


@pytest.fixture(scope="session")
def all_worlds() -> dict[str, Any]:
    return worlds.since(ORIGIN)


@pytest.fixture
def street(all_worlds: dict[str, Any], north: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    """It is nine in the morning of the fortieth day."""
    sandbox = Counted(all_worlds, Overlay(), is_limited=False)
    sandbox.asked = []
    session = requests.Session()
    mount.mount(session, sandbox)
    monkeypatch.setattr(transport, "_session", lambda *_: session)
    monkeypatch.setattr(http, "time", SimpleNamespace(sleep=_move_the_clock, monotonic=monotonic))
    _empty_the_buckets()
    defaults.seed()
    with clock.frozen(TODAY):
        yield Street(sandbox, north.schema_name)
    _empty_the_buckets()


def _move_the_clock(seconds: float) -> None:
    """A worker's short sleep, where the clock stands still between two sleeps."""
    clock._frozen.set(clock.now() + timedelta(seconds=seconds))


def _empty_the_buckets() -> None:
    """They are committed at once, on a connection of their own, and so outlive a test's transaction."""
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], user=database["USER"], password=database["PASSWORD"],
        dbname=database["NAME"], autocommit=True,
    ) as connection:  # fmt: skip
        connection.execute("TRUNCATE public.limit_bucket")


def shops(*needs: Capability) -> list[Any]:
    """The quietest simulated account of each marketplace that can do this."""
    found = []
    for adapter in (adapter for adapter in registry.all_adapters() if adapter.capabilities.issuperset(needs)):
        quiet = sorted(adapter.sandbox_accounts, key=lambda account: account.orders_per_day)
        found += [pytest.param(adapter, quiet[0], id=adapter.key)] if quiet else []
    return found
