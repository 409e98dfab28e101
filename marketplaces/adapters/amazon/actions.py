"""Our commands as their payloads, and their answers as outcomes. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from config.core.money import decimal, minor_unit
from marketplaces import wording
from marketplaces.adapters.amazon import words
from marketplaces.adapters.amazon.writable import WORDS
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState, Store

Json = Mapping[str, Any]
_MERCHANT = "DEFAULT"
_PRICED_AUDIENCE = "ALL"


class NotPossible(ValueError):
    """The command cannot be sent as it is; the message says why, for the person who gave it."""


def request(command: Outbound, store: Store, listing: Json, schema: Json = words.UNTOLD) -> Json:
    """The body of a listing patch. `listing` is what the API shows now: a patch replaces whole attributes.

    `schema` is that of its product type, which says what an attribute consists of.
    """
    return {"productType": product_type(listing), "patches": _patches(command, store, listing, schema)}


def _patches(command: Outbound, store: Store, listing: Json, schema: Json) -> list[Json]:
    if command.kind is CommandKind.SET_PRICE:
        value: list[Any] = _offers(command, store, listing)
        return [{"op": "replace", "path": "/attributes/purchasable_offer", "value": value}]
    if command.kind is CommandKind.SET_STOCK:
        value = [_availability(command, listing)]
        return [{"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}]
    if command.field not in WORDS:
        raise NotPossible(f"{command.kind} is not a change of a listing")
    if command.field == "attributes":
        return words.attributes(command.value, store, listing, schema)
    return words.patches(command.field, command.value, store, listing)


def product_type(listing: Json) -> str:
    for entry in (*(listing.get("productTypes") or ()), *(listing.get("summaries") or ())):
        if entry.get("productType"):
            return str(entry["productType"])
    return "PRODUCT"


def _offers(command: Outbound, store: Store, listing: Json) -> list[Any]:
    """Every audience's offer as it is, with our price in the one for all; a business offer must not vanish."""
    if command.payload.get("currency") not in (None, store.currency):
        raise NotPossible(f"the price is in {command.payload['currency']}, but the store sells in {store.currency}")
    price = price_of(command, store)
    now = [
        dict(row) for row in _attribute(listing, "purchasable_offer") if row.get("marketplace_id") == store.external_id
    ]
    ours = [row for row in now if row.get("audience", _PRICED_AUDIENCE) == _PRICED_AUDIENCE]
    if not ours:
        ours = [{"marketplace_id": store.external_id, "currency": store.currency, "audience": _PRICED_AUDIENCE}]
        now += ours
    ours[0]["our_price"] = [{"schedule": [{"value_with_tax": price}]}]
    return now


def price_of(command: Outbound, store: Store) -> Decimal:
    """The wanted price; it must be above zero and no finer than the currency."""
    price = decimal(command.payload.get("price", ""))
    if price <= 0 or price % minor_unit(store.currency):
        raise NotPossible(f"{price} {store.currency} is not a price")
    return price


def _availability(command: Outbound, listing: Json) -> dict[str, Any]:
    """The seller's own stock. Writing it for a listing from their warehouses would change what that listing is."""
    channels = [str(row.get("fulfillmentChannelCode")) for row in listing.get("fulfillmentAvailability") or ()]
    if any(channel != _MERCHANT for channel in channels):
        raise NotPossible(f"{command.sku} is shipped from the marketplace's warehouses; its quantity cannot be written")
    quantity = wanted_quantity(command)
    kept = next((row for row in _attribute(listing, "fulfillment_availability") if _is_merchant(row)), {})
    return {**kept, "fulfillment_channel_code": _MERCHANT, "quantity": quantity}


def _is_merchant(row: Json) -> bool:
    return row.get("fulfillment_channel_code") == _MERCHANT


def wanted_quantity(command: Outbound) -> int:
    quantity = int(command.payload.get("quantity", -1))
    if quantity < 0:
        raise NotPossible("a quantity must be zero or more")
    return quantity


def _attribute(listing: Json, name: str) -> Sequence[Json]:
    return [row for row in (listing.get("attributes") or {}).get(name) or () if isinstance(row, dict)]


def shipment(command: Outbound, store: Store, reference: str = "") -> Json:
    """The body of confirmShipment. `payload`: carrier, tracking_number, shipped_at (ISO), lines {id: quantity}.

    A `reference` that the marketplace knows changes that parcel instead of telling a new one.
    """
    payload, lines = command.payload, units_of(command)
    if not lines:
        raise NotPossible("a shipment needs the lines and quantities that are in the parcel")
    if not payload.get("shipped_at"):
        raise NotPossible("a shipment needs the moment at which it left")
    carrier = str(payload.get("carrier") or "Other")
    return {
        "marketplaceId": store.external_id,
        "packageDetail": {
            "packageReferenceId": reference or package_reference(command.key),
            "carrierCode": str(payload.get("carrier_code") or carrier),
            "carrierName": carrier,
            "shippingMethod": str(payload.get("service") or "Standard"),
            "trackingNumber": str(payload.get("tracking_number") or ""),
            "shipDate": str(payload["shipped_at"]),
            "orderItems": [{"orderItemId": line, "quantity": count} for line, count in lines.items()],
        },
    }


def units_of(command: Outbound) -> dict[str, int]:
    """Units in the parcel by line id."""
    return {str(line): int(count) for line, count in (command.payload.get("lines") or {}).items()}


def package_reference(key: str) -> str:
    """A positive whole number as text, the same for the same command, so that a repetition updates and does not add."""
    return str(int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 2_000_000_000 + 1)


def outcome(answer: Json) -> Outcome:
    """What the answer to a patch means. ACCEPTED is not live: it is read back later."""
    status = str(answer.get("status", "")).upper()
    reference = str(answer.get("submissionId", ""))
    problems = [issue for issue in answer.get("issues") or () if str(issue.get("severity")).upper() == "ERROR"]
    reason = "; ".join(f"{issue.get('code', '')} {issue.get('message', '')}".strip() for issue in problems)
    if status == "INVALID":
        return Outcome(OutcomeState.REJECTED, reason or "the marketplace refused the change", reference, answer)
    if status in ("ACCEPTED", "VALID"):
        return Outcome(OutcomeState.ACCEPTED, reason, reference, answer)
    return Outcome(OutcomeState.UNKNOWN, f"unknown answer {status!r}; reading the listing back", reference, answer)


def is_priced(command: Outbound, store: Store, listing: Json) -> bool:
    """Whether the listing shows the wanted price to everybody now."""
    for offer in listing.get("offers") or ():
        if offer.get("marketplaceId") == store.external_id and offer.get("offerType", "B2C") == "B2C":
            return decimal(str((offer.get("price") or {}).get("amount", "0"))) == price_of(command, store)
    return False


def is_stocked(command: Outbound, listing: Json) -> bool:
    """Whether the listing holds the wanted quantity in the seller's own channel now."""
    for row in listing.get("fulfillmentAvailability") or ():
        if row.get("fulfillmentChannelCode") == _MERCHANT:
            return bool(row.get("quantity") == wanted_quantity(command))
    return False


def worded(command: Outbound, store: Store, listing: Json) -> Outcome:
    """Whether the listing says what we wrote. An error about one of these attributes refuses it, also long after ACCEPTED."""
    field = command.field
    names = words.attribute_names(field, command.value)
    if wording.is_shown(field, words.shown(field, store, listing), command.value, WORDS[field].alters):
        return Outcome(OutcomeState.CONFIRMED)
    for issue in listing.get("issues") or ():
        if issue.get("severity") == "ERROR" and names & set(issue.get("attributeNames") or ()):
            return Outcome(OutcomeState.REJECTED, f"{issue.get('code', '')} {issue.get('message', '')}".strip())
    return Outcome(OutcomeState.UNKNOWN, f"the marketplace does not show the {field} yet")


def is_shipped(command: Outbound, order: Json) -> bool:
    """Whether the order has our parcel: by reference, by tracking number, or because nothing is left to ship."""
    reference, number = package_reference(command.key), command.payload.get("tracking_number")
    for package in order.get("packages") or ():
        if package.get("packageReferenceId") == reference or (number and package.get("trackingNumber") == number):
            return True
    wanted = units_of(command)
    items = {str(item.get("orderItemId")): item.get("fulfillment") or {} for item in order.get("orderItems") or ()}
    return bool(wanted) and all(_is_done(items.get(line, {}), count) for line, count in wanted.items())


def told_package(command: Outbound, order: Json) -> str:
    """The reference of the parcel that a correction is about: ours, or that of one with a number that was told."""
    ours = package_reference(str(command.payload.get("parcel", "")))
    was = [str(number) for number in command.payload.get("was") or ()]
    found = {
        str(package.get("packageReferenceId"))
        for package in order.get("packages") or ()
        if package.get("packageReferenceId") == ours or str(package.get("trackingNumber") or "") in was
    }
    if ours in found or len(found) == 1:
        return ours if ours in found else found.pop()
    raise NotPossible(f"the order shows {len(found)} parcels that were told with {' or '.join(was)}; look there")


def is_corrected(command: Outbound, order: Json) -> bool:
    """Whether a parcel of the order shows the number now."""
    number = command.payload.get("tracking_number")
    return any(package.get("trackingNumber") == number for package in order.get("packages") or ())


def _is_done(fulfilment: Json, count: int) -> bool:
    return int(fulfilment.get("quantityFulfilled") or 0) >= count and not int(
        fulfilment.get("quantityUnfulfilled") or 0
    )
