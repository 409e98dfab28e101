"""An order that is cancelled at our wish. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.shopify.rows.lines import lines_of
from marketplaces.canonical import CancelReason
from marketplaces.contract import Outbound, Outcome, OutcomeState

REASONS = {CancelReason.OUT_OF_STOCK: "INVENTORY", CancelReason.BUYER_ASKED: "CUSTOMER"}


def variables(command: Outbound, order: Mapping[str, Any]) -> dict[str, Any]:
    """The shop cancels an order as a whole and pays it back; a part of one raises Rejected. Stock is told by us alone."""
    if not order:
        raise Rejected(f"order {command.external_id} is not known to the shop; check the id")
    left = {line.id: line.unfulfilled for line in lines_of(order) if line.unfulfilled}
    if dict(command.payload.get("units") or {}) != left:
        raise Rejected("the shop cancels whole orders only; take single units off the order there")
    return {
        "orderId": order.get("id"), "reason": REASONS.get(CancelReason(command.payload["reason"]), "OTHER"),
        "refund": {"originalPaymentMethodsRefund": True},
    }  # fmt: skip


def outcome(command: Outbound, order: Mapping[str, Any] | None) -> Outcome:
    """The shop works it off later: confirmed when the order says that it is cancelled, or its units are gone from it."""
    if not order:
        return Outcome(OutcomeState.UNKNOWN, f"order {command.external_id} is not known to the shop; check the id")
    gone = {line.id: line.cancelled for line in lines_of(order)}
    wanted = command.payload.get("cancelled_in_all") or command.payload.get("units") or {}
    if order.get("cancelledAt") or all(gone.get(line, 0) >= count for line, count in wanted.items()):
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, "the shop shows the order as open; asked again later")
