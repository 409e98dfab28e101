"""The world behind one GraphQL endpoint: what our client asks and writes, with costs, throttling and refusals."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.shopify.sandbox import bulk, orders, parcels, payouts, products, webhooks
from marketplaces.adapters.shopify.sandbox.graphql import Document, Field, Refused, parse, pick
from marketplaces.adapters.shopify.sandbox.tokens import authorise, token
from marketplaces.adapters.shopify.sandbox.webhooks import sandbox_event, sandbox_headers
from marketplaces.sandbox.facts import Answer, Request, View
from marketplaces.sandbox.wire import Route, SandboxApi

__all__ = ["API", "sandbox_event", "sandbox_headers"]

BUCKET, RESTORE, MOST_COST = 2000, 100, 1000


def _graphql(view: View, request: Request) -> Answer:
    """Parse, charge, resolve, and pick what was asked for."""
    try:
        body = json.loads(request.body)
        document = parse(body["query"], body.get("variables") or {})
        cost = document.cost()
        if cost > MOST_COST:
            return _failed(f"Query cost is {cost}, which exceeds the single query max cost", "MAX_COST_EXCEEDED", cost)
        data = {root.alias: pick(_resolved(view, document, root, request), root.fields) for root in document.fields}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return _failed(str(error), "undefinedField", 0)
    version = {"X-Shopify-API-Version": request.match["version"]}
    answer = {"data": data, "extensions": _costs(cost, BUCKET - cost)}
    return Answer(200, json.dumps(answer).encode(), headers=version)


def _resolved(view: View, document: Document, root: Field, request: Request) -> Any:
    reading = {
        "shop": lambda: _shop(view),
        "orders": lambda: orders.search(view, root.arguments),
        "order": lambda: orders.one(view, root.arguments),
        "nodes": lambda: (orders if "/Order/" in str(root.arguments) else products).several(view, root.arguments),
        "productVariants": lambda: products.variants(view, root.arguments),
        "productVariant": lambda: products.one(view, root.arguments),
        "shopifyPaymentsAccount": lambda: payouts.account(view, root),
        "bulkOperation": lambda: bulk.state(view, root, request.base_url),
        "webhookSubscriptions": lambda: webhooks.hooks(view, root.arguments),
    }
    writing = {
        "productVariantsBulkUpdate": lambda: products.set_price(view, root),
        "productUpdate": lambda: products.set_product(view, root),
        "productSet": lambda: products.set_files(view, root),
        "inventorySetQuantities": lambda: products.set_stock(view, root),
        "orderCancel": lambda: parcels.cancel(view, root),
        "fulfillmentCreate": lambda: parcels.ship(view, root),
        "fulfillmentTrackingInfoUpdate": lambda: parcels.correct(view, root),
        "fulfillmentEventCreate": lambda: parcels.tell(view, root),
        "bulkOperationRunQuery": lambda: bulk.start(view, root),
        "webhookSubscriptionCreate": lambda: webhooks.subscribe(view, root),
    }
    known = writing if document.kind == "mutation" else reading
    if root.name not in known:
        raise Refused(f"Field '{root.name}' doesn't exist on type '{document.kind}'")
    return known[root.name]()


def _shop(view: View) -> dict[str, Any]:
    name = view.account.settings["shop"]
    currency = view.stores[0].currency
    return {"name": view.account.label, "myshopifyDomain": f"{name}.myshopify.com", "currencyCode": currency}


def _costs(asked: int, available: int) -> dict[str, Any]:
    status = {"maximumAvailable": float(BUCKET), "currentlyAvailable": available, "restoreRate": float(RESTORE)}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": asked, "throttleStatus": status}}


def _failed(message: str, code: str, asked: int, available: int = BUCKET) -> Answer:
    body: Mapping[str, Any] = {
        "errors": [{"message": message, "extensions": {"code": code}}],
        "extensions": _costs(asked, available),
    }
    return Answer(200, json.dumps(body).encode())


def _throttled(request: Request, wait: float) -> Answer:
    """Throttling comes with status 200: what the query lacks is what the wait restores."""
    if not request.path.endswith("/graphql.json"):
        return Answer(429, b"{}", headers={"Retry-After": str(max(1, math.ceil(wait)))})
    return _failed("Throttled", "THROTTLED", max(1, math.ceil(wait)) * RESTORE, 0)


def _broken(request: Request, status: int) -> Answer:
    return Answer(status, b'{"errors":"Internal Server Error"}')


API = SandboxApi(
    routes=(
        Route("POST", "/admin/oauth/access_token", token, "token", is_open=True),
        Route("POST", r"/admin/api/(?P<version>[^/]+)/graphql\.json", _graphql, "graphql"),
        Route("GET", r"/bulk/(?P<number>\d+)\.jsonl", bulk.download, "download", is_open=True),
    ),
    authorise=authorise,
    throttled=_throttled,
    broken=_broken,
    not_found=lambda request: Answer(404, b'{"errors":"Not Found"}'),
)
