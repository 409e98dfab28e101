"""Our writes as mutations, and what their answers mean. Pure.

A price's payload has `price` (text) and `currency`; a stock's `quantity`; a shipment's `carrier`, `tracking_number`, `lines`
(line id to units) and `shipped_in_all` (units of a line that have left once this parcel has).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.core.errors import Rejected
from config.core.money import LossyAmount, decimal, minor_unit
from marketplaces.adapters.shopify.rows.reading import nodes, number_of, records, text
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.pieces import inner

STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
IN_DOUBT = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST"})
OPEN = frozenset({"OPEN", "IN_PROGRESS"})
SHIPPABLE = "CREATE_FULFILLMENT"
REASON = "correction"
_KEYS = uuid.UUID("6f0c0000-0000-4000-8000-000000000001")


def gid(kind: str, number: str) -> str:
    return number if number.startswith("gid:") else f"gid://shopify/{kind}/{number}"


def price(command: Outbound, variant: Mapping[str, Any]) -> dict[str, Any]:
    """Variables of a price change; Rejected when the price is not exact."""
    told, currency = command.payload.get("price"), str(command.payload.get("currency") or "EUR")
    try:
        wanted = decimal(told)
    except LossyAmount as error:
        raise Rejected(f"the price {told!r} is not an exact number; give it as text") from error
    if wanted <= 0 or wanted % minor_unit(currency):
        raise Rejected(f"the price {told} {currency} must be above zero and in whole minor units")
    product = str(inner(variant, "product").get("id") or "")
    return {"productId": product, "variants": [{"id": variant.get("id"), "price": format(wanted, "f")}]}


def stock_row(command: Outbound, variant: Mapping[str, Any], location: str) -> dict[str, Any]:
    """A quantity at one location, valid only while it is still what we have read (`changeFromQuantity`)."""
    wanted = _quantity(command.payload)
    item = inner(variant, "inventoryItem")
    if item.get("tracked") is False:
        raise Rejected(
            f"the stock of {command.sku or command.external_id} is not tracked; switch tracking on in the shop"
        )
    place, known = level_of(variant, location)
    if not place:
        raise Rejected(f"{command.sku or command.external_id} is not stocked at the location; activate it there first")
    return {"inventoryItemId": item.get("id"), "locationId": place, "quantity": wanted, "changeFromQuantity": known}


def stock(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Variables of quantities by the keys of their commands.

    The idempotency key changes with what was read: the same key with other parameters would be refused.
    """
    said = "\n".join(f"{key}:{row['quantity']}:{row['changeFromQuantity']}" for key, row in rows.items())
    together = uuid.uuid5(_KEYS, "\n".join(rows))
    given = {
        "name": "available", "reason": REASON, "referenceDocumentUri": f"gid://ninefold/Command/{together}",
        "quantities": list(rows.values()),
    }  # fmt: skip
    return {"input": given, "key": str(uuid.uuid5(_KEYS, said))}


def _quantity(payload: Mapping[str, Any]) -> int:
    told = payload.get("quantity")
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise Rejected(f"the quantity {told!r} is not a count; give a whole number from 0")
    return told


def level_of(variant: Mapping[str, Any], location: str) -> tuple[str, int | None]:
    """The id of the wanted location (the first active one where none is named) and the units available there."""
    for level in records(inner(variant, "inventoryItem"), "inventoryLevels"):
        place = inner(level, "location")
        is_it = number_of(place.get("id")) == number_of(location) if location else place.get("isActive") is not False
        if is_it:
            told = [row.get("quantity") for row in records(level, "quantities") if text(row, "name") == "available"]
            return str(place.get("id") or ""), next(iter(told), None)
    return "", None


def check_shipment(command: Outbound) -> None:
    """Raises Rejected for a shipment that names no units."""
    lines = command.payload.get("lines") or {}
    if not lines or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in lines.values()):
        raise Rejected(f"order {command.external_id}: the shipment names no units; give each line id with its quantity")


def shipments(command: Outbound, order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Variables of one fulfilment per location; Rejected when the open work does not hold the units of the parcel."""
    wanted = {str(line): int(units) for line, units in command.payload["lines"].items()}
    tracking = {
        "company": command.payload.get("carrier_code") or command.payload.get("carrier", ""),
        "number": command.payload.get("tracking_number", ""),
    }
    by_place: dict[str, list[dict[str, Any]]] = {}
    for work in _open_work(order):
        rows = list(_taken(work, wanted))
        if rows:
            place = str(inner(inner(work, "assignedLocation"), "location").get("id") or "")
            group = {"fulfillmentOrderId": work.get("id"), "fulfillmentOrderLineItems": rows}
            by_place.setdefault(place, []).append(group)
    lacking = {line: units for line, units in wanted.items() if units}
    if lacking:
        raise Rejected(
            f"order {command.external_id}: nothing is open any more of {lacking}; look at the order in the shop"
        )
    info = {name: value for name, value in tracking.items() if value}
    return [
        {"fulfillment": {"lineItemsByFulfillmentOrder": groups, "trackingInfo": info, "notifyCustomer": True}}
        for groups in by_place.values()
    ]


def _open_work(order: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Fulfilment orders that may be shipped now: only what `supportedActions` lists is tried."""
    for work in records(order, "fulfillmentOrders"):
        actions = {text(action, "action") for action in records(work, "supportedActions")}
        if text(work, "status") in OPEN and SHIPPABLE in actions:
            yield work


def _taken(work: Mapping[str, Any], wanted: dict[str, int]) -> Iterator[dict[str, Any]]:
    for row in records(work, "lineItems"):
        line = number_of(inner(row, "lineItem").get("id"))
        remaining = row.get("remainingQuantity")
        units = min(wanted.get(line, 0), remaining if isinstance(remaining, int) else 0)
        if units:
            wanted[line] -= units
            yield {"id": row.get("id"), "quantity": units}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of `userErrors`; `place` is that of its row in the list that was sent, where it tells one."""

    code: str
    reason: str
    place: int | None


def refusals(data: Mapping[str, Any], name: str) -> list[Refusal]:
    """Why a mutation was not done; none when it was."""
    told = inner(data, name)
    errors = nodes(told.get("userErrors") or told.get(f"{name}UserErrors"))
    return [_refusal(error if isinstance(error, Mapping) else {}) for error in errors]


def _refusal(error: Mapping[str, Any]) -> Refusal:
    field, code = error.get("field"), text(error, "code")
    path = [str(step) for step in field] if isinstance(field, list) else []
    reason = " ".join(filter(None, (code, ".".join(path), text(error, "message"))))
    return Refusal(code or "USER_ERROR", reason, next((int(step) for step in path if step.isdecimal()), None))


def refusal(data: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Code and text of the first reason; both empty when the mutation was done."""
    found = refusals(data, name)
    return (found[0].code, found[0].reason) if found else ("", "")


def outcome(data: Mapping[str, Any], name: str) -> Outcome:
    """Done is not confirmed: only a read-back is. What changed in between, or is still being done, is not known yet."""
    if name not in data:
        return Outcome(OutcomeState.UNKNOWN, reason=f"the answer does not speak of {name}; it is read back")
    code, reason = refusal(data, name)
    if not code:
        return Outcome(OutcomeState.ACCEPTED, answer=dict(data))
    is_open = code in STALE | IN_DOUBT
    return Outcome(OutcomeState.UNKNOWN if is_open else OutcomeState.REJECTED, reason=reason, answer=dict(data))


def variant_outcome(command: Outbound, variant: Mapping[str, Any] | None, location: str) -> Outcome:
    """Confirmed when the variant shows the price or the units that we wrote."""
    if not variant:
        return Outcome(
            OutcomeState.UNKNOWN, reason=f"variant {command.external_id} is not known to the shop; check the id"
        )
    if command.kind is CommandKind.SET_STOCK:
        return _compared(command.payload.get("quantity"), level_of(variant, location)[1])
    return _compared(decimal(command.payload.get("price")), decimal(variant.get("price") or 0))


def order_outcome(command: Outbound, shipped: Mapping[str, int] | None) -> Outcome:
    """Confirmed when so many units of each line have left as must have with this parcel."""
    if shipped is None:
        return Outcome(
            OutcomeState.UNKNOWN, reason=f"order {command.external_id} is not known to the shop; check the id"
        )
    lines = command.payload.get("lines") or {}
    due = {str(line): int(n) for line, n in {**lines, **(command.payload.get("shipped_in_all") or {})}.items()}
    return _compared(dict.fromkeys(due, True), {line: shipped.get(line, 0) >= n for line, n in due.items()})


def _compared(wanted: Any, found: Any) -> Outcome:
    if wanted == found:
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, reason=f"wanted {wanted}, the shop shows {found}; asked again later")
