"""The worlds of all clients that the adapters declare simulated accounts for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from marketplaces import registry
from marketplaces.contract import Adapter, SandboxAccount, Store
from marketplaces.sandbox.world import World

SEED = 20260


def build(origin: date, *, seed: int = SEED, adapters: Iterable[Adapter] | None = None) -> dict[str, World]:
    """One world per client, from the declarations; a new adapter folder appears by itself."""
    declared = list(registry.all_adapters() if adapters is None else adapters)
    accounts: dict[str, list[SandboxAccount]] = defaultdict(list)
    stores: dict[str, tuple[Store, ...]] = {}
    for adapter in declared:
        for account in adapter.sandbox_accounts:
            accounts[account.client].append(account)
            stores[account.key] = tuple(_store(adapter, code) for code in account.stores)
    return {client: World(seed, client, found, stores, origin) for client, found in sorted(accounts.items())}


def marketplaces() -> dict[tuple[str, str], str]:
    """(client, account key) -> marketplace key of every declared account."""
    return {
        (account.client, account.key): adapter.key
        for adapter in registry.all_adapters()
        for account in adapter.sandbox_accounts
    }


def _store(adapter: Adapter, code: str) -> Store:
    store = adapter.store(code)
    if store is None:
        raise LookupError(f"{adapter.key}: the simulated account sells in {code!r}, which is not among its stores")
    return store
