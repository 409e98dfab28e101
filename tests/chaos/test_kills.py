"""Ten kills -9 at seeded random moments, and afterwards the world and the database tell the same story."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from config.core import clock, transport
from config.core.http import ApiSession
from marketplaces import registry
from marketplaces.canonical import Order, SettlementLine
from marketplaces.contract import AccountFacts, SandboxAccount, Window
from marketplaces.sandbox import mount, truth, worlds
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from tests.chaos.product import Product, until

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]

SEED = 4
CLIENT, DAYS = "south", 16
WHILE_PULLING = ["child", "worker", "postgres", "redis", "child", "postgres"]
WHILE_LIVE = ["redis", "postgres", "worker", "child"]
DUE = """
    SELECT job, state, lost, attempts, last_error FROM core_workitem
    WHERE state IN ('ready', 'leased') AND due_at <= (SELECT max(created_at) FROM core_workitem)
"""
DEAD = "SELECT job, last_error FROM core_workitem WHERE state = 'dead'"
ORDERS = """
    SELECT account.key, one.external_id, line.external_id, line.quantity
    FROM inventory_orderline line JOIN inventory_order one ON one.id = line.order_id
    JOIN marketplaces_account account ON account.id = one.account_id WHERE one.ordered_at < '{}'
"""
SETTLED = """
    SELECT account.key, one.external_id, line.row_no, line.amount
    FROM finance_settlementline line JOIN finance_settlement one ON one.id = line.settlement_id
    JOIN marketplaces_account account ON account.id = one.account_id
"""


def chosen() -> list[SandboxAccount]:
    """The quietest simulated account of each marketplace that this client has."""
    found = []
    for adapter in registry.all_adapters():
        mine = sorted((a for a in adapter.sandbox_accounts if a.client == CLIENT), key=lambda a: a.orders_per_day)
        found += mine[:1]
    return found


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path, CLIENT, [account.key for account in chosen()], DAYS)
    product.start()
    yield product
    product.remove()


def told(account: SandboxAccount, product: Product, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter, Counter]:
    """What the world says of the same days to a client that nobody kills: order lines and statement lines."""
    adapter = next(a for a in registry.all_adapters() if account in a.sandbox_accounts)
    session = requests.Session()
    mount.mount(session, Sandbox(worlds.build(product.origin), Overlay(), is_limited=False))
    monkeypatch.setattr(transport, "_session", lambda *_: session)
    facts = AccountFacts(
        tenant="unharmed", key=account.key, marketplace=adapter.key, settings=account.settings,
        stores=tuple(store for code in account.stores if (store := adapter.store(code))),
        credentials=account.credentials, endpoint=f"{mount.HOST}/{CLIENT}/{account.key}",
    )  # fmt: skip
    module = registry.part(adapter.key, "client")
    client = module.Client(ApiSession(account=facts, limits={}, error_of=module.error_of), facts)
    end = product.end_of_history
    window = Window(end - timedelta(days=DAYS), end)
    orders, lines = Counter(), Counter()
    with clock.frozen(end):
        for resource in ("orders", "settlements"):
            for page in getattr(client, resource)(window):
                for row in registry.mapper(adapter.key, resource)(page):
                    if isinstance(row, Order):
                        orders.update((account.key, row.external_id, x.external_id, x.quantity) for x in row.lines)
                    if isinstance(row, SettlementLine):
                        lines[account.key, row.settlement_id, row.row_no, row.amount.amount] += 1
    return orders, lines


def kill_all(product: Product, wanted: list[str], rng: random.Random, *, between: tuple[float, float]) -> None:
    for what in wanted:
        time.sleep(rng.uniform(*between))
        product.kill(what, rng)


def test_ten_kills_lose_nothing_double_nothing_and_leave_nobody_behind(product, monkeypatch):
    rng = random.Random(SEED)  # noqa: S311 - moments, not secrets
    until(lambda: product.says("pulling"), 180, "the first pull")
    kill_all(product, WHILE_PULLING, rng, between=(0.5, 3))
    until(lambda: product.says("ready; Ctrl-C"), 300, "the end of the history")
    with product.watched() as health:
        until(lambda: health.ask() == 200, 40, "a healthy product")
        for what in WHILE_LIVE:
            time.sleep(rng.uniform(0.5, 2))
            product.kill(what, rng)
            until(lambda: health.ask() == 200, 40, f"health after the death of {what}")
    until(lambda: not product.rows(DUE), 60, "drained queues")
    assert [row for row in product.rows(DEAD) if "lost its worker twice" not in row[1]] == []
    expected = [told(account, product, monkeypatch) for account in chosen()]
    orders, lines = (sum((pair[place] for pair in expected), Counter()) for place in (0, 1))
    found = Counter(product.rows(ORDERS.format(product.end_of_history.isoformat())))
    assert (missing(orders, found), doubled(found)) == ([], [])
    assert len({key[:2] for key in found - orders}) <= hidden(product)
    found = Counter(product.rows(SETTLED))
    assert (missing(lines, found), doubled(found)) == ([], [])
    assert product.interrupt() == []


def hidden(product: Product) -> int:
    """How many orders the lists leave out; a statement may have told of them."""
    faults = truth.faults(worlds.build(product.origin)[CLIENT], product.end_of_history)
    return sum(fault.kind == "hidden_order" for fault in faults)


def missing(wanted: Counter, found: Counter) -> list[Any]:
    assert wanted, "the world told nothing"
    return sorted(wanted - found)


def doubled(found: Counter) -> list[Any]:
    return [key for key, times in found.items() if times > 1]
