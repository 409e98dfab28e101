"""What we send and what the sandbox answers, against bol's published description of v10."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from marketplaces.adapters.bol.endpoints import V10
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.contract import CommandKind, Outbound, Window
from tests.marketplaces.adapters.bol.simulated import NOW, client_of, days

FOLDER = Path(__file__).parents[5] / "shared/specs/bol"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="bol's published schemas are not in ../shared/specs/bol")

UNDESCRIBED = ("/token", "/retailer/invoices")
"""Called, but without a schema: the token host, and invoices, whose answers are declared as bytes."""


def documents() -> list[dict]:
    return [json.loads((FOLDER / name).read_text()) for name in ("retailer.json", "shared.json")]


def described(method: str, path: str) -> tuple[dict, dict] | None:
    for document in documents():
        for pattern, methods in document["paths"].items():
            if method.lower() in methods and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), path):
                return document, methods[method.lower()]
    return None


def check(document: dict, schema: dict, body: bytes) -> None:
    loaded = json.loads(body)
    whole = {**schema, "components": document["components"]}
    errors = [f"{list(e.path)}: {e.message}" for e in Draft4Validator(whole).iter_errors(loaded)]
    assert errors == []


@pytest.fixture
def exercised(bol):
    """Every call of v10 that the client makes, made once."""
    listing = bol.view.listings()[0]
    subject = {"sku": listing.product.sku, "channel": "NL", "gtin": listing.product.ean,
               "external_id": ids.offer_id(listing.serial)}  # fmt: skip
    client = client_of(bol, subjects=lambda resource: [subject], settings={"offers_api": "v10"})
    client.probe()
    for resource in ("orders", "order_changes", "stock", "returns", "fees", "offers"):
        list(getattr(client, resource)(Window(NOW - days(1), NOW)))
    client.by_id("listings", subject["external_id"])
    client.by_id("returns", f"5{bol.view.returns(since=NOW - days(9), until=NOW)[0].serial}")
    remote_id = client.request_report("listings", Window(NOW, NOW))
    order = next(o for o in reversed(bol.view.orders(since=NOW - days(2), until=NOW)) if not o.shipped_at)
    lines = {ids.line_id(line.serial): 1 for line in order.lines}
    uploads: list[tuple[Outbound, str]] = []
    for kind, target, payload in (
        (CommandKind.SET_PRICE, subject["external_id"], {"price": "12.30"}),
        (CommandKind.SET_STOCK, subject["external_id"], {"quantity": 3}),
        (CommandKind.SET_HOLD, subject["external_id"], {"on_hold": "yes"}),
        (CommandKind.SET_TITLE, subject["external_id"], {"title": "Beker"}),
        (CommandKind.SET_IMAGES, subject["external_id"], {"images": ["https://images.example.invalid/1.jpg"]}),
        (CommandKind.CONFIRM_SHIPMENT, ids.order_id(order.serial), {"carrier": "GLS", "lines": lines}),
        (
            CommandKind.CORRECT_TRACKING,
            ids.order_id(order.serial),
            {"carrier": "GLS", "tracking_number": "T2", "was": [""]},
        ),
    ):
        write = Outbound(kind=kind, key="k", external_id=target, payload=payload)
        uploads.append((write, client.send(write).remote_ref))
    client.ensure_subscription("https://north.example/hooks")
    client.ensure_subscription("https://north.example/hooks")
    client.signature_keys()
    bol.at = NOW + timedelta(minutes=1)
    client.report_state("listings", remote_id)
    for write, remote_ref in uploads:
        client.read_back(write, remote_ref)
    return bol


def test_it_sends_and_answers_what_the_published_schema_describes(exercised):
    checked = set()
    for request, status, body in exercised.seen:
        if request.path.startswith(UNDESCRIBED) or request.headers.get("Accept") != V10:
            continue
        found = described(request.method, request.path)
        assert found, f"{request.method} {request.path} is not in the published description"
        document, operation = found
        if request.body:
            check(document, operation["requestBody"]["content"][V10]["schema"], request.body)
        allowed = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        assert set(request.params) <= allowed
        if body != b"{}":
            check(document, operation["responses"][str(status)]["content"][V10]["schema"], body)
        checked.add((request.method, operation["operationId"]))
    assert len(checked) >= 22
