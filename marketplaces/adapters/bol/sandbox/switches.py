"""What an offer says besides price and stock: held back or not, the delivery promise, and the parts that a PUT may clear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.bol import documents
from marketplaces.canonical import Fulfilment
from marketplaces.sandbox.facts import View, WorldListing

KEPT = "offer_documents"
FIRST_CODE, FIRST_PROMISE = "24uurs-22", {
    "minimumDaysToCustomer": 1, "maximumDaysToCustomer": 2, "ultimateOrderTime": "22:00",
}  # fmt: skip
OPERATOR = "operator-1"


def kept(view: View, listing: WorldListing) -> dict[str, Any]:
    """Reference and economic operator: as the offer was made, or as the last PUT left them."""
    stored = view.get(KEPT, str(listing.serial))
    return dict(stored) if stored is not None else {"reference": listing.product.sku, "economicOperatorId": OPERATOR}


def code(listing: WorldListing) -> str:
    return str(listing.content.get("delivery", FIRST_CODE))


def promise(listing: WorldListing) -> dict[str, Any]:
    return _promise_of(listing.content.get("delivery", "")) or dict(FIRST_PROMISE)


def _promise_of(code: str) -> dict[str, Any]:
    if code.startswith("24uurs-"):
        hour = code.removeprefix("24uurs-")
        return {"minimumDaysToCustomer": 1, "maximumDaysToCustomer": 1, "ultimateOrderTime": f"{hour}:00"}
    least, dash, most = code.removesuffix("d").partition("-")
    if dash and least.isdigit() and most.isdigit():
        return {**FIRST_PROMISE, "minimumDaysToCustomer": int(least), "maximumDaysToCustomer": int(most)}
    return {}


def put(view: View, listing: WorldListing, body: Mapping[str, Any]) -> None:
    view.put(KEPT, str(listing.serial), {name: body[name] for name in documents.KEPT if body.get(name)})
    _write(view, listing, "on_hold", "yes" if body.get("onHoldByRetailer") is True else "no")
    if listing.fulfilment is Fulfilment.MERCHANT:
        _write(view, listing, "delivery", str(body["fulfilment"].get("deliveryCode", "")))


def patch(view: View, listing: WorldListing, body: Mapping[str, Any]) -> None:
    if "onHoldByRetailer" in body:
        _write(view, listing, "on_hold", "yes" if body["onHoldByRetailer"] is True else "no")
    if "fulfilment" in body:
        _write(view, listing, "delivery", documents.delivery(body))


def _write(view: View, listing: WorldListing, field: str, value: str) -> None:
    if listing.content.get(field) != value:
        view.set_content(listing.product.sku, listing.store.code, field, value)
