"""Our writes in OTTO's words, and what its answers mean. Pure.

A price's payload has `price` (text) and may have `currency`; a stock's has `quantity`. A shipment's `external_id` is the
order number; it has `carrier`, `tracking_number`, `shipped_at`, `lines` (line id to units) and `shipped_in_all`, and of its
return label `return_tracking_number` and `return_carrier`: without a return number OTTO takes no shipment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from config.core.errors import Rejected
from config.core.money import LossyAmount, decimal
from marketplaces.adapters.otto import carriers
from marketplaces.adapters.otto.rows import units
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.adapters.otto.rows.units import OPEN, SENT, WAITING
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState

CENT = Decimal("0.01")


def price_row(command: Outbound, variation: Mapping[str, Any]) -> dict[str, Any]:
    """The new regular price beside the sale that stands: whether a sale outlives a price without it is not documented."""
    price = {"amount": wanted_price(command.payload), "currency": "EUR"}
    sale = (variation.get("pricing") or {}).get("sale")
    return {"sku": command.external_id, "standardPrice": price, **({"sale": sale} if sale else {})}


def wanted_price(payload: Mapping[str, Any]) -> Decimal:
    told, currency = payload.get("price"), payload.get("currency") or "EUR"
    try:
        price = decimal(told)
    except LossyAmount as error:
        raise Rejected(f"the price {told!r} is not an exact number; give it as text") from error
    if currency != "EUR" or price <= 0 or price != price.quantize(CENT):
        raise Rejected(f"the price {told} {currency} must be in EUR, above zero and in whole cents")
    return price.quantize(CENT)


def quantity_row(command: Outbound) -> dict[str, Any]:
    return {"sku": command.external_id, "quantity": wanted_quantity(command.payload)}


def switch_row(command: Outbound) -> dict[str, Any]:
    return {"sku": command.external_id, "active": command.value == "no"}


def wanted_quantity(payload: Mapping[str, Any]) -> int:
    told = payload.get("quantity")
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise Rejected(f"the quantity {told!r} is not a count; give a whole number from 0")
    return told


def shipped_units(command: Outbound, order: Mapping[str, Any]) -> list[str]:
    """Which of the order's units leave now; none when all of them have left already. Others raise Rejected."""
    wanted = command.payload.get("lines") or {}
    if not wanted:
        raise Rejected(f"order {command.external_id}: the shipment names no lines; give each line id with its units")
    known, chosen = units.lines(order), []
    for line_id, count in wanted.items():
        if line_id not in known:
            raise Rejected(f"order {command.external_id} has no line {line_id}; read the order again")
        chosen += _of_line(command, line_id, int(count), known[line_id])
    return chosen


def _of_line(command: Outbound, line_id: str, count: int, found: list[units.Unit]) -> list[str]:
    """Open units of the line, the first ones; what left with this parcel already is not sent again."""
    states = [(units.unit_id(unit), text(unit, "fulfillmentStatus")) for unit in found]
    sent = sum(word in SENT for _, word in states)
    ready = [unit for unit, word in states if word == OPEN]
    in_all = _in_all(command)
    missing = min(count, in_all[line_id] - sent) if line_id in in_all else count if ready else count - sent
    if missing <= 0:
        return []
    if any(word == WAITING for _, word in states) and missing > len(ready):
        raise Rejected(f"line {line_id}: the payment is not confirmed yet; ship when the units are released")
    if missing > len(ready):
        raise Rejected(f"line {line_id}: {missing} units are to leave, but only {len(ready)} are open; read the order")
    return ready[:missing]


def _in_all(command: Outbound) -> dict[str, int]:
    told = command.payload.get("shipped_in_all") or {}
    return {str(line): int(count) for line, count in told.items()}


def tracking_key(command: Outbound) -> dict[str, str]:
    carrier = carriers.outbound(str(command.payload.get("carrier", "")))
    number = str(command.payload.get("tracking_number") or "").strip()
    if not number and carrier not in carriers.FORWARDERS:
        raise Rejected(f"order {command.external_id}: {carrier} needs a tracking number; only forwarders go without")
    return {"carrier": carrier, **({"trackingNumber": number} if number else {})}


def return_key(command: Outbound, settings: Mapping[str, str]) -> dict[str, str]:
    """The return label's number: the parcel's own, else the one that the account is set to."""
    payload = command.payload
    number = str(payload.get("return_tracking_number") or settings.get("return_number") or "").strip()
    if not number:
        raise Rejected(
            f"order {command.external_id}: a return label number is needed before it can be shipped; buy one"
        )
    carrier = payload.get("return_carrier") or settings.get("return_carrier") or payload.get("carrier") or ""
    return {"carrier": carriers.inbound(str(carrier)), "trackingNumber": number}


def ship_from(settings: Mapping[str, str]) -> dict[str, str]:
    """The warehouse, not the buyer."""
    city, postcode = settings.get("ship_from_city", ""), settings.get("ship_from_zip", "")
    if not city or not postcode:
        raise Rejected("the warehouse's city and postcode are not set; enter them with the account")
    return {"city": city, "countryCode": settings.get("ship_from_country") or "DEU", "zipCode": postcode}


def shipment_bodies(
    command: Outbound, order: Mapping[str, Any], leaving: list[str], settings: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One for each parcel; where one piece leaves in several, each parcel names the same units."""
    back, first = return_key(command, settings), tracking_key(command)
    told = {
        "shipDate": _ship_date(command),
        "shipFromAddress": ship_from(settings),
        "positionItems": [
            {"positionItemId": unit, "salesOrderId": text(order, "salesOrderId"), "returnTrackingKey": back}
            for unit in leaving
        ],
    }
    further = ({**first, "trackingNumber": str(number)} for number in command.payload.get("further_numbers") or ())
    return [{"trackingKey": key, **told} for key in (first, *further)]


def _ship_date(command: Outbound) -> str:
    told = command.payload.get("shipped_at")
    try:
        at = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    except ValueError as error:
        raise Rejected(f"order {command.external_id}: shipped_at is {told!r}, which is not a time") from error
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def shipment_outcome(command: Outbound, order: Mapping[str, Any] | None, remote_ref: str) -> Outcome:
    """Confirmed when the order shows as many units sent as should have left by now."""
    if order is None:
        reason = f"order {command.external_id} is not known to the marketplace; check the number"
        return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)
    known = units.lines(order)
    wanted = {**(command.payload.get("lines") or {}), **_in_all(command)}
    sent = {
        line_id: sum(text(unit, "fulfillmentStatus") in SENT for unit in known.get(line_id, [])) for line_id in wanted
    }
    if all(sent[line_id] >= int(count) for line_id, count in wanted.items()):
        return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
    reason = f"units that should have left: {wanted}; shown as sent: {sent}; asked again later"
    return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)


def shown_outcome(command: Outbound, shown: Any, remote_ref: str) -> Outcome:
    """Confirmed when the variation shows the price, quantity or switch that was written."""
    wanted: Any = command.value
    if command.kind is not CommandKind.SET_HOLD:
        is_price = command.kind is CommandKind.SET_PRICE
        wanted = wanted_price(command.payload) if is_price else wanted_quantity(command.payload)
    if shown == wanted:
        return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
    reason = f"wanted {wanted}, the marketplace shows {shown}; asked again later"
    return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)
