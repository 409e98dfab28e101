"""What is written about parcels that the shop was told of: another number, and where they are by now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from config.core.errors import Rejected
from marketplaces.adapters.shopify.rows.reading import moment, records, text
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.pieces import Unreadable

STATES = {
    "in_transit": "IN_TRANSIT",
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "ready_for_pickup": "READY_FOR_PICKUP",
    "attempt_failed": "ATTEMPTED_DELIVERY",
    "delivered": "DELIVERED",
}
"""Our words for where a parcel is, and the shop's; those that it has no word for are not told. Read 2026-11."""
VOID = frozenset({"CANCELLED", "ERROR", "FAILURE"})


def request(command: Outbound, order: Mapping[str, Any]) -> dict[str, Any]:
    """Variables of the mutation; Rejected when the order shows no parcel with one of the numbers that were told."""
    if command.kind is CommandKind.CORRECT_TRACKING:
        parcel = _parcel(command, order, _former(command))
        company = command.payload.get("carrier_code") or command.payload.get("carrier", "")
        tracking = {"company": company, "number": _number(command)}
        return {"fulfillmentId": parcel.get("id"), "tracking": {name: told for name, told in tracking.items() if told}}
    parcel = _parcel(command, order, [_number(command), *_former(command)])
    event = {"fulfillmentId": parcel.get("id"), "status": _status(command), "happenedAt": _at(command).isoformat()}
    return {"event": event}


def _number(command: Outbound) -> str:
    return str(command.payload.get("tracking_number") or "")


def _former(command: Outbound) -> list[str]:
    return [str(number) for number in command.payload.get("was") or ()]


def _status(command: Outbound) -> str:
    state = str(command.payload.get("state") or "")
    if state not in STATES:
        raise Rejected(f"order {command.external_id}: the shop has no word for a parcel that is {state!r}")
    return STATES[state]


def _at(command: Outbound) -> datetime:
    told = command.payload.get("at")
    try:
        at = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
        return at.replace(microsecond=0)
    except ValueError as error:
        raise Rejected(f"order {command.external_id}: {told!r} is not a time") from error


def _parcel(command: Outbound, order: Mapping[str, Any], numbers: list[str]) -> Mapping[str, Any]:
    found = [parcel for parcel in _live(order) if _told(parcel) & set(numbers)]
    if len(found) != 1:
        known = " or ".join(number or "no number" for number in numbers)
        raise Rejected(f"order {command.external_id}: the shop shows {len(found)} parcels with {known}; look there")
    return found[0]


def _live(order: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (parcel for parcel in records(order, "fulfillments") if text(parcel, "status") not in VOID)


def _told(parcel: Mapping[str, Any]) -> set[str]:
    """The numbers of a parcel; one without any has the empty one."""
    return {text(info, "number") for info in records(parcel, "trackingInfo")} or {""}


def outcome(command: Outbound, order: Mapping[str, Any]) -> Outcome:
    """Confirmed when a parcel of the order shows the number, and of news the event as well."""
    is_news = command.kind is CommandKind.TELL_TRACKING
    numbers = {_number(command), *(_former(command) if is_news else ())}
    mine = [parcel for parcel in _live(order) if _told(parcel) & numbers]
    if is_news:
        wanted = _status(command), _at(command)
        mine = [parcel for parcel in mine if wanted in set(_events(parcel))]
    if mine:
        return Outcome(OutcomeState.CONFIRMED)
    return Outcome(OutcomeState.UNKNOWN, reason="the shop does not show it yet; asked again later")


def _events(parcel: Mapping[str, Any]) -> Iterator[tuple[str, datetime | None]]:
    for event in records(parcel, "events"):
        try:
            yield text(event, "status"), moment(event.get("happenedAt"), "happenedAt")
        except Unreadable:
            continue
