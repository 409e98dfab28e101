"""What arrives in the notification queue -> notices. Pure; both casings of the envelope, and bus events, are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.amazon.mapping.notification import Envelope, envelope
from marketplaces.contract import Notice, Page

# Which resource a notification tells about; the others are kept as they came.
_RESOURCES: Mapping[str, str] = {
    "ORDER_CHANGE": "order_changes",
    "ANY_OFFER_CHANGED": "offers",
    "B2B_ANY_OFFER_CHANGED": "offers",
    "FBA_INVENTORY_AVAILABILITY_CHANGES": "stock",
    "REPORT_PROCESSING_FINISHED": "reports",
    "LISTINGS_ITEM_ISSUES_CHANGE": "listings",
    "LISTINGS_ITEM_STATUS_CHANGE": "listings",
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": "listings",
}
_MAPPED = frozenset({"order_changes", "offers", "stock"})


def read(body: bytes, headers: Mapping[str, str]) -> list[Notice]:
    """The notices of one message. A message that is no notification gives none and may be deleted."""
    try:
        raw = json.loads(body.decode("utf-8-sig"), parse_float=str)
        return [_notice(envelope(item), body) for item in (raw if isinstance(raw, list) else [raw])]
    except (ValueError, RecursionError):
        return []


def is_authentic(body: bytes, headers: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    """Whether a message is meant for this account: its seller id, because the queue's policy already proves the sender.

    Nothing ever comes over HTTP: a body without our seller id is refused.
    """
    seller = keys.get("seller_id", "")
    return bool(seller) and any(notice.seller == seller for notice in read(body, headers))


def _notice(message: Envelope, body: bytes) -> Notice:
    resource = _RESOURCES.get(message.kind, "")
    seller = _seller(message)
    return Notice(
        event_id=message.event_id,
        kind=message.kind,
        happened_at=message.happened_at,
        page=Page(
            resource=resource if resource in _MAPPED else "raw",
            body=json.dumps(message.raw).encode(),
            context={"seller_id": seller, "concerns": resource, **_hints(message)},
        ),
        seller=seller,
        order_id=message.payload.node("OrderChangeNotification").text("AmazonOrderId"),
    )


def _seller(message: Envelope) -> str:
    """The seller id lies in the payload itself or one level below, depending on the type."""
    levels = [
        message.payload,
        *(message.payload.node(name) for name, value in message.payload.raw.items() if _is_object(value)),
    ]
    return next((found for level in levels if (found := level.text("SellerId"))), "")


def _hints(message: Envelope) -> dict[str, str]:
    """What to fetch because of a notice: the report and its document, or the listing."""
    report = message.payload.node("ReportProcessingFinishedNotification")
    found = {
        "report_type": report.text("reportType"),
        "report_id": report.text("reportId"),
        "document_id": report.text("reportDocumentId"),
        "status": report.text("processingStatus"),
        "sku": message.payload.text("Sku"),
        "store": message.payload.text("MarketplaceId"),
    }
    return {name: text for name, text in found.items() if text}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
