"""Orders by API version 0, for accounts that are switched to it; Amazon ends it on 27 March 2027."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from marketplaces.adapters.amazon.api import Api, segment
from marketplaces.adapters.amazon.moments import settled, stamp
from marketplaces.contract import AccountFacts, Page, Window

_BASE = "/orders/v0/orders"
_MOST_PAGES = 500


def pages(api: Api, account: AccountFacts, window: Window) -> Iterator[Page]:
    """Orders with their items put into them; a page without a new order ends the loop: tokens can circle."""
    params = {
        "MarketplaceIds": [store.external_id for store in account.stores],
        "LastUpdatedAfter": stamp(window.since),
        "LastUpdatedBefore": settled(window.until),
        "MaxResultsPerPage": "100",
    }
    known: set[str] = set()
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        payload = api.get("getOrdersV0", _BASE, {**params, **token}).json()["payload"]
        orders = [order for order in payload.get("Orders") or [] if order["AmazonOrderId"] not in known]
        known |= {order["AmazonOrderId"] for order in orders}
        if orders:
            yield Page(resource="orders", body=_body([_with_items(api, order) for order in orders]))
        if not orders or not payload.get("NextToken"):
            return
        token = {"NextToken": payload["NextToken"]}


def one(api: Api, order_id: str) -> bytes:
    payload = api.get("getOrderV0", f"{_BASE}/{segment(order_id)}").json()["payload"]
    return _body([_with_items(api, payload)])


def _with_items(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    items: list[Any] = []
    params: dict[str, str] = {}
    while True:
        path = f"{_BASE}/{segment(order['AmazonOrderId'])}/orderItems"
        payload = api.get("getOrderItemsV0", path, params).json()["payload"]
        items += payload.get("OrderItems") or []
        if not payload.get("NextToken"):
            return {**order, "OrderItems": items}
        params = {"NextToken": payload["NextToken"]}


def _body(orders: list[dict[str, Any]]) -> bytes:
    return json.dumps({"payload": {"Orders": orders}}, default=_number).encode()


def _number(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
