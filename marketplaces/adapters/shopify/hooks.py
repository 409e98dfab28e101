"""Webhook subscriptions: Shopify removes one after eight failed deliveries, so they are looked after."""

from __future__ import annotations

from config.core.errors import Rejected
from marketplaces.adapters.shopify import actions, queries
from marketplaces.adapters.shopify.auth import Api
from marketplaces.adapters.shopify.rows.reading import records, text
from marketplaces.pieces import inner

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_CANCELLED",
    "REFUNDS_CREATE",
    "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE",
)


def ensure(api: Api, url: str) -> str:
    """One subscription per topic to this address: `kept` or `created`."""
    found = records(api.data(queries.HOOKS, first=100), "webhookSubscriptions")
    known = {text(hook, "topic") for hook in found if text(hook, "uri") == url}
    missing = [topic for topic in TOPICS if topic not in known]
    for topic in missing:
        data = api.data(queries.HOOK, topic=topic, subscription={"uri": url, "format": "JSON"})
        code, reason = actions.refusal(data, "webhookSubscriptionCreate")
        if code or not inner(data, "webhookSubscriptionCreate"):
            raise Rejected(f"{topic} cannot be subscribed: {reason}")
    return "created" if missing else "kept"
