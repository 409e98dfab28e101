"""Labels that can be printed: real PDF files with a barcode, and ZPL. Everything a parcel in Germany must show is on them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

Json = Mapping[str, Any]
SIZE = (103 * mm, 199 * mm)
HEAVY_G, VERY_HEAVY_G = 10_000, 20_000
NAMES = {
    "V01PAK": "DHL PAKET", "V62KP": "DHL KLEINPAKET", "V53WPAK": "DHL PAKET INTERNATIONAL", "V54EPAK": "DHL EUROPAKET",
    "V66WPI": "WARENPOST INTERNATIONAL", "RETURN": "DHL RETOURE",
}  # fmt: skip


def lines_of(place: Json) -> list[str]:
    """An address as it is written, one line each."""
    names = [str(place[name]) for name in ("name1", "name", "name2", "name3") if place.get(name)]
    if place.get("lockerID"):
        street = f"Packstation {place['lockerID']} / {place['postNumber']}"
    elif place.get("retailID"):
        street = f"Postfiliale {place['retailID']} {place.get('postNumber', '')}".strip()
    elif place.get("poBoxID"):
        street = f"Postfach {place['poBoxID']}"
    else:
        street = f"{place.get('addressStreet', '')} {place.get('addressHouse', '')}".strip()
    extra = [str(place["additionalAddressInformation1"])] if place.get("additionalAddressInformation1") else []
    return [
        *names,
        street,
        *extra,
        f"{place.get('postalCode', '')} {place.get('city', '')}",
        str(place.get("country", "")),
    ]


def services_of(shipment: Json) -> Iterator[str]:
    """What the driver must do, in words on the label."""
    services = shipment.get("services") or {}
    if services.get("namedPersonOnly"):
        yield "PERSOENLICHE UEBERGABE"
    if services.get("visualCheckOfAge"):
        yield f"ALTERSSICHTPRUEFUNG {services['visualCheckOfAge'][1:]}+"
    if services.get("noNeighbourDelivery"):
        yield "KEINE NACHBARSCHAFTSZUSTELLUNG"
    weight = grams(shipment)
    if weight > HEAVY_G:
        yield f"GEWICHT UEBER {20 if weight > VERY_HEAVY_G else 10} KG"


def grams(shipment: Json) -> int:
    told = (shipment.get("details") or {}).get("weight") or {}
    return round(float(told.get("value", 0)) * (1000 if told.get("uom") == "kg" else 1))


def label(shipment: Json, number: str, routing: str, *, size: tuple[float, float] = SIZE) -> bytes:
    """One page: product, sender, receiver, services, weight, reference, routing code and number with their barcodes."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=size, invariant=1)
    canvas.setTitle(f"Label {number}")
    width, height = size
    _text(canvas, 14, [NAMES.get(shipment["product"], shipment["product"])], top=height - 10 * mm)
    _text(canvas, 7, ["Absender", *lines_of(shipment["shipper"])], top=height - 18 * mm)
    _text(canvas, 12, lines_of(shipment["consignee"]), top=height - 45 * mm)
    _text(canvas, 10, list(services_of(shipment)), top=height - 84 * mm)
    about = [
        f"Gewicht {grams(shipment) / 1000:.2f} kg", f"Referenz {shipment.get('refNo', '')}",
        f"Auftrag {shipment.get('costCenter', '-')}", f"Versand {shipment.get('shipDate', '')}",
    ]  # fmt: skip
    _text(canvas, 8, about, top=height - 104 * mm)
    _barcode(canvas, routing.replace("+", ""), f"Leitcode {routing}", bottom=42 * mm)
    _barcode(canvas, number, f"Sendungsnr. {number}", bottom=10 * mm)
    canvas.rect(2 * mm, 2 * mm, width - 4 * mm, height - 4 * mm)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def sheet(title: str, rows: list[str]) -> bytes:
    """A page of A4 with a title and lines: manifests and customs declarations exist in no other size."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    _text(canvas, 14, [title], top=A4[1] - 20 * mm)
    for start in range(0, max(len(rows), 1), 50):
        _text(canvas, 9, rows[start : start + 50], top=A4[1] - 30 * mm)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def customs(shipment: Json, number: str) -> bytes:
    """A CN23: who sends what to whom, of which tariff number, origin, weight and value, position by position and in all."""
    told = shipment["customs"]
    rows = ["Absender", *lines_of(shipment["shipper"]), "", "Empfaenger", *lines_of(shipment["consignee"]), ""]
    rows += [f"Art {told['exportType']}  Rechnung {told.get('invoiceNo', '-')}  MRN {told.get('MRN', '-')}", ""]
    rows += [_position(item) for item in told["items"]]
    currency = told["items"][0]["itemValue"]["currency"]
    value = sum(item["itemValue"]["value"] * item["packagedQuantity"] for item in told["items"])
    charges = told["postalCharges"]
    rows += [
        "", f"Gesamtwert {value:.2f} {currency}", f"Gewicht {grams(shipment) / 1000:.3f} kg",
        f"Porto {charges['value']:.2f} {charges['currency']}",
    ]  # fmt: skip
    return sheet(f"CN23 {number}", rows)


def _position(item: Json) -> str:
    value = item["itemValue"]
    return (
        f"{item['packagedQuantity']} x {item['itemDescription'][:50]}  HS {item['hsCode']}  Ursprung {item['countryOfOrigin']}"
        f"  {item['itemWeight']['value']} g  {value['value']:.2f} {value['currency']}"
    )


def zpl(shipment: Json, number: str, routing: str) -> str:
    lines = [NAMES.get(shipment["product"], ""), *lines_of(shipment["consignee"]), *services_of(shipment)]
    words = "".join(f"^FO40,{60 + 40 * row}^A0N,28,28^FD{_plain(line)}^FS" for row, line in enumerate(lines))
    codes = f"^FO40,700^BCN,120,Y,N,N^FD{routing.replace('+', '')}^FS^FO40,900^BCN,120,Y,N,N^FD{number}^FS"
    return f"^XA^CI28{words}{codes}^FO40,1080^A0N,22,22^FDRef {shipment.get('refNo', '')}^FS^XZ"


def _plain(text: str) -> str:
    return text.replace("^", " ").replace("~", " ")


def _text(canvas: Canvas, size: int, lines: list[str], *, top: float) -> None:
    canvas.setFont("Helvetica", size)
    for row, line in enumerate(lines):
        canvas.drawString(6 * mm, top - row * size * 1.25, line)


def _barcode(canvas: Canvas, value: str, caption: str, *, bottom: float) -> None:
    code = Code128(value, barWidth=0.28 * mm, barHeight=18 * mm, quiet=False)
    code.drawOn(canvas, 6 * mm, bottom + 4 * mm)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(6 * mm, bottom, caption)
