"""FBA inventory summaries; the page token dies after 30 seconds of real time."""

from __future__ import annotations

import time
from typing import Any

from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.sandbox.answers import Refused, ok, stamp, state_of, token
from marketplaces.sandbox.facts import Answer, Request, View, WorldStock

_PAGE = 50
_TOKEN_LIFE_S = 30


def summaries(view: View, request: Request) -> Answer:
    params = request.params
    known = {store.external_id for store in view.stores}
    if params.get("granularityType") != "Marketplace" or params.get("granularityId") not in known:
        raise Refused(400, "InvalidInput", "granularityType and granularityId are required.")
    start = _start(params.get("nextToken", ""))
    units = view.stock()
    payload = {
        "granularity": {"granularityType": "Marketplace", "granularityId": params["granularityId"]},
        "inventorySummaries": [_summary(one) for one in units[start : start + _PAGE]],
    }
    body: dict[str, Any] = {"payload": payload}
    if start + _PAGE < len(units):
        body["pagination"] = {"nextToken": token({"start": start + _PAGE, "at": time.time()})}
    return ok(body)


def _start(text: str) -> int:
    if not text:
        return 0
    state = state_of(text)
    if float(state["at"]) + _TOKEN_LIFE_S < time.time():
        raise Refused(400, "InvalidInput", "The nextToken has expired.")
    return int(state["start"])


def _summary(one: WorldStock) -> dict[str, Any]:
    return {
        "asin": ids.item_id(one.product.serial),
        "fnSku": ids.unit_id(one.product.serial),
        "sellerSku": one.product.sku,
        "condition": "NewItem",
        "productName": one.product.title,
        "lastUpdatedTime": stamp(one.changed_at),
        "totalQuantity": one.available + one.reserved + one.inbound + one.unsellable,
        "stores": [],
        "inventoryDetails": {
            "fulfillableQuantity": one.available,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": one.inbound,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": one.reserved,
                "pendingCustomerOrderQuantity": one.reserved,
                "pendingTransshipmentQuantity": 0,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {"totalResearchingQuantity": 0, "researchingQuantityBreakdown": []},
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": one.unsellable,
                "customerDamagedQuantity": one.unsellable,
                "warehouseDamagedQuantity": 0,
                "distributorDamagedQuantity": 0,
                "carrierDamagedQuantity": 0,
                "defectiveQuantity": 0,
                "expiredQuantity": 0,
            },
        },
    }
