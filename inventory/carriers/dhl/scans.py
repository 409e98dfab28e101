"""Both ways of tracking as our events: unified JSON, and the XML of Parcel DE. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from zoneinfo import ZoneInfo

from config.core.errors import NeedsOperator, Rejected, Transient
from inventory.carriers.dhl.mapping import number_of
from inventory.carriers.news import Tracked, TrackingEvent, TrackingState

Json = Mapping[str, Any]
HOME = ZoneInfo("Europe/Berlin")
UNIFIED = {
    "pre-transit": TrackingState.LABEL_CREATED, "transit": TrackingState.IN_TRANSIT,
    "delivered": TrackingState.DELIVERED, "failure": TrackingState.EXCEPTION,
}  # fmt: skip
STANDARD = {
    "VA": TrackingState.LABEL_CREATED, "AE": TrackingState.IN_TRANSIT, "ES": TrackingState.IN_TRANSIT,
    "AN": TrackingState.EXCEPTION, "AA": TrackingState.IN_TRANSIT, "EE": TrackingState.IN_TRANSIT,
    "NB": TrackingState.IN_TRANSIT, "PO": TrackingState.OUT_FOR_DELIVERY, "ZF": TrackingState.READY_FOR_PICKUP,
    "LA": TrackingState.READY_FOR_PICKUP, "ZN": TrackingState.ATTEMPT_FAILED, "ZU": TrackingState.DELIVERED,
    "ZO": TrackingState.CUSTOMS, "BV": TrackingState.EXCEPTION,
}  # fmt: skip
MONEY = frozenset({"GT", "DD"})
COD_REASONS = frozenset({"CODAR", "CODRP"})
BACK_WORDS = ("returned to shipper", "returned to sender", "zurück an den absender", "return shipment", "rücksendung")
LOCKED, NO_LOGIN, NOT_ALLOWED = 6, 5, 62
NOTHING_YET = frozenset({100, 200})
GRAMS = {
    "kg": Decimal(1000),
    "kgm": Decimal(1000),
    "g": Decimal(1),
    "lb": Decimal("453.59237"),
    "lbs": Decimal("453.59237"),
}
"""Units of weight as they occur; the XML tells kilograms."""


def unified(answer: Json) -> Iterator[Tracked]:
    for told in answer.get("shipments") or []:
        events = [_unified_event(each) for each in told.get("events") or []]
        if told.get("status"):
            events.append(_unified_event(told["status"]))
        unique = {(event.at, event.state, event.text): event for event in events if event is not None}
        weight = (told.get("details") or {}).get("weight") or {}
        yield Tracked(
            number_of(told.get("id")), tuple(sorted(unique.values(), key=lambda event: event.at)),
            weight_g=grams(weight.get("value"), str(weight.get("unitText") or "")),
        )  # fmt: skip


def grams(value: Any, unit: str) -> int | None:
    """None where no weight is told, or in a unit that nobody knows."""
    try:
        weight = Decimal(str(value).strip().replace(",", ".")) * GRAMS[unit.casefold()]
    except (InvalidOperation, KeyError):
        return None
    return round(weight) or None


def _unified_event(told: Json) -> TrackingEvent | None:
    """The status' words can contradict its code: what goes back to the sender surfaces as transit or delivered."""
    at = moment(str(told.get("timestamp") or ""))
    if at is None:
        return None
    code = str(told.get("statusCode") or "")
    text = " ".join(str(told.get(name) or "") for name in ("status", "description", "remark")).strip()
    state = UNIFIED.get(code, TrackingState.UNKNOWN)
    if any(word in text.casefold() for word in BACK_WORDS):
        state = TrackingState.RETURNED if state is TrackingState.DELIVERED else TrackingState.RETURNING
    place = ((told.get("location") or {}).get("address") or {}).get("addressLocality", "")
    return TrackingEvent(at=at, state=state, code=code, text=text[:300], place=str(place)[:80])


def moment(text: str) -> datetime | None:
    """A time with offset, a local one of Germany, or a day alone, which is taken for its midnight there."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=HOME)).astimezone(UTC)


def parcel_de(body: bytes) -> list[Tracked]:
    """The pieces of an answer, which is 200 even for functional errors: its `code` tells. Raises our families."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Rejected("the tracking answer declares entities; it is not read")
    try:
        root = fromstring(body.decode("utf-8-sig", "replace"))  # noqa: S314 - declarations are refused above
    except ParseError as error:
        raise Transient("the tracking answer is not XML; it is asked again", code="not_xml") from error
    _refuse(root)
    pieces = [each for each in root.iter("data") if each.get("name") == "piece-shipment"]
    return [_piece(each) for each in pieces if each.get("error-status", "0") in ("", "0")]


def _refuse(root: Element) -> None:
    code = int(root.get("code") or 0)
    reason = root.get("error") or f"code {code}"
    if code == 0 or code in NOTHING_YET:
        return
    if code in (NO_LOGIN, LOCKED, NOT_ALLOWED):
        raise NeedsOperator(f"tracking refuses the login ({reason}); check it before it is locked", code="tracking")
    if code < 0:
        raise Transient(f"tracking has a fault of its own: {reason}")
    raise Rejected(f"tracking does not take the question: {reason}", code=f"tracking_{code}")


def _piece(told: Element) -> Tracked:
    goes_back = told.get("ruecksendung") == "true"
    events = [
        event
        for each in told.iter("data")
        if each.get("name") == "piece-event" and (event := _event(each, goes_back=goes_back))
    ]
    number = told.get("piece-code") or told.get("searched-piece-code") or ""
    ordered = tuple(sorted(events, key=lambda event: event.at))
    ref = told.get("shipment-reference") or told.get("searched-piece-code") or ""
    return Tracked(number, ordered, ref=ref, weight_g=grams(told.get("shipment-weight"), "kg"))


def _event(told: Element, *, goes_back: bool) -> TrackingEvent | None:
    at = _local(told.get("event-timestamp") or "")
    code, ice, ric = (told.get(name) or "" for name in ("standard-event-code", "ice", "ric"))
    if at is None or code in MONEY or ric in COD_REASONS:
        return None
    text = told.get("event-short-status") or told.get("event-status") or ""
    return TrackingEvent(
        at=at, state=_state(code, ice, goes_back=goes_back), code=".".join(filter(None, (code, ice, ric))),
        text=text[:300], place=(told.get("event-location") or "")[:80],
    )  # fmt: skip


def _state(code: str, ice: str, *, goes_back: bool) -> TrackingState:
    if ice == "CANCL":
        return TrackingState.CANCELLED
    state = STANDARD.get(code, TrackingState.UNKNOWN)
    if goes_back and state is TrackingState.DELIVERED:
        return TrackingState.RETURNED
    return TrackingState.RETURNING if ice == "RETRN" else state


def _local(text: str) -> datetime | None:
    """`dd.mm.yyyy HH:MM`, German local time."""
    for pattern in ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=HOME).astimezone(UTC)
        except ValueError:
            continue
    return None
