"""Listings that changed in a window, by search. A search stops at 1,000 items, so larger windows are cut in half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from config.core.http import Reply
from marketplaces.adapters.amazon.api import Api, segment
from marketplaces.adapters.amazon.moments import stamp
from marketplaces.contract import AccountFacts, Store, Window

_MOST = 1000
_SHORTEST = timedelta(minutes=1)


def pages(api: Api, account: AccountFacts, window: Window) -> Iterator[tuple[Store, bytes]]:
    for store in account.stores:
        for body in _slice(api, account, store, window):
            yield store, body


def _slice(api: Api, account: AccountFacts, store: Store, window: Window) -> Iterator[bytes]:
    reply = _page(api, account, store, window, "")
    read = reply.json()
    middle = window.since + (window.until - window.since) / 2
    if int(read.get("numberOfResults") or 0) > _MOST and middle - window.since > _SHORTEST:
        yield from _slice(api, account, store, Window(window.since, middle))
        yield from _slice(api, account, store, Window(middle, window.until))
        return
    while True:
        yield reply.body
        token = (read.get("pagination") or {}).get("nextToken")
        if not token:
            return
        reply = _page(api, account, store, window, token)
        read = reply.json()


def _page(api: Api, account: AccountFacts, store: Store, window: Window, token: str) -> Reply:
    params = {
        "marketplaceIds": store.external_id,
        "includedData": ("summaries", "offers", "issues", "fulfillmentAvailability"),
        "lastUpdatedAfter": stamp(window.since),
        "lastUpdatedBefore": stamp(window.until),
        "sortBy": "lastUpdatedDate",
        "sortOrder": "ASC",
        "pageSize": "20",
        "pageToken": token,
    }
    return api.get("searchListingsItems", _path(account), params)


def by_sku(api: Api, account: AccountFacts, store: Store, skus: Sequence[str]) -> list[Mapping[str, Any]]:
    """Up to twenty listings of one store with price and fulfilment; unknown ones are left out."""
    params = {
        "marketplaceIds": store.external_id,
        "includedData": ("summaries", "offers", "fulfillmentAvailability"),
        "identifiers": list(skus),
        "identifiersType": "SKU",
        "pageSize": "20",
    }
    return list(api.get("searchListingsItems", _path(account), params).json().get("items") or [])


def _path(account: AccountFacts) -> str:
    return f"/listings/2021-08-01/items/{segment(account.settings.get('seller_id', ''))}"
