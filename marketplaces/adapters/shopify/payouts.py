"""Paid payouts as documents: the payout, the one before it, its movements, and the orders behind these, as they came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from config.core.http import Reply
from marketplaces.adapters.shopify import paging, queries
from marketplaces.adapters.shopify.auth import Api
from marketplaces.adapters.shopify.rows.reading import moment, number_of, text
from marketplaces.contract import Window
from marketplaces.pieces import inner

PAID = "PAID"
BEFORE = timedelta(days=45)
ORDERS_AT_ONCE = 25
ACCOUNT = "shopifyPaymentsAccount"


def documents(api: Api, window: Window) -> Iterator[tuple[str, bytes]]:
    """Id and body of each paid payout of the window that is not stored yet; a shop without payouts has none."""
    previous: Mapping[str, Any] | None = None
    for payout in _paid(api, window.since - BEFORE, window.until):
        issued = moment(payout.get("issuedAt"), "issuedAt")
        name = text(payout, "legacyResourceId") or number_of(payout.get("id"))
        if issued and window.since <= issued < window.until and name not in window.seen:
            yield name, _document(api, payout, previous, name)
        previous = payout


def _paid(api: Api, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    """Oldest first. What is scheduled or has failed is no statement yet, or none at all."""
    asked = f"issued_at:>='{_stamp(since)}' AND issued_at:<'{_stamp(until)}'"
    for _, found in paging.pages(api, queries.PAYOUTS, (ACCOUNT, "payouts"), query=asked, size=50):
        yield from (payout for payout in found if text(payout, "status") == PAID)


def _document(api: Api, payout: Mapping[str, Any], previous: Mapping[str, Any] | None, name: str) -> bytes:
    answers, orders = [], dict[str, None]()
    asked = f"payments_transfer_id:{name}"
    for reply, found in paging.pages(api, queries.MOVEMENTS, (ACCOUNT, "balanceTransactions"), query=asked, size=100):
        answers.append(reply)
        orders |= {str(inner(m, "associatedOrder")["id"]): None for m in found if inner(m, "associatedOrder").get("id")}
    return (
        b'{"payout":' + _json(payout) + b',"previous":' + _json(previous)
        + b',"transactions":' + _side_by_side(answers) + b',"orders":' + _side_by_side(_orders(api, list(orders))) + b"}"
    )  # fmt: skip


def _orders(api: Api, ids: list[str]) -> list[Reply]:
    starts = range(0, len(ids), ORDERS_AT_ONCE)
    return [api.call(queries.SETTLED, ids=ids[start : start + ORDERS_AT_ONCE]) for start in starts]


def _side_by_side(replies: list[Reply]) -> bytes:
    return b"[" + b",".join(reply.body for reply in replies) + b"]"


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _stamp(moment_: datetime) -> str:
    return moment_.strftime("%Y-%m-%dT%H:%M:%SZ")
