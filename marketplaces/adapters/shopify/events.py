"""Webhooks: what a push says, and whether the app's secret has signed it. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from marketplaces.adapters.shopify.rows.changes import order_changes
from marketplaces.canonical import OrderChange
from marketplaces.contract import Notice, Page

SIGNATURE = "x-shopify-hmac-sha256"
SHOP = "x-shopify-shop-domain"


def read(body: bytes, headers: Mapping[str, str]) -> list[Notice]:
    """The one happening of a push; the order is read again. A body about anything else gives an empty list."""
    page = Page(resource="order_changes", body=body)
    change = next(iter(order_changes(page)), None)
    if not isinstance(change, OrderChange):
        return []
    return [
        Notice(
            event_id=change.external_id,
            kind=change.kind.value,
            happened_at=change.happened_at,
            page=page,
            seller=_header(headers, SHOP),
            order_id=change.order_id,
        )
    ]


def is_authentic(body: bytes, headers: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    """Whether the header is base64 of HMAC-SHA256 of the raw body under one of the secrets.

    After a rotation the former secret goes on signing for up to an hour.
    """
    told = _header(headers, SIGNATURE).encode()
    return any(hmac.compare_digest(told, signature(body, secret).encode()) for secret in keys.values() if secret)


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
