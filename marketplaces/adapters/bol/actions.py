"""Our writes in bol's words, and what its answers mean. Pure.

A price's payload has `price` (text) and may have `currency`; a stock's has `quantity`; a shipment's has `carrier`,
`tracking_number` and `lines` (line id to quantity); its `external_id` is the order. A later parcel of the same line says
in `shipped_in_all` how many units have left with it, so that an earlier one is not taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.core.errors import Rejected
from config.core.money import LossyAmount, decimal
from marketplaces.adapters.bol import documents, endpoints
from marketplaces.adapters.bol.endpoints import Endpoint
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState, ReportState, ReportStatus

MOST_STOCK = 999
LONGEST_REFERENCE = 90
CENT = Decimal("0.01")
OF_ORDERS = {CommandKind.CONFIRM_SHIPMENT: "lines", CommandKind.CANCEL_UNITS: "units"}
OTHER_TRANSPORTER = "OTHER"
TRANSPORTERS = {
    "postnl": "TNT", "post_nl": "TNT", "tnt": "TNT", "ups": "UPS", "gls": "GLS", "dhl": "DHL", "dhlforyou": "DHLFORYOU",
    "dhl_parcel": "DHLFORYOU", "dhl_de": "DHL_DE", "dpd": "DPD-NL", "dpd_nl": "DPD-NL", "dpd_be": "DPD-BE",
    "bpost": "BPOST_BE", "fedex": "FEDEX_NL", "fedex_nl": "FEDEX_NL", "fedex_be": "FEDEX_BE", "courier": "COURIER",
}  # fmt: skip
CODES = frozenset(
    {
        "TNT", "TNT-EXTRA", "TNT_BRIEF", "TNT-EXPRESS", "BRIEFPOST", "UPS", "DYL", "DPD-NL", "DPD-BE", "BPOST_BE",
        "BPOST_BRIEF", "DHLFORYOU", "GLS", "FEDEX_NL", "FEDEX_BE", "DHL", "DHL_DE", "DHL-GLOBAL-MAIL", "TSN", "FIEGE",
        "TRANSMISSION", "PARCEL-NL", "LOGOIX", "PACKS", "COURIER", "RJP", "OTHER",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Write:
    endpoint: Endpoint
    body: Mapping[str, Any]


def request(command: Outbound, settings: Mapping[str, str], offer: Mapping[str, Any] | None = None) -> Write:
    """The call that makes the write; a payload that cannot be said in bol's words raises Rejected.

    `offer` is what bol shows now: a price is sent with all bundle prices, and v10 takes an offer as a whole document; what
    is not sent is gone.
    """
    is_v10 = settings.get("offers_api") == "v10"
    if command.kind is CommandKind.SET_PRICE:
        pricing = {"pricing": {"bundlePrices": _bundle_prices(_price(command.payload), offer or {})}}
        return Write(endpoints.PUT_PRICE if is_v10 else endpoints.PATCH_OFFER, pricing)
    if command.kind is CommandKind.SET_STOCK:
        stock = {"amount": _quantity(command.payload), "managedByRetailer": False}
        return Write(endpoints.PUT_STOCK, stock) if is_v10 else Write(endpoints.PATCH_OFFER, {"stock": stock})
    if command.kind in documents.SWITCHES:
        if is_v10:
            return Write(endpoints.PUT_OFFER, documents.replaced(command, offer or {}))
        return Write(endpoints.PATCH_OFFER, documents.patched(command, offer or {}))
    if command.kind is CommandKind.CONFIRM_SHIPMENT:
        return Write(endpoints.SHIP, _shipment(command))
    raise Rejected(f"{command.kind} cannot be written here")


def _bundle_prices(price: Decimal, offer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The new price of one piece, and the others as they stand; a bundle that would cost more per piece is refused."""
    kept = [bundle for bundle in bundles(offer) if bundle.get("quantity", 1) != 1]
    for bundle in kept:
        if decimal(bundle.get("unitPrice")) >= price:
            told = f"{bundle['unitPrice']} a piece from {bundle['quantity']} pieces on"
            raise Rejected(f"the price {price} is not above the bundle price of {told}; change that one first")
    return [{"quantity": 1, "unitPrice": price}, *kept]


def _price(payload: Mapping[str, Any]) -> Decimal:
    told, currency = payload.get("price"), payload.get("currency", "EUR")
    try:
        price = decimal(told)
    except LossyAmount as error:
        raise Rejected(f"the price {told!r} is not an exact number; give it as text") from error
    if currency != "EUR" or price <= 0 or price != price.quantize(CENT):
        raise Rejected(f"the price {told} {currency} must be in EUR, above zero and in whole cents")
    return price.quantize(CENT)


def _quantity(payload: Mapping[str, Any]) -> int:
    """Units to tell; more than 999 is told as 999, which is bol's most."""
    told = payload.get("quantity")
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise Rejected(f"the quantity {told!r} is not a count; give a whole number from 0")
    return min(told, MOST_STOCK)


def _shipment(command: Outbound) -> dict[str, Any]:
    lines = command.payload.get("lines") or {}
    if not lines:
        raise Rejected(f"order {command.external_id}: the shipment names no lines; give each line id with its quantity")
    items = [{"orderItemId": str(line), "quantity": int(count)} for line, count in lines.items()]
    transport = {
        "transporterCode": transporter(str(command.payload.get("carrier_code") or command.payload.get("carrier", "")))
    }
    if tracking := str(command.payload.get("tracking_number", "")):
        transport["trackAndTrace"] = tracking
    return {"orderItems": items, "shipmentReference": command.key[:LONGEST_REFERENCE], "transport": transport}


def transporter(carrier: str) -> str:
    """bol's code of a carrier; one that it does not know is OTHER."""
    code = carrier.strip().upper()
    return (
        code if code in CODES else TRANSPORTERS.get(code.lower().replace("-", "_").replace(" ", "_"), OTHER_TRANSPORTER)
    )


def accepted(answer: Mapping[str, Any]) -> Outcome:
    """An accepted write is not done: v10 answers with a process to ask about, v11 is only read back."""
    return Outcome(OutcomeState.ACCEPTED, remote_ref=process_id(answer), answer=dict(answer))


def process_id(answer: Mapping[str, Any]) -> str:
    """Older generations call it `id`."""
    return str(answer.get("processStatusId") or (answer.get("id") if "eventType" in answer else "") or "")


def process_outcome(status: Mapping[str, Any] | None, remote_ref: str) -> Outcome | None:
    """What a process status decides by itself; None sends us to the entity (success, time-out, or status forgotten)."""
    state = str((status or {}).get("status", "")).upper()
    if state == "PENDING":
        return Outcome(
            OutcomeState.ACCEPTED, reason="still being processed", remote_ref=remote_ref, answer=dict(status or {})
        )
    if state == "FAILURE":
        reason = str((status or {}).get("errorMessage") or "the marketplace says only that it failed")
        return Outcome(OutcomeState.REJECTED, reason=reason, remote_ref=remote_ref, answer=dict(status or {}))
    return None


def report_state(status: Mapping[str, Any] | None) -> ReportState:
    """Where an export stands; a status that is forgotten is asked for again."""
    state = str((status or {}).get("status", "")).upper()
    if state == "SUCCESS":
        return ReportState(ReportStatus.READY, document_id=str((status or {}).get("entityId", "")))
    if state == "PENDING":
        return ReportState(ReportStatus.WAITING)
    return ReportState(
        ReportStatus.FAILED, reason=str((status or {}).get("errorMessage") or state or "no longer known")
    )


def entity_of(command: Outbound) -> tuple[str, str]:
    """Resource and id of what a write changes."""
    return ("orders" if command.kind in OF_ORDERS else "listings"), command.external_id


def entity_outcome(command: Outbound, entity: Mapping[str, Any] | None, remote_ref: str) -> Outcome:
    """Confirmed when the order or offer shows what we wrote; otherwise it is not known yet."""
    if entity is None:
        reason = f"{command.external_id} is not known to the marketplace; check the id"
        return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)
    found, wanted = _shown(command, entity), _wanted(command)
    if found == wanted:
        return Outcome(OutcomeState.CONFIRMED, remote_ref=remote_ref)
    reason = f"wanted {wanted}, the marketplace shows {found}; asked again later"
    return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=remote_ref)


def _wanted(command: Outbound) -> Any:
    if command.kind is CommandKind.SET_PRICE:
        return _price(command.payload)
    if command.kind is CommandKind.SET_STOCK:
        return _quantity(command.payload)
    if command.kind in documents.SWITCHES:
        return command.value
    return {str(line): True for line in command.payload.get(OF_ORDERS[command.kind]) or {}}


def _shown(command: Outbound, entity: Mapping[str, Any]) -> Any:
    if command.kind is CommandKind.SET_PRICE:
        return unit_price(entity)
    if command.kind is CommandKind.SET_STOCK:
        return (entity.get("stock") or {}).get("amount")
    if command.kind in documents.SWITCHES:
        return documents.shown(command, entity)
    lines = command.payload.get(OF_ORDERS[command.kind]) or {}
    is_cancelled = command.kind is CommandKind.CANCEL_UNITS
    in_all = {**lines, **(command.payload.get("cancelled_in_all" if is_cancelled else "shipped_in_all") or {})}
    name = "quantityCancelled" if is_cancelled else "quantityShipped"
    done = {str(item.get("orderItemId")): item.get(name) or 0 for item in entity.get("orderItems") or []}
    return {str(line): done.get(str(line), 0) >= int(in_all[line]) for line in lines}


def unit_price(offer: Mapping[str, Any]) -> Decimal | None:
    """The price of one piece, from v10's and v11's bundle lists."""
    for bundle in bundles(offer):
        if bundle.get("quantity", 1) == 1 and bundle.get("unitPrice") is not None:
            return decimal(bundle["unitPrice"])
    return None


def bundles(offer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The prices by number of pieces, in v10's and v11's words."""
    told = (offer.get("pricing") or {}).get("bundlePrices") or offer.get("prices") or []
    return [dict(bundle) for bundle in told if isinstance(bundle, Mapping)]


def commission_query(offer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The question for an offer's commission, None where its product or price is not told."""
    price, ean = unit_price(offer), str(offer.get("ean") or (offer.get("product") or {}).get("ean") or "")
    return {"ean": ean, "unitPrice": price} if ean and price is not None else None
