"""Returns: open ones oldest first, handled ones newest first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplaces.adapters.bol.sandbox import ids
from marketplaces.adapters.bol.sandbox.orders import METHODS
from marketplaces.adapters.bol.sandbox.replies import missing, paged, reply, stamp
from marketplaces.sandbox.facts import Answer, Request, View, WorldReturn

KEPT_FOR = timedelta(days=120)
REASONS = {
    "not_as_described": "Verkeerd artikel ontvangen",
    "defective": "Artikel is defect",
    "changed_mind": "Niet naar verwachting",
    "wrong_size": "Verkeerde maat",
    "arrived_late": "Te laat geleverd",
}
HANDLED_AFTER = timedelta(days=1)


def return_list(view: View, request: Request) -> Answer:
    """`GET /retailer/returns?handled=&fulfilment-method=`."""
    is_handled = request.params.get("handled", "false") == "true"
    method = request.params.get("fulfilment-method", "FBR")
    chosen = [r for r in _known(view) if r.is_handled == is_handled and METHODS[r.fulfilment] == method]
    chosen.sort(key=lambda r: (r.returned_at, r.serial), reverse=is_handled)
    return paged(request, chosen, "returns", _reduced)


def one_return(view: View, request: Request) -> Answer:
    """`GET /retailer/returns/{return-id}`, with the title and the customer."""
    found = next((r for r in _known(view) if _return_id(r) == request.match["id"]), None)
    if found is None:
        return missing(request)
    body = _reduced(found)
    buyer = {"salutation": "UNKNOWN", "firstName": "Noor", "surname": "Voorbeeld", "streetName": "Teststraat",
             "houseNumber": "7", "zipCode": "9999ZZ", "city": "Proefstad", "countryCode": found.store.country,
             "email": f"relay-{found.serial}@example.invalid"}  # fmt: skip
    body["returnItems"][0] |= {"title": found.product.title, "customerDetails": buyer}
    return reply(body)


def _known(view: View) -> list[WorldReturn]:
    return view.returns(since=view.at - KEPT_FOR, until=view.at + timedelta(seconds=1))


def _return_id(found: WorldReturn) -> str:
    return f"5{found.serial}"


def _reduced(found: WorldReturn) -> dict[str, Any]:
    result = {
        "quantity": found.quantity,
        "processingResult": "ACCEPTED",
        "handlingResult": "RETURN_RECEIVED",
        "processingDateTime": stamp(found.returned_at + HANDLED_AFTER),
    }
    return {
        "returnId": _return_id(found),
        "registrationDateTime": stamp(found.returned_at),
        "fulfilmentMethod": METHODS[found.fulfilment],
        "returnItems": [
            {
                "rmaId": f"6{found.serial}",
                "orderId": ids.order_id(found.order_serial),
                "ean": found.product.ean,
                "expectedQuantity": found.quantity,
                "returnReason": {"mainReason": REASONS.get(found.reason, "Anders"), "customerComments": ""},
                "handled": found.is_handled,
                "processingResults": [result] if found.is_handled else [],
            }
        ],
    }
