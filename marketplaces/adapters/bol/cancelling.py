"""Lines of an order that are cancelled at our wish. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.bol.rows.reading import records, text
from marketplaces.canonical import CancelReason
from marketplaces.contract import Outbound

Json = Mapping[str, Any]
REASONS = {
    CancelReason.OUT_OF_STOCK: "OUT_OF_STOCK", CancelReason.BUYER_ASKED: "REQUESTED_BY_CUSTOMER",
    CancelReason.WRONG_PRICE: "INCORRECT_PRICE", CancelReason.OTHER: "OTHER",
}  # fmt: skip


def body(command: Outbound, order: Json | None) -> dict[str, Any]:
    """The call knows no quantity: a line is cancelled as a whole, so a part of one raises Rejected."""
    known = {text(item, "orderItemId"): item for item in records(order or {}, "orderItems")}
    told = []
    for line, count in (command.payload.get("units") or {}).items():
        if line not in known:
            raise Rejected(f"order {command.external_id} has no line {line}; read the order again")
        left = _open(known[line])
        if count != left:
            raise Rejected(f"line {line}: only all of its {left} open units can be cancelled, not {count}")
        told.append({"orderItemId": line, "reasonCode": REASONS[CancelReason(command.payload["reason"])]})
    return {"orderItems": told}


def _open(item: Json) -> int:
    ordered, shipped, gone = (int(item.get(name) or 0) for name in ("quantity", "quantityShipped", "quantityCancelled"))
    return ordered - shipped - gone
