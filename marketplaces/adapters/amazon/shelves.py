"""Stock in the marketplace's own warehouses. A page token lives 30 seconds; after that the pool begins again."""

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
        store = first_of_pool[pool]
        for body, is_last in _all(api, store):
            yield store, body, following if is_last else ""


def _all(api: Api, store: Store) -> Iterator[tuple[bytes, bool]]:
    """The pages of a pool as they come, and whether each is the last; an expired token begins the pool again.

    Pages that are told twice land once: a row that is equal to the stored one is left alone.
    """
    for attempt in range(_RESTARTS + 1):
        try:
            yield from _pool(api, store)
            return
        except Rejected as error:
            if error.code != "invalid_request" or attempt == _RESTARTS:
                raise


def _pool(api: Api, store: Store) -> Iterator[tuple[bytes, bool]]:
    params = {
        "granularityType": "Marketplace",
        "granularityId": store.external_id,
        "marketplaceIds": store.external_id,
        "details": "true",
    }
    token = ""
    while True:
        reply = api.get("getInventorySummaries", "/fba/inventory/v1/summaries", {**params, "nextToken": token})
        token = (reply.json().get("pagination") or {}).get("nextToken") or ""
        yield reply.body, not token
        if not token:
            return
