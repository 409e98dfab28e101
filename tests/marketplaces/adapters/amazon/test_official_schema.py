"""What our client sends and what the sandbox answers, held against the schemas that the marketplace publishes."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from config.core import clock
from marketplaces.adapters.amazon.mapping import MAPPERS
from marketplaces.adapters.amazon.sandbox import sandbox_event
from marketplaces.canonical import Fulfilment, Listing, OrderStatus
from marketplaces.contract import CommandKind, Outbound, Page, Window
from tests.marketplaces.adapters.amazon.conftest import TODAY, Shop

SPECS = Path(__file__).parents[5] / "shared" / "specs" / "amazon"
FILES = (
    "orders_2026-01-01", "ordersV0", "reports_2021-06-30", "listingsItems_2021-08-01", "fbaInventory",
    "productPricingV0", "productFeesV0", "sellers", "definitionsProductTypes_2020-09-01",
)  # fmt: skip
WEEK = Window(TODAY - timedelta(days=7), TODAY)

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason=f"the official schemas are not at {SPECS}")


def operations() -> list[tuple[str, re.Pattern[str], dict[str, Any], dict[str, Any]]]:
    """Every published operation: method, pattern of its path, its description, and the document it stands in."""
    found = []
    for name in FILES:
        document = json.loads((SPECS / f"{name}.json").read_text())
        for path, methods in document["paths"].items():
            pattern = re.compile("/[^/]+/[^/]+" + re.sub(r"\\{[^}]+\\}", "[^?]+?", re.escape(path)))
            shared = methods.get("parameters", [])
            for method, operation in methods.items():
                if method != "parameters":
                    parameters = [*shared, *operation.get("parameters", [])]
                    found.append((method.upper(), pattern, {**operation, "parameters": parameters}, document))
    return sorted(found, key=lambda item: -len(item[1].pattern))


def operation_of(method: str, path: str, known: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    matches = [item for item in known if item[0] == method and item[1].fullmatch(path)]
    return (matches[0][2], matches[0][3]) if matches else None


def check(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    jsonschema.Draft4Validator({**schema, "definitions": document["definitions"]}).validate(value)


def check_request(request: Any, operation: dict[str, Any], document: dict[str, Any]) -> None:
    parameters = {p["name"]: p for p in operation["parameters"]}
    query = {name: p for name, p in parameters.items() if p.get("in") == "query"}
    assert set(request.params) <= set(query), (
        f"{operation['operationId']} does not know {set(request.params) - set(query)}"
    )
    required = {name for name, p in query.items() if p.get("required")}
    assert required <= set(request.params), operation["operationId"]
    for name, text in request.params.items():
        check_parameter(text, query[name], document)
    bodies = [p for p in parameters.values() if p.get("in") == "body"]
    if bodies:
        check(json.loads(request.body), bodies[0]["schema"], document)


def check_parameter(text: str, parameter: dict[str, Any], document: dict[str, Any]) -> None:
    values = text.split(",") if parameter.get("type") == "array" else [text]
    if parameter.get("maxItems"):
        assert len(values) <= parameter["maxItems"], parameter["name"]
    allowed = parameter.get("items", parameter).get("enum")
    if allowed:
        assert set(values) <= set(allowed), parameter["name"]
    if parameter.get("type") == "integer":
        assert parameter.get("minimum", 0) <= int(text) <= parameter.get("maximum", 10**9), parameter["name"]


def check_all(shop: Shop) -> set[str]:
    """Check every exchange so far; returns the operations that were met."""
    known, met = operations(), set()
    for request, answer in shop.sandbox.seen:
        if any(part in request.path for part in ("/auth/", "/storage/", "/schemas/")):
            continue
        found = operation_of(request.method, request.path, known)
        assert found, f"{request.method} {request.path} is no published operation"
        operation, document = found
        met.add(operation["operationId"])
        check_request(request, operation, document)
        described = operation["responses"].get(str(answer.status))
        assert described, f"{operation['operationId']} does not answer {answer.status}"
        if described.get("schema") and answer.body:
            check(json.loads(answer.body), described["schema"], document)
    return met


def read(shop: Shop, resource: str, window: Window) -> list[Any]:
    return [row for page in getattr(shop.client(), resource)(window) for row in MAPPERS[resource](page)]


def listings(shop: Shop) -> list[Listing]:
    client = shop.client()
    remote_id = client.request_report("listings", WEEK)
    with clock.frozen(TODAY + timedelta(minutes=10)):
        page: Page = client.download("listings", client.report_state("listings", remote_id))
    return list(MAPPERS["listings"](page))


def test_it_reads_orders_by_the_published_schema(shop: Shop):
    rows = read(shop, "orders", WEEK)
    assert shop.client().by_id("orders", rows[0].external_id)
    shop.settings["orders_api"] = "v0"
    assert len(read(shop, "orders", Window(TODAY - timedelta(days=1), TODAY))) > 10
    assert check_all(shop) >= {"searchOrders", "getOrder", "getOrders", "getOrderItems"}


def test_it_reads_reports_by_the_published_schema(shop: Shop):
    assert shop.client().find_report("listings", WEEK) == ""
    assert listings(shop)
    assert read(shop, "settlements", Window(TODAY - timedelta(days=40), TODAY))
    assert check_all(shop) == {"createReport", "getReport", "getReportDocument", "getReports"}


def test_it_reads_stock_prices_fees_and_offers_by_the_published_schema(shop: Shop):
    for row in listings(shop)[:25]:
        shop.subjects.append({"sku": row.sku, "channel": row.channel, "item": row.product_ids[0].value})
    for resource in ("stock", "prices", "fees", "offers"):
        assert read(shop, resource, WEEK), resource
    assert shop.client().probe() == "Connected; stores: DE, ES, FR, IT, NL"
    assert check_all(shop) >= {
        "getInventorySummaries", "searchListingsItems", "getMyFeesEstimates", "getItemOffersBatch",
        "getMarketplaceParticipations",
    }  # fmt: skip


def test_it_writes_by_the_published_schema(shop: Shop):
    client = shop.client()
    own = next(row for row in listings(shop) if row.fulfilment is Fulfilment.MERCHANT and row.price)
    write = {"channel": own.channel, "sku": own.sku, "external_id": own.external_id}
    client.send(Outbound(kind=CommandKind.SET_PRICE, key="1", payload={"price": "24.90"}, **write))
    client.send(Outbound(kind=CommandKind.SET_STOCK, key="2", payload={"quantity": 3}, **write))
    pictures = ["https://images.example.invalid/1.jpg", "https://images.example.invalid/2.jpg"]
    for kind, payload in (
        (CommandKind.SET_TITLE, {"title": "Becher"}), (CommandKind.SET_IMAGES, {"images": pictures}),
        (CommandKind.SET_IMAGES, {"images": pictures[:1]}), (CommandKind.SET_ATTRIBUTES, {"attributes": {"color": "Rot"}}),
    ):  # fmt: skip
        words = Outbound(kind=kind, key="4", payload=payload, **write)
        client.send(words)
        client.read_back(words, "")
    order = next(
        row
        for row in read(shop, "orders", WEEK)
        if row.fulfilment is Fulfilment.MERCHANT and row.status is OrderStatus.TO_SHIP
    )
    parcel = {
        "carrier": "DHL", "tracking_number": "00340000000000000001", "shipped_at": TODAY.isoformat(),
        "lines": {line.external_id: line.quantity for line in order.lines},
    }  # fmt: skip
    confirm = Outbound(
        kind=CommandKind.CONFIRM_SHIPMENT, key="3", channel=order.channel, external_id=order.external_id, payload=parcel
    )
    client.send(confirm)
    client.read_back(confirm, "")
    assert check_all(shop) >= {"getListingsItem", "patchListingsItem", "confirmShipment"}


def test_it_reads_product_types_and_the_schemas_of_those_that_are_mapped_to(shop: Shop):
    shop.subjects += [{"item": "TOYS"}, {"item": "NO_SUCH_TYPE"}]
    pages = list(shop.client().taxonomy(WEEK))
    assert [page.context["product_type"] for page in pages] == ["", "TOYS"]
    found = [row for page in pages for row in MAPPERS["taxonomy"](page)]
    keys = ["item_name", "brand", "color", "number_of_items", "item_weight", "is_fragile"]
    assert [asked.key for asked in found[-1].asks] == keys
    name, brand, _, count, weight, fragile = found[-1].asks
    assert (name.max_length, name.is_required, brand.is_required) == (200, True, True)
    assert (count.kind, weight.kind, fragile.kind) == ("number", "number", "flag")
    assert check_all(shop) == {"searchDefinitionsProductTypes", "getDefinitionsProductType"}


def test_it_pushes_order_changes_by_the_published_schema(shop: Shop):
    schema = json.loads((SPECS / "notifications" / "OrderChangeNotification.json").read_text())
    view = shop.view
    events = view.events(since=TODAY - timedelta(days=2), until=TODAY)
    assert len(events) > 50
    for event in events:
        jsonschema.validate(json.loads(sandbox_event(view, event)), schema)
