"""Our writes in Example's words, and what its answers mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from config.core.money import LossyAmount, decimal
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState


def request(command: Outbound) -> dict[str, Any]:
    """The body of the change; what this API cannot do raises Rejected."""
    if command.kind is CommandKind.SET_PRICE:
        try:
            price = decimal(command.payload.get("price"))
        except LossyAmount as error:
            raise Rejected(f"the price is not an exact number: {error}") from error
        return {"price": {"amount": format(price, "f"), "currency": command.payload.get("currency", "EUR")}}
    if command.kind is CommandKind.SET_STOCK:
        return {"quantity": int(command.payload["quantity"])}
    raise Rejected(f"{command.kind} cannot be written here")


def outcome(command: Outbound, offer: Mapping[str, Any] | None) -> Outcome:
    """Confirmed when the offer shows what was written."""
    if offer is None:
        return Outcome(OutcomeState.UNKNOWN, reason=f"{command.external_id} is not known; check the id")
    if command.kind is CommandKind.SET_STOCK:
        shown, wanted = offer.get("quantity"), command.payload["quantity"]
    else:
        shown, wanted = decimal(offer["price"]["amount"]), decimal(command.payload["price"])
    if shown == wanted:
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, reason=f"wanted {wanted}, the offer shows {shown}; asked again later")
