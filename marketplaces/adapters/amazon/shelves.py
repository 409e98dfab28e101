"""Stock in the marketplace's own warehouses. Page tokens live 30 seconds: the loop is tight and may restart."""

from __future__ import annotations

from collections.abc import Iterator

from config.core.errors import Rejected
from marketplaces.adapters.amazon import stores
from marketplaces.adapters.amazon.api import Api
from marketplaces.contract import AccountFacts, Store

_RESTARTS = 2


def pages(api: Api, account: AccountFacts) -> Iterator[tuple[Store, bytes]]:
    """One store per pool: stores that sell from the same shelves would tell the same units again."""
    first_of_pool: dict[str, Store] = {}
    for store in account.stores:
        first_of_pool.setdefault(stores.pool(store.code), store)
    for store in first_of_pool.values():
        for body in _all(api, store):
            yield store, body


def _all(api: Api, store: Store) -> list[bytes]:
    """Every page of a pool, read before any is handed on; an expired token begins the pool again."""
    for attempt in range(_RESTARTS + 1):
        try:
            return _loop(api, store)
        except Rejected as error:
            if error.code != "invalid_request" or attempt == _RESTARTS:
                raise
    return []


def _loop(api: Api, store: Store) -> list[bytes]:
    params = {
        "granularityType": "Marketplace",
        "granularityId": store.external_id,
        "marketplaceIds": store.external_id,
        "details": "true",
    }
    found: list[bytes] = []
    token = ""
    while True:
        reply = api.get("getInventorySummaries", "/fba/inventory/v1/summaries", {**params, "nextToken": token})
        token = (reply.json().get("pagination") or {}).get("nextToken") or ""
        found.append(reply.body)
        if not token:
            return found
