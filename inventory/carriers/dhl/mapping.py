"""Our requests as DHL's payloads, checked before anything is bought, and its answers as results. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from config.core.errors import Rejected
from config.core.money import Money
from inventory.carriers.contract import (
    Closed,
    Document,
    DocumentKind,
    LabelFormat,
    LabelRequest,
    LabelResult,
    Message,
    Services,
    return_ref,
)
from inventory.carriers.dhl import addresses, rules
from inventory.carriers.dhl.carrier import PROCEDURES, RENAMED
from inventory.carriers.dhl.countries import alpha3

Json = Mapping[str, Any]
PROFILE = "STANDARD_GRUPPENPROFIL"
PRINT_FORMAT = "910-300-710"
FORMATS = {LabelFormat.PDF: "PDF", LabelFormat.ZPL: "ZPL2"}
DOCUMENTS = {
    "label": DocumentKind.LABEL, "returnLabel": DocumentKind.RETURN_LABEL, "customsDoc": DocumentKind.CUSTOMS,
    "codLabel": DocumentKind.CASH_ON_DELIVERY,
}  # fmt: skip
_FLAGS = {
    "named_person": "namedPersonOnly", "no_neighbour": "noNeighbourDelivery", "signature": "signedForByRecipient",
    "bulky": "bulkyGoods", "premium": "premium", "duty_paid": "postalDeliveryDutyPaid",
}  # fmt: skip


def profile(settings: Mapping[str, str]) -> str:
    return settings.get("profile") or PROFILE


def order_query(request: LabelRequest, settings: Mapping[str, str], *, validate: bool) -> dict[str, str]:
    """Documents always come apart: combined, the return label would be page two of the same file."""
    asked = {
        "mustEncode": _flag(request.is_routed), "includeDocs": "include", "docFormat": FORMATS[request.format],
        "printFormat": settings.get("print_format") or PRINT_FORMAT, "combine": "false",
    }  # fmt: skip
    return asked | ({"validate": "true"} if validate else {})


def order_body(request: LabelRequest, settings: Mapping[str, str]) -> dict[str, Any]:
    """The body that buys one label; raises Rejected with the rule that the request breaks."""
    rules.check(request)
    shipment: dict[str, Any] = {
        "product": RENAMED.get(request.product, request.product),
        "billingNumber": billing(settings, RENAMED.get(request.product, request.product)),
        "refNo": request.ref,
        "shipDate": request.ship_on.isoformat(),
        "shipper": addresses.shipper(settings),
        "consignee": addresses.consignee(request.consignee, with_email=settings.get("tells_buyer") == "yes"),
        "details": _details(request),
    }
    shipment |= {"costCenter": request.note[:50]} if request.note else {}
    services = _services(request.services) | _return(request, settings)
    shipment |= {"services": services} if services else {}
    shipment |= {"customs": _customs(request)} if request.customs else {}
    return {"profile": profile(settings), "shipments": [shipment]}


def billing(settings: Mapping[str, str], product: str) -> str:
    """The billing number of a product; its digits 11 and 12 must be those of the product's procedure."""
    number = settings.get(f"billing_{product}", "").strip()
    if not number:
        raise Rejected(f"there is no billing number for {product}; enter it with the carrier's account")
    if len(number) != 14 or number[10:12] != PROCEDURES[product]:
        raise Rejected(
            f"the billing number {number} is not one of {product}: digits 11 and 12 are {PROCEDURES[product]}"
        )
    return number


def _details(request: LabelRequest) -> dict[str, Any]:
    told: dict[str, Any] = {"weight": {"uom": "g", "value": request.weight_g}}
    if request.size_mm:
        length, width, height = request.size_mm
        told["dim"] = {"uom": "mm", "length": length, "width": width, "height": height}
    return told


def _services(services: Services) -> dict[str, Any]:
    told: dict[str, Any] = {word: True for name, word in _FLAGS.items() if getattr(services, name)}
    if services.minimum_age:
        told["visualCheckOfAge"] = f"A{services.minimum_age}"
    if services.insured_for:
        told["additionalInsurance"] = _value(services.insured_for)
    return told


def _return(request: LabelRequest, settings: Mapping[str, str]) -> dict[str, Any]:
    if not request.with_return:
        return {}
    return {"dhlRetoure": {"billingNumber": billing(settings, "RETURN"), "refNo": return_ref(request.ref)}}


def _customs(request: LabelRequest) -> dict[str, Any]:
    customs = request.customs
    if customs is None:
        return {}
    told: dict[str, Any] = {
        "exportType": "COMMERCIAL_GOODS",
        "postalCharges": _value(customs.postal_charges),
        "hasElectronicExportNotification": customs.has_export_notification,
        "items": [
            {
                "itemDescription": item.description[:256], "countryOfOrigin": alpha3(item.origin),
                "hsCode": item.customs_code, "packagedQuantity": item.quantity, "itemValue": _value(item.unit_value),
                "itemWeight": {"uom": "g", "value": item.unit_weight_g},
            }
            for item in customs.items
        ],
    }  # fmt: skip
    told |= {"invoiceNo": customs.invoice_no[:35]} if customs.invoice_no else {}
    return told | ({"MRN": customs.export_reference[:18]} if customs.export_reference else {})


def _value(money: Money) -> dict[str, Any]:
    return {"currency": money.currency, "value": money.amount.quantize(rules.CENT)}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def status_of(told: Json) -> int:
    """`status` and the deprecated `statusCode` both occur; some bodies hold the number itself."""
    for name in ("status", "statusCode"):
        if str(told.get(name, "")).isdecimal():
            return int(told[name])
    return 0


def number_of(told: Any) -> str:
    """A number of a parcel as text; one that came as a JSON number has lost the two zeros it began with."""
    return f"00{told}" if isinstance(told, int) and len(str(told)) == 18 else str(told or "")


def result(answer: Json) -> LabelResult:
    """What became of the one shipment that was asked for."""
    items = answer.get("items")
    pieces = [piece for piece in items if isinstance(piece, Mapping)] if isinstance(items, list) else []
    told = next((piece for piece in pieces if "sstatus" in piece), None)
    if told is None:
        return LabelResult(is_bought=False, messages=(*_schema_messages(pieces), *_own_message(answer, pieces)))
    return item(told)


def item(told: Json) -> LabelResult:
    """Bought only when its own status is 200 *and* it has a number *and* a label; failed items may echo a number."""
    found = tuple(_documents(told))
    number = number_of(told.get("shipmentNo"))
    has_label = any(each.kind is DocumentKind.LABEL for each in found) or bool(_url(told.get("label")))
    is_bought = status_of(told.get("sstatus") or {}) == 200 and bool(number) and has_label
    return LabelResult(
        is_bought=is_bought,
        tracking_number=number if is_bought else "",
        return_tracking_number=number_of(told.get("returnShipmentNo")) if is_bought else "",
        routing_code=str(told.get("routingCode") or ""),
        documents=found if is_bought else (),
        messages=tuple(_messages(told, is_bought=is_bought)),
    )


def checked(answer: Json) -> LabelResult:
    """A validation: nothing is bought, and warnings alone, for which it says 400 as well, stop nobody."""
    found = result(answer)
    is_fine = not any(message.is_error for message in found.messages)
    return LabelResult(is_bought=is_fine, messages=found.messages, routing_code=found.routing_code)


def _messages(told: Json, *, is_bought: bool) -> Iterator[Message]:
    listed = told.get("validationMessages") or []
    for each in listed:
        is_error = str(each.get("validationState", "")).casefold() == "error"
        yield Message(str(each.get("property", "")), str(each.get("validationMessage", "")), is_error)
    status = told.get("sstatus") or {}
    if not is_bought and not listed and status_of(status) != 200:
        yield Message("", str(status.get("detail") or status.get("title") or "refused without a reason"), True)


def _schema_messages(pieces: list[Json]) -> Iterator[Message]:
    for piece in pieces:
        yield Message(str(piece.get("propertyPath", "")), str(piece.get("message", "")), True)


def _own_message(answer: Json, pieces: list[Json]) -> Iterator[Message]:
    status = answer.get("status")
    told = status if isinstance(status, Mapping) else answer
    if not pieces and status_of(told) != 200:
        yield Message("", str(told.get("detail") or told.get("title") or "refused without a reason"), True)


def _documents(told: Json) -> Iterator[Document]:
    for name, kind in DOCUMENTS.items():
        found = told.get(name)
        body = content(found) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping) and body:
            yield Document(kind, LabelFormat.ZPL if is_zpl(body) else LabelFormat.PDF, body)


def content(told: Json) -> bytes | None:
    """The bytes of a document: PDF in base64, ZPL as text or, as some say, in base64 as well; None for a mere address."""
    for name in ("b64", "zpl2"):
        text = str(told.get(name) or "")
        if not text:
            continue
        if is_zpl(text.encode()):
            return text.encode()
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            return None
    return None


def is_zpl(body: bytes) -> bool:
    return body.lstrip()[:3] == b"^XA"


def addresses_of(answer: Json) -> dict[DocumentKind, str]:
    """Where documents lie that came as an address only; the address is a secret, for whoever has it reads the label."""
    items = answer.get("items") or [{}]
    told = items[0] if isinstance(items[0], Mapping) else {}
    return {
        kind: _url(told.get(name))
        for name, kind in DOCUMENTS.items()
        if _url(told.get(name)) and content(told[name]) is None
    }


def _url(told: Any) -> str:
    return str(told.get("url") or "") if isinstance(told, Mapping) else ""


def cancelled(answer: Json) -> str:
    """Empty when the shipment is cancelled, else why not; after the manifest it is not known any more."""
    items = answer.get("items") or []
    status = (items[0].get("sstatus") or {}) if items and isinstance(items[0], Mapping) else answer.get("status") or {}
    if isinstance(status, Mapping) and status_of(status) == 200:
        return ""
    told = status if isinstance(status, Mapping) else answer
    return str(told.get("detail") or told.get("title") or "refused without a reason")


def closed(answer: Json) -> Closed:
    refused = {
        number_of(piece.get("shipmentNo")): str((piece.get("sstatus") or {}).get("title", ""))
        for piece in answer.get("items") or []
        if status_of(piece.get("sstatus") or {}) != 200
    }
    return Closed(refused=refused)


def sheet(answer: Json, closing: Closed) -> Closed:
    """The closing with the number and the paper of its sheet, where they are there already."""
    sheets = [str(each.get("sheetNo")) for each in answer.get("sheetNo") or [] if each.get("sheetNo")]
    papers = [content(each) for each in answer.get("manifest") or []]
    return Closed(", ".join(sheets), closing.refused, next(filter(None, papers), b""))


def return_body(ref: str, sender: addresses.Address, weight_g: int, settings: Mapping[str, str]) -> dict[str, Any]:
    """A return label of the Returns API; `sender` is the buyer, who sends the goods back."""
    receiver = settings.get("receiver_id", "")
    if not receiver:
        raise Rejected("there is no receiver of returns; enter its id with the carrier's account")
    return {
        "receiverId": receiver, "customerReference": ref[:50], "shipmentReference": ref[:50],
        "shipper": addresses.customer(sender), "itemWeight": {"uom": "g", "value": weight_g},
    }  # fmt: skip


def returned(answer: Json) -> LabelResult:
    """201 with a number and the label in base64."""
    number, body = number_of(answer.get("shipmentNo")), content(answer.get("label") or {})
    is_bought = bool(number and body)
    papers = (Document(DocumentKind.RETURN_LABEL, LabelFormat.PDF, body),) if body else ()
    messages = () if is_bought else (Message("", str(answer.get("detail") or "no label came"), True),)
    return LabelResult(
        is_bought=is_bought, return_tracking_number=number if is_bought else "", documents=papers, messages=messages,
        routing_code=str(answer.get("routingCode") or ""),
    )  # fmt: skip
