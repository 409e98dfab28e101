"""Bulk operations: kept when asked for, done half a simulated minute later, downloaded as one object per line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from marketplaces.adapters.shopify.sandbox import products
from marketplaces.adapters.shopify.sandbox.graphql import Field, Refused, parse, pick
from marketplaces.adapters.shopify.sandbox.ids import gid, serial
from marketplaces.adapters.shopify.sandbox.orders import stamp
from marketplaces.sandbox.facts import Answer, Request, View

SHELF = "bulk"
TAKES = timedelta(seconds=30)
NAME = "productVariants"


def start(view: View, call: Field) -> dict[str, Any]:
    text = str(call.arguments.get("query") or "")
    try:
        if [root.name for root in parse(text, {}).fields] != [NAME]:
            raise Refused("Invalid bulk query")
    except Refused as error:
        return {"bulkOperation": None, "userErrors": [{"field": ["query"], "message": str(error), "code": "INVALID"}]}
    number = 1 + sum(1 for _ in view.shelf(SHELF))
    view.put(SHELF, str(number), {"query": text, "at": view.at.isoformat()})
    return {"bulkOperation": {"id": gid("BulkOperation", number), "status": "CREATED"}, "userErrors": []}


def state(view: View, call: Field, base_url: str) -> dict[str, Any] | None:
    number = serial(call.arguments.get("id"), "BulkOperation")
    kept = view.get(SHELF, str(number))
    if kept is None:
        return None
    began = datetime.fromisoformat(kept["at"])
    is_done = view.at >= began + TAKES
    count = str(len(list(view.offered()))) if is_done else "0"
    return {
        "id": gid("BulkOperation", number or 0),
        "status": "COMPLETED" if is_done else "RUNNING",
        "errorCode": None,
        "objectCount": count,
        "rootObjectCount": count,
        "url": f"{base_url}/bulk/{number}.jsonl" if is_done else None,
        "partialDataUrl": None,
        "createdAt": stamp(began),
        "completedAt": stamp(began + TAKES) if is_done else None,
    }


def download(view: View, request: Request) -> Answer:
    kept = view.get(SHELF, request.match["number"])
    if kept is None:
        return Answer(404, b"", "text/plain")
    root = parse(kept["query"], {}).fields[0]
    found: Mapping[str, Any] = pick(products.variants(view, {}), root.fields)
    lines = [json.dumps(edge["node"]) for edge in found["edges"]]
    return Answer(200, "\n".join(lines).encode(), "application/jsonl")
