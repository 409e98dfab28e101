"""Subscriptions, the pushes that they bring, and their signature with the demo app's secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.shopify.adapter import ADAPTER
from marketplaces.adapters.shopify.events import signature
from marketplaces.adapters.shopify.sandbox.graphql import Field, connection
from marketplaces.adapters.shopify.sandbox.ids import gid
from marketplaces.adapters.shopify.sandbox.orders import stamp
from marketplaces.canonical import ChangeKind
from marketplaces.sandbox.facts import View, WorldEvent

SHELF = "subscriptions"


def hooks(view: View, arguments: Mapping[str, Any]) -> dict[str, Any]:
    told = [
        {"id": gid("WebhookSubscription", f"{key}{n}"), "topic": topic, "uri": kept["url"]}
        for key, kept in view.shelf(SHELF)
        for n, topic in enumerate(kept["topics"])
    ]
    return connection(told, arguments)


def subscribe(view: View, call: Field) -> dict[str, Any]:
    """One address with its topics is one entry of the shelf: a happening is pushed to it once."""
    topic, given = str(call.arguments.get("topic")), call.arguments.get("webhookSubscription") or {}
    url = str(given.get("uri") or "")
    if not url.startswith("http"):
        return {"webhookSubscription": None, "userErrors": [{"field": ["uri"], "message": "Address is invalid"}]}
    known = {kept["url"]: (key, kept) for key, kept in view.shelf(SHELF)}
    key, kept = known.get(url, (str(len(known) + 1), {"url": url, "topics": []}))
    view.put(SHELF, key, {"url": url, "topics": [*kept["topics"], topic]})
    made = {"id": gid("WebhookSubscription", f"{key}{len(kept['topics'])}"), "topic": topic, "uri": url}
    return {"webhookSubscription": made, "userErrors": []}


def sandbox_event(view: View, event: WorldEvent) -> bytes:
    """The order's body as it is pushed; a parcel is told as the parcel, a return as the return."""
    at, number = stamp(event.happened_at), event.order_serial
    body: dict[str, Any] = {"id": number, "admin_graphql_api_id": gid("Order", number), "updated_at": at}
    if event.kind in (ChangeKind.SHIPPED, ChangeKind.DELIVERED):
        is_there = event.kind == ChangeKind.DELIVERED
        about = {"order_id": number, "tracking_number": None, "shipment_status": "delivered" if is_there else None}
        body |= {"admin_graphql_api_id": gid("Fulfillment", number), "status": "success", **about}
    elif event.kind == ChangeKind.RETURNED:
        body |= {"order": {"id": number}, "return_line_items": [], "status": "open"}
        body["admin_graphql_api_id"] = gid("Return", number)
    else:
        is_off = event.kind == ChangeKind.CANCELLED
        body |= {"created_at": at if event.kind == ChangeKind.CREATED else None, "cancelled_at": at if is_off else None}
    return json.dumps(body).encode()


def sandbox_headers(body: bytes) -> Mapping[str, str]:
    secret = ADAPTER.sandbox_accounts[0].credentials["client_secret"]
    return {"Content-Type": "application/json", "X-Shopify-Hmac-Sha256": signature(body, secret)}
