"""A parcel's story, drawn from its number and told as time goes on; in XML with German words, and as unified JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from inventory.carriers.dhl.sandbox import orders, papers
from inventory.carriers.dhl.sandbox.replies import (
    KEY,
    SECRET,
    TRACKING_PASSWORD,
    TRACKING_USER,
    pair_of,
    problem,
    reply,
)
from inventory.carriers.street import CarrierView
from marketplaces.sandbox import chance
from marketplaces.sandbox.facts import Answer, Request

SHOWS_AFTER = timedelta(minutes=15)
"""A label is seen in tracking ten to thirty minutes after it was bought."""
HOUR = timedelta(hours=1)
MOST_CODES = 20
CODES = {"VA": "pre-transit", "ZN": "failure", "ZU": "delivered"}


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    code: str
    ice: str
    ric: str
    words: str
    place: str


def story(number: str, kept: orders.Json, at: datetime) -> list[Step]:
    """What has happened by now, oldest first. One parcel in twenty is missed at the door, one in forty comes back."""
    created = datetime.fromisoformat(kept["created_at"])
    if at < created + SHOWS_AFTER:
        return []
    steps = [Step(created, "VA", "PARCV", "", "Die Sendung wurde elektronisch angekuendigt.", "")]
    if kept.get("cancelled_at"):
        gone = datetime.fromisoformat(kept["cancelled_at"])
        steps.append(Step(gone, "VA", "CANCL", "", "Die Sendung wurde storniert.", ""))
    elif kept["shipment"].get("product") != orders.RETURN:
        steps += _journey(number, orders.closes_at(kept))
    elif kept.get("handed_in_at"):
        steps += _homecoming(datetime.fromisoformat(kept["handed_in_at"]))
    return [step for step in steps if step.at <= at]


def _journey(number: str, start: datetime) -> list[Step]:
    city, share = "Hamburg", chance.share("parcel", number)
    steps = [
        Step(start + HOUR, "AE", "PCKDU", "PUBCR", "Die Sendung wurde abgeholt.", "Kassel"),
        Step(start + 4 * HOUR, "AA", "LDTMV", "MVMTV", "Die Sendung wurde bearbeitet.", "Staufenberg"),
        Step(start + 11 * HOUR, "EE", "ULFMV", "UNLDD", "Die Sendung ist in der Region eingetroffen.", city),
        Step(start + 14 * HOUR, "PO", "SRTED", "PLDVY", "Die Sendung wurde in das Zustellfahrzeug geladen.", city),
    ]
    if share < 0.025:
        return [*steps, Step(start + 18 * HOUR, "ZN", "NTDEL", "RFUSD", "Die Annahme wurde verweigert.", city),
                Step(start + 40 * HOUR, "AA", "RETRN", "MVMTV", "Die Sendung geht zurueck.", city)]  # fmt: skip
    if share < 0.075:
        return [*steps, Step(start + 18 * HOUR, "ZN", "NTDEL", "NHOME", "Empfaenger nicht angetroffen.", city),
                Step(start + 20 * HOUR, "ZF", "HLDCC", "PKPND", "Die Sendung liegt in der Filiale.", city),
                Step(start + 44 * HOUR, "ZU", "DLVRD", "SECPL", "Die Sendung wurde abgeholt.", city)]  # fmt: skip
    return [*steps, Step(start + 18 * HOUR, "ZU", "DLVRD", "OTHER", "Die Sendung wurde zugestellt.", city)]


def _homecoming(start: datetime) -> list[Step]:
    """What a buyer sends back; most return labels are never used."""
    return [
        Step(start, "ES", "SHRCU", "PCKST", "Die Sendung wurde eingeliefert.", "Hamburg"),
        Step(start + 26 * HOUR, "ZU", "DLVRD", "OTHER", "Die Sendung wurde zugestellt.", "Kassel"),
    ]


def hand_in(view: CarrierView, number: str) -> None:
    """The buyer brings goods back to an outlet now, under the number of a return label."""
    shelf = orders.ENCLOSED if view.get(orders.ENCLOSED, number) else orders.SHELF
    view.put(shelf, number, {**(view.get(shelf, number) or {}), "handed_in_at": view.at.isoformat()})


def _known(view: CarrierView, number: str) -> orders.Json | None:
    return view.get(orders.SHELF, number) or view.get(orders.ENCLOSED, number)


def parcel_de(view: CarrierView, request: Request) -> Answer:
    """`d-get-piece-detail`, by number or by reference: 200 even when it refuses, and `code` tells."""
    asked = fromstring(request.params.get("xml", "<data/>"))  # noqa: S314 - the simulation reads only our own questions
    if pair_of(request.headers.get("Authorization") or "") != (KEY, SECRET):
        return problem(401, "the app is not known")
    if (asked.get("appname"), asked.get("password")) != (TRACKING_USER, TRACKING_PASSWORD):
        return _xml(Element("data", {"name": "piece-shipment-list", "code": "5", "error": "Login failed"}))
    codes = [code for code in (asked.get("piece-code") or "").split(";") if code]
    if not 1 <= len(codes) <= MOST_CODES:
        return _xml(Element("data", {"name": "piece-shipment-list", "code": "45", "error": "1 to 20 numbers"}))
    answer = Element("data", {"name": "piece-shipment-list", "code": "0"})
    for code in codes:
        for number in _numbers(view, code, is_reference=bool(asked.get("from-date"))):
            _piece(answer, view, number, code)
    if len(answer) == 0:
        answer.set("code", "100")
        answer.set("error", "No data found")
    return _xml(answer)


def _numbers(view: CarrierView, code: str, *, is_reference: bool) -> list[str]:
    found: list[str] = (view.get(orders.REFS, code) or {}).get("numbers", []) if is_reference else [code]
    return found


def _piece(answer: Element, view: CarrierView, number: str, code: str) -> None:
    kept = _known(view, number)
    steps = story(number, kept, view.at) if kept else []
    if not steps:
        return
    last = steps[-1]
    facts = {
        "name": "piece-shipment", "error-status": "0", "piece-code": number, "searched-piece-code": code,
        "status": last.words, "ice": last.ice, "ric": last.ric, "standard-event-code": last.code,
        "delivery-event-flag": "1" if last.code == "ZU" else "0", "ruecksendung": "false", "dest-country": "DE",
        "status-timestamp": _local(last.at), "shipment-weight": str(_weighed(kept)),
    }  # fmt: skip
    events = SubElement(SubElement(answer, "data", facts), "data", {"name": "piece-event-list"})
    for step in steps:
        SubElement(events, "data", {
            "name": "piece-event", "event-timestamp": _local(step.at), "event-status": step.words,
            "event-short-status": step.words, "event-location": step.place, "event-country": "Deutschland",
            "ice": step.ice, "ric": step.ric, "standard-event-code": step.code,
        })  # fmt: skip


def unified(view: CarrierView, request: Request) -> Answer:
    """`GET /track/shipments`: one number, newest first; 404 while it is not known."""
    if request.headers.get("DHL-API-Key") != KEY:
        return problem(401, "the key is not known")
    number = request.params.get("trackingNumber", "")
    kept = _known(view, number)
    steps = story(number, kept, view.at) if kept else []
    if not steps:
        return problem(404, "No shipment with given tracking number found.")
    events = [_unified(step) for step in reversed(steps)]
    details = {"weight": {"value": float(_weighed(kept)), "unitText": "KGM"}}
    found = {"id": number, "service": "parcel-de", "status": events[0], "details": details, "events": events}
    return reply({"shipments": [found]})


def _weighed(kept: orders.Json) -> Decimal:
    """Kilograms by the scales: what was declared, where nobody put another weight on them."""
    return Decimal(kept.get("weighed_g") or papers.grams(kept["shipment"])) / 1000


def _unified(step: Step) -> dict[str, Any]:
    local = step.at.astimezone(orders.ZONE).replace(tzinfo=None).isoformat()
    place = {"location": {"address": {"addressLocality": step.place}}} if step.place else {}
    return {"timestamp": local, "statusCode": CODES.get(step.code, "transit"), "description": step.words, **place}


def _local(at: datetime) -> str:
    return f"{at.astimezone(UTC).astimezone(orders.ZONE):%d.%m.%Y %H:%M}"


def _xml(root: Element) -> Answer:
    return Answer(200, tostring(root, encoding="utf-8", xml_declaration=True), "application/xml")
