"""Stock in the marketplace's own warehouses. Page tokens live 30 seconds: the loop is tight and may restart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from config.core.errors import Rejected
from marketplaces.adapters.amazon import stores
from marketplaces.adapters.amazon.api import Api
from marketplaces.contract import AccountFacts, Store

_RESTARTS = 2


def pages(api: Api, account: AccountFacts, mark: str) -> Iterator[tuple[Store, bytes, str]]:
    """One store per pool: stores that sell from the same shelves would tell the same units again.

    The third value is the mark: after the last page of a pool it names the next one, within a pool there is none.
    """
    first_of_pool: dict[str, Store] = {}
    for store in account.stores:
        first_of_pool.setdefault(stores.pool(store.code), store)
    pools = list(first_of_pool)
    left = pools[pools.index(mark) :] if mark in pools else pools
    for pool, following in zip_longest(left, left[1:], fillvalue=""):
        *others, last = _all(api, first_of_pool[pool])
        yield from ((first_of_pool[pool], body, "") for body in others)
        yield first_of_pool[pool], last, following


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
