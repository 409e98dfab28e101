"""What reconciliation finds in the simulated world is what was injected there: all of it, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from config.core import clock, transport
from config.core.http import ApiSession
from finance.models import Discrepancy, Match
from finance.selectors import statements as selectors
from finance.services import reconcile
from marketplaces import registry, sinks
from marketplaces.canonical import CANONICAL_TYPES
from marketplaces.contract import AccountFacts, Adapter, Page, SandboxAccount, Window
from marketplaces.models import Account, Gap
from marketplaces.sandbox import mount, truth
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from tests import worlds

ORIGIN = date(2026, 3, 2)
DAY = timedelta(days=1)
START = datetime(2026, 3, 2, tzinfo=UTC)
TODAY = START + 90 * DAY + timedelta(hours=9)
SOON = TODAY - timedelta(minutes=15)
MOST_ACCOUNTS = 5
KINDS = {
    "missing_line": ("inconsistent", 1),
    "overpaid": ("overpaid", 1),
    "refund_without_return": ("refund_without_return", 1),
    "renamed_label": ("unknown_label", 1),
    "missing_payment": ("missing_payment", 1),
    "duplicate_fee": ("duplicate", -1),
    "short_payment": ("short_paid", -1),
    "statement_gap": ("statement_gap", 1),
    "refund_without_credit": ("refund_without_credit", 1),
}


class Shop:
    """One simulated account: its client against the sandbox, and its rows landed here."""

    def __init__(self, adapter: Adapter, simulated: SandboxAccount) -> None:
        self.adapter, self.simulated = adapter, simulated
        self.account = Account.objects.create(
            key=simulated.key, marketplace=adapter.key, label=simulated.label, stores=list(simulated.stores)
        )
        module = registry.part(adapter.key, "client")
        facts = AccountFacts(
            tenant=f"finance-{simulated.client}", key=simulated.key, marketplace=adapter.key,
            stores=tuple(store for code in simulated.stores if (store := adapter.store(code))),
            settings=simulated.settings, credentials=simulated.credentials,
            endpoint=f"{mount.HOST}/{simulated.client}/{simulated.key}",
        )  # fmt: skip
        session = ApiSession(account=facts, limits={}, error_of=module.error_of)
        self.client = module.Client(session, facts)

    def land(self, resource: str, pages: Iterable[Page]) -> None:
        mapper = registry.mapper(self.adapter.key, resource)
        source = sinks.Source(self.account, resource, TODAY, run_id=1)
        rows: list[Any] = [row for page in pages for row in mapper(page)]
        for kind in CANONICAL_TYPES:
            mine = [row for row in rows if type(row) is kind]
            for sink in sinks.receivers(kind.__name__) if mine else ():
                sink(mine, source)

    def read(self) -> None:
        """Orders a month at a time, statements, and the orders that only a statement speaks of."""
        for start in range(0, 91, 30):
            window = Window(START + start * DAY, min(START + (start + 30) * DAY, SOON))
            self.land("orders", self.client.orders(window))
            self.land("settlements", self.client.settlements(window))
            if any(resource.key == "returns" for resource in self.adapter.resources):
                self.land("returns", self.returns(window))
        self.land("settlements", self.client.settlements(Window(SOON - 5 * DAY, SOON)))
        missing = Gap.objects.filter(account=self.account, resource="orders").values_list("external_id", flat=True)
        pages = (self.client.by_id("orders", external_id) for external_id in missing)
        self.land("orders", [page for page in pages if page])

    def returns(self, window: Window) -> Iterable[Page]:
        """Pages, or the report that this marketplace makes of them."""
        if hasattr(self.client, "returns"):
            return self.client.returns(window)
        asked = self.client.request_report("returns", window)
        with clock.frozen(clock.now() + timedelta(minutes=30)):
            state = self.client.report_state("returns", asked)
            return [self.client.download("returns", state)]


def shops(most: int = MOST_ACCOUNTS) -> list[Any]:
    """Accounts of each marketplace, the smallest first.

    Left out is the one of forty-five orders a day, four thousand in ninety days: it takes as long as three others, and
    brings no trouble that these have not. Who must know of every account asks for more.
    """
    found = []
    for adapter in registry.all_adapters():
        accounts = sorted(adapter.sandbox_accounts, key=lambda account: (account.orders_per_day, account.key))
        found += [pytest.param(adapter, account, id=account.key) for account in accounts[:most]]
    return found


@pytest.fixture(scope="module")
def all_worlds() -> dict[str, Any]:
    return worlds.since(ORIGIN)


def injected(world: Any, account: str, kinds: Any = None) -> Counter[tuple[str, Decimal | None]]:
    """Kinds and what is owed to us, as they should be found; of all kinds, or of those asked for."""
    kinds = kinds or KINDS
    found: Counter[tuple[str, Decimal | None]] = Counter()
    for fault in truth.faults(world, TODAY):
        if fault.account == account and fault.kind in kinds:
            kind, sign = kinds[fault.kind]
            found[kind, fault.amount.amount * sign if fault.amount else None] += 1
    return found


def flags_of(world: Any, account: str) -> Counter[str]:
    """Statements by kind of trouble: one carries each flag once, however many of its lines suffer it."""
    told = (fault for fault in truth.faults(world, TODAY) if fault.account == account and fault.kind in KINDS)
    return Counter(kind for kind, _ in {(KINDS[fault.kind][0], fault.subjects[:1]) for fault in told})


@pytest.mark.django_db
@pytest.mark.parametrize(("adapter", "simulated"), shops(1))
def test_it_finds_what_was_injected_and_nothing_else(adapter, simulated, all_worlds, monkeypatch):
    with clock.frozen(TODAY):
        session = requests.Session()
        mount.mount(session, Sandbox(all_worlds, Overlay(), is_limited=False))
        monkeypatch.setattr(transport, "_session", lambda *_: session)
        Shop(adapter, simulated).read()
        reconcile.reconcile_open()
    expected = injected(all_worlds[simulated.client], simulated.key)
    found = Counter(Discrepancy.objects.filter(state="open").values_list("kind", "amount"))
    assert found == expected
    troubled = {kind for kind, _ in KINDS.values()} - {"missing_payment", "statement_gap"}
    flagged = [row for row in selectors.statement_status() if row["flags"]]
    flags = Counter(flag for row in flagged for flag in row["flags"])
    assert flags == {
        kind: n for kind, n in flags_of(all_worlds[simulated.client], simulated.key).items() if kind in troubled
    }
    residuals = {row["residual"] for row in selectors.statement_status() if row not in flagged}
    assert residuals == {"0.00"}
    assert not Match.objects.filter(reason__in=("no_order", "no_line")).exists()
