"""Labels sold, fetched again, cancelled and closed by the simulated DHL."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inventory.carriers.dhl.sandbox import papers
from inventory.carriers.dhl.sandbox.replies import problem, reply
from inventory.carriers.numbers import gs1_digit
from inventory.carriers.street import CarrierView
from marketplaces.sandbox.facts import Answer, Request

Json = Mapping[str, Any]
ZONE = ZoneInfo("Europe/Berlin")
CLOSES = time(18)
PRODUCTS = {"V01PAK": "01", "V62KP": "62", "V53WPAK": "53", "V54EPAK": "54", "V66WPI": "66"}
SHELF, REFS, SHEETS, ENCLOSED = "shipments", "refs", "sheets", "enclosed"
UNROUTABLE, RETURN = "00000", "RETURN"


def version(view: CarrierView, request: Request) -> Answer:
    return reply({"amp": {"name": "ppde", "env": "sandbox", "version": "2.1.13"}})


def create(view: CarrierView, request: Request) -> Answer:
    """`POST /orders`: 400 in its shapes, 200 for one, 207 for several. There is no idempotency."""
    body = _read(request)
    shipments = body.get("shipments")
    if not isinstance(shipments, list) or not 1 <= len(shipments) <= 30 or "profile" not in body:
        return problem(400, "profile and one to thirty shipments are expected")
    if broken := [piece for at, each in enumerate(shipments) for piece in _schema(at, each)]:
        return reply({"items": broken}, 400)
    is_check = request.params.get("validate") == "true"
    items = [_item(view, request, each, is_check=is_check) for each in shipments]
    some = any(item["sstatus"]["status"] == 200 for item in items)
    status = (200 if len(items) == 1 else 207) if some else 400
    title = {200: "OK", 207: "Multi-Status"}.get(status, "Bad Request")
    return reply({"status": _status(status, title), "items": items}, status)


def _schema(at: int, shipment: Json) -> list[dict[str, str]]:
    """What breaks the published schema: without `sstatus`, and for the whole call."""
    wrong = []
    if len(str(shipment.get("refNo", ""))) not in range(8, 36):
        wrong.append(("refNo", "the length must be between 8 and 35"))
    if not re.fullmatch(r"\w{10}\d{2}\w{2}", str(shipment.get("billingNumber", ""))):
        wrong.append(("billingNumber", "must match the pattern"))
    if len(str((shipment.get("consignee") or {}).get("country", "DEU"))) != 3:
        wrong.append(("consignee.country", "is no ISO 3166 alpha-3 code"))
    return [{"propertyPath": f"shipments[{at}].{name}", "message": words} for name, words in wrong]


def _item(view: CarrierView, request: Request, shipment: Json, *, is_check: bool) -> dict[str, Any]:
    errors, warnings = _errors(view, request, shipment), _warnings(shipment)
    told = [_message(*each, "Error") for each in errors] + [_message(*each, "Warning") for each in warnings]
    if errors or (is_check and warnings):
        return {"sstatus": _status(400, "Bad Request", "Die Sendung war nicht valide."), "validationMessages": told}
    if is_check:
        return {"sstatus": _status(200, "OK")}
    number = f"0034043400{view.number('number'):09d}"
    kept = {
        "shipment": dict(shipment),
        "created_at": view.at.isoformat(),
        "format": request.params.get("docFormat", "PDF"),
    }
    if (shipment.get("services") or {}).get("dhlRetoure"):
        kept["return_number"] = f"9999{view.number('return'):08d}"
        view.put(ENCLOSED, kept["return_number"], {"shipment": {"product": RETURN}, "created_at": kept["created_at"]})
    number += gs1_digit(number[2:])
    view.put(SHELF, number, kept)
    known = (view.get(REFS, shipment["refNo"]) or {}).get("numbers", [])
    view.put(REFS, shipment["refNo"], {"numbers": [*known, number]})
    sold = _sold(number, kept, request)
    return sold | ({"validationMessages": told} if told else {})


def _errors(view: CarrierView, request: Request, shipment: Json) -> list[tuple[str, str]]:
    product, consignee = shipment.get("product", ""), shipment.get("consignee") or {}
    found = []
    if product not in PRODUCTS:
        found.append(("product", "Das angegebene Produkt ist unbekannt."))
    elif shipment["billingNumber"][10:12] != PRODUCTS[product]:
        found.append(("billingNumber", "Die Abrechnungsnummer passt nicht zum Produkt."))
    if str(shipment.get("shipDate", "9999")) < view.at.astimezone(ZONE).date().isoformat():
        found.append(("shipDate", "Das Versanddatum liegt in der Vergangenheit."))
    if request.params.get("mustEncode") == "true" and not _is_routable(consignee):
        found.append(("consignee.postalCode", "Die Adresse ist nicht leitcodierbar."))
    if papers.grams(shipment) > 31_500:
        found.append(("details.weight", "Das Gewicht ist zu hoch."))
    return found


def _warnings(shipment: Json) -> list[tuple[str, str]]:
    if _is_routable(shipment.get("consignee") or {}):
        return []
    return [("consignee", "Die Adresse ist nicht leitcodierbar; es faellt ein Entgelt an.")]


def _is_routable(consignee: Json) -> bool:
    """Only German addresses are asked for it."""
    code = str(consignee.get("postalCode", ""))
    return consignee.get("country", "DEU") != "DEU" or (code.isdecimal() and len(code) == 5 and code != UNROUTABLE)


def _sold(number: str, kept: Json, request: Request) -> dict[str, Any]:
    shipment = kept["shipment"]
    routing = routing_of(shipment["consignee"])
    paper = papers.label(shipment, number, routing)
    told: dict[str, Any] = {
        "shipmentNo": number, "shipmentRefNo": shipment["refNo"], "routingCode": routing,
        "sstatus": _status(200, "OK"), "label": _document(paper, shipment, number, request=request),
    }  # fmt: skip
    if kept.get("return_number"):
        back = {**shipment, "product": RETURN, "shipper": shipment["consignee"], "consignee": shipment["shipper"]}
        told["returnShipmentNo"] = kept["return_number"]
        told["returnRoutingCode"] = routing_of(back["consignee"])
        paper = papers.label(back, kept["return_number"], told["returnRoutingCode"])
        told["returnLabel"] = {"b64": _b64(paper), "fileFormat": "PDF", "printFormat": "910-300-710"}
    if shipment.get("customs"):
        told["customsDoc"] = {
            "b64": _b64(papers.customs(shipment, number)),
            "fileFormat": "PDF",
            "printFormat": "A4",
        }
    return told


def _document(paper: bytes, shipment: Json, number: str, *, request: Request) -> dict[str, str]:
    if request.params.get("docFormat") == "ZPL2":
        code = papers.zpl(shipment, number, routing_of(shipment["consignee"]))
        return {"zpl2": code, "fileFormat": "ZPL2", "printFormat": "910-300-710"}
    if request.params.get("includeDocs") == "URL":
        url = f"{request.base_url}/parcel/de/shipping/v2/labels?token={number}"
        return {"url": url, "fileFormat": "PDF", "printFormat": "910-300-710"}
    return {"b64": _b64(paper), "fileFormat": "PDF", "printFormat": "910-300-710"}


def fetch(view: CarrierView, request: Request) -> Answer:
    """`GET /orders?shipment=`: only what is neither cancelled nor closed."""
    number = request.params.get("shipment", "")
    kept = view.get(SHELF, number)
    if kept is None or not is_open(kept, view.at):
        return problem(404, "no such shipment, or it is manifested")
    return reply({"status": _status(200, "OK"), "items": [_sold(number, kept, request)]})


def document(view: CarrierView, request: Request) -> Answer:
    """`GET /labels?token=`: without any login."""
    number = request.params.get("token", "")
    kept = view.get(SHELF, number)
    if kept is None:
        return problem(404, "no such document")
    routing = routing_of(kept["shipment"]["consignee"])
    return Answer(200, papers.label(kept["shipment"], number, routing), "application/pdf")


def cancel(view: CarrierView, request: Request) -> Answer:
    items = [_cancelled(view, number) for number in request.query.get("shipment", ())]
    fine = sum(item["sstatus"]["status"] == 200 for item in items)
    status = (200 if len(items) == 1 else 207) if fine else 400
    return reply({"status": _status(status, "OK" if fine else "Bad Request"), "items": items}, status)


def _cancelled(view: CarrierView, number: str) -> dict[str, Any]:
    kept = view.get(SHELF, number)
    if kept is None or not is_open(kept, view.at):
        return {"shipmentNo": number, "sstatus": _status(400, "UnknownShipmentNumber", "Unbekannte Sendungsnummer.")}
    view.put(SHELF, number, {**kept, "cancelled_at": view.at.isoformat()})
    return {"shipmentNo": number, "sstatus": _status(200, "OK")}


def close_day(view: CarrierView, request: Request) -> Answer:
    """`POST /manifests`: 207, one item each."""
    items, sheet = [], f"{view.number('sheet'):06d}"
    for number in _read(request).get("shipmentNumbers") or []:
        kept = view.get(SHELF, number)
        if kept is None or not is_open(kept, view.at):
            status = _status(400, "UnknownShipmentNumber", "Unbekannte oder abgeschlossene Sendung.")
        else:
            view.put(SHELF, number, {**kept, "manifested_at": view.at.isoformat(), "sheet": sheet})
            status = _status(200, "OK")
        items.append({"shipmentNo": number, "sstatus": status})
    return reply({"status": _status(207, "Multi-Status"), "items": items}, 207)


def sheets(view: CarrierView, request: Request) -> Answer:
    """`GET /manifests`: the sheets of a day with their papers."""
    day = request.params.get("date") or view.at.astimezone(ZONE).date().isoformat()
    closed = [(number, kept) for number, kept in view.all(SHELF) if _closed_on(kept) == day]
    names = sorted({kept["sheet"] for _, kept in closed})
    rows = [f"{number}  {kept['shipment']['product']}  {kept['shipment']['refNo']}" for number, kept in closed]
    paper = {"b64": _b64(papers.sheet(f"Versandliste {day}", rows)), "fileFormat": "PDF", "printFormat": "A4"}
    return reply({
        "status": _status(200, "OK"), "manifestDate": day, "manifest": [paper] if closed else [],
        "sheetNo": [{"billingNumber": "33333333330102", "sheetNo": name} for name in names[-1:]],
        "items": [{"shipmentNo": number, "sheetNo": kept["sheet"], "sstatus": _status(200, "OK")}
                  for number, kept in closed],
    })  # fmt: skip


def sell_return(view: CarrierView, request: Request) -> Answer:
    """The Returns API: 201 with a number and its label."""
    body = _read(request)
    sender = body.get("shipper") or {}
    missing = [name for name in ("name1", "addressStreet", "postalCode", "city") if not sender.get(name)]
    if not body.get("receiverId") or missing:
        return problem(400, f"receiverId and the shipper are expected; missing: {', '.join(missing)}")
    number = f"9999{view.number('return'):08d}"
    receiver = {"name1": "Retourenlager", "addressStreet": "Lagerallee", "addressHouse": "3", "postalCode": "34117",
                "city": "Kassel", "country": "DEU"}  # fmt: skip
    weight = body.get("itemWeight") or {"uom": "g", "value": 1000}
    back = {"product": RETURN, "shipper": sender, "consignee": receiver, "details": {"weight": weight},
            "refNo": body.get("shipmentReference", "")}  # fmt: skip
    kept = {"shipment": back, "created_at": view.at.isoformat(), "format": "PDF"}
    view.put(SHELF, number, kept)
    view.put(REFS, back["refNo"], {"numbers": [*(view.get(REFS, back["refNo"]) or {}).get("numbers", []), number]})
    routing = routing_of(receiver)
    paper = {"b64": _b64(papers.label(back, number, routing)), "fileFormat": "PDF"}
    return reply(
        {"sstatus": _status(201, "Created"), "shipmentNo": number, "routingCode": routing, "label": paper}, 201
    )


def is_open(kept: Json, at: datetime) -> bool:
    """Neither cancelled nor closed, by us or by the carrier itself at six in the evening of the day of shipping."""
    return not kept.get("cancelled_at") and at < closes_at(kept)


def closes_at(kept: Json) -> datetime:
    if kept.get("manifested_at"):
        return datetime.fromisoformat(kept["manifested_at"])
    created = datetime.fromisoformat(kept["created_at"])
    told = str(kept["shipment"].get("shipDate") or created.astimezone(ZONE).date().isoformat())
    closes = datetime.combine(datetime.fromisoformat(told).date(), CLOSES, ZONE)
    return closes if closes > created else closes + timedelta(days=1)


def _closed_on(kept: Json) -> str:
    told = kept.get("manifested_at")
    return datetime.fromisoformat(told).astimezone(ZONE).date().isoformat() if told else ""


def routing_of(consignee: Json) -> str:
    code = str(consignee.get("postalCode", "0")).replace(" ", "")
    return f"{code}000000+99000900000000"


def _message(name: str, words: str, state: str) -> dict[str, str]:
    return {"property": name, "validationMessage": words, "validationState": state}


def _status(status: int, title: str, detail: str = "") -> dict[str, Any]:
    return {"title": title, "status": status, "statusCode": status} | ({"detail": detail} if detail else {})


def _b64(body: bytes) -> str:
    return base64.b64encode(body).decode()


def _read(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
