"""Shapes that others publish of this marketplace's answers: older layouts, other dates, queues, several pages in one file."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest

from config.core.money import Money
from marketplaces.adapters.amazon.mapping import MAPPERS
from marketplaces.canonical import Rejected, Settlement, SettlementLine
from marketplaces.contract import Page

CHANGE = {
    "NotificationType": "ORDER_CHANGE",
    "EventTime": "2026-10-02T08:15:30.120Z",
    "Payload": {
        "OrderChangeNotification": {
            "AmazonOrderId": "305-1112223-4445556",
            "OrderChangeType": "OrderStatusChange",
            "Summary": {"OrderStatus": "Shipped"},
        }
    },
    "NotificationMetadata": {"NotificationId": "n-1"},
}
UNITS = {
    "NotificationType": "FBA_INVENTORY_AVAILABILITY_CHANGES",
    "EventTime": "2026-10-02T08:15:30Z",
    "Payload": {
        "SKU": "MUG-1",
        "FulfillmentInventoryByMarketplace": [
            {"MarketplaceId": "A1PA6795UKMFR9", "FulfillmentInventory": {"Fulfillable": 4}}
        ],
    },
}


def read(resource: str, body: object, **context: str) -> list:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(MAPPERS[resource](Page(resource=resource, body=raw, context=context)))


def order(number: str) -> dict:
    return {"orderId": number, "createdTime": "2026-10-02T08:15:30.120Z", "orderItems": []}


def tsv(*rows: tuple[str, ...]) -> bytes:
    return "\r\n".join("\t".join(row) for row in rows).encode()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: one,
        lambda one: [one],
        lambda one: {"detail": one},
        lambda one: {"Messages": [{"MessageId": "m-1", "Body": json.dumps(one)}]},
        lambda one: {"Records": [{"messageId": "m-1", "body": json.dumps({"Message": json.dumps(one)})}]},
    ],
    ids=["bare", "list", "bus", "queue", "queue to a function"],
)
def test_it_reads_notifications_in_whatever_a_queue_hands_them_out(wrap):
    (change,) = read("order_changes", wrap(CHANGE))
    assert (change.order_id, change.kind, change.external_id) == ("305-1112223-4445556", "shipped", "ORDER_CHANGE:n-1")
    (units,) = read("stock", wrap(UNITS))
    assert (units.sku, units.pool, units.available) == ("MUG-1", "AMAZON_EU", 4)


@pytest.mark.parametrize(
    "body",
    [
        {"orders": [order("A-1"), order("A-2")]},
        {"payload": {"orders": [order("A-1"), order("A-2")]}},
        {"payload": [order("A-1"), order("A-2")]},
        [order("A-1"), order("A-2")],
        [{"orders": [order("A-1")]}, {"order": order("A-2")}],
    ],
    ids=["page", "envelope", "list in it", "list", "pages"],
)
def test_it_reads_orders_of_a_page_of_several_pages_and_of_a_list(body):
    assert [row.external_id for row in read("orders", body)] == ["A-1", "A-2"]


def test_it_reads_one_order_per_line():
    lines = f"{json.dumps(order('A-1'))}\n{json.dumps(order('A-2'))}\n".encode()
    assert [row.external_id for row in read("orders", lines)] == ["A-1", "A-2"]


def test_it_reads_json_in_utf_16():
    assert [row.external_id for row in read("orders", json.dumps(order("A-1")).encode("utf-16"))] == ["A-1"]


def test_it_reads_summaries_of_stock_without_their_answer():
    rows = read("stock", [{"sellerSku": "MUG-1", "inventoryDetails": {"fulfillableQuantity": 7}}], store="DE")
    assert [(row.external_id, row.available) for row in rows] == [("AMAZON_EU:MUG-1", 7)]


def test_it_reads_prices_in_an_envelope():
    item = {
        "sku": "MUG-1",
        "summaries": [{"marketplaceId": "A1PA6795UKMFR9"}],
        "offers": [{"marketplaceId": "A1PA6795UKMFR9", "price": {"currencyCode": "EUR", "amount": "12.50"}}],
    }
    (row,) = read("prices", {"payload": {"items": [item]}})
    assert (row.channel, row.price) == ("DE", Money("12.50", "EUR"))


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("prices", {"sku": "MUG-1", "quantity": 3}),
        ("prices", tsv(("seller-sku", "quantity"), ("MUG-1", "4"))),
        ("stock", tsv(("sku", "fulfillment-channel", "shipment-id"), ("MUG-1", "AFN", "S-1"))),
        ("taxonomy", [{"name": "#T1001", "lineItems": []}]),
    ],
)
def test_it_refuses_what_belongs_to_another_resource_instead_of_saying_nothing(resource, body):
    (refused,) = read(resource, body)
    assert isinstance(refused, Rejected)


def test_it_reads_returns_to_the_seller_whose_days_name_their_month():
    header = (
        "Order ID",
        "Return request date",
        "Return request status",
        "Amazon RMA ID",
        "Merchant SKU",
        "Return quantity",
    )
    (row,) = read("returns", tsv(header, ("113-1-1", "14-Jul-2026", "Approved", "R-1", "RING-1", "2")))
    assert (row.returned_at, row.quantity, row.is_handled) == (datetime(2026, 7, 14, tzinfo=UTC), 2, False)
    (refused,) = read("returns", tsv(header, ("113-1-1", "14-Foo-2026", "Approved", "R-1", "RING-1", "2")))
    assert "'14-Foo-2026' is not a date" in refused.reason


def test_it_takes_the_other_price_where_a_fee_preview_does_not_know_one():
    header = ("sku", "your-price", "sales-price", "currency", "estimated-referral-fee-per-unit")
    (row,) = read("fees", tsv(header, ("MUG-1", "25.00", "--", "USD", "3.75")), store="US")
    assert (row.price, row.parts[0].amount) == (Money("25.00", "USD"), Money("-3.75", "USD"))


def test_the_older_statement_tells_units_in_a_row_without_amounts():
    names = (
        "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
        "transaction-type", "order-id", "order-item-code", "sku", "quantity-purchased", "price-type", "price-amount",
        "item-related-fee-type", "item-related-fee-amount",
    )  # fmt: skip
    span = ("2026-09-01T00:00:00+00:00", "2026-09-15T00:00:00+00:00", "2026-09-17T00:00:00+00:00")
    item = ("9001", "", "", "", "", "", "Order", "112-1", "62538", "MUG-1")
    body = tsv(
        names,
        ("9001", *span, "26.99", "USD"),
        (*item, "3"),
        (*item, "", "Principal", "27.99"),
        (*item, "", "", "", "FBAPerOrderFulfillmentFee", "-1.00"),
    )
    head, *lines = read("settlements", body)
    assert isinstance(head, Settlement)
    assert all(isinstance(line, SettlementLine) for line in lines)
    assert [(line.amount.amount, line.quantity) for line in lines] == [(Money("27.99", "USD").amount, 3), (-1, None)]


def test_it_refuses_a_zip_that_is_locked_or_damaged():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("DE.tsv", tsv(("seller-sku", "price"), ("MUG-1", "1.00")))
    whole = packed.getvalue()
    (row,) = read("listings", whole)
    assert (row.channel, row.price) == ("DE", Money("1.00", "EUR"))
    locked = bytearray(whole)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    for body, why in ((bytes(locked), "locked with a password"), (whole[:-20], "the zip file is damaged")):
        (refused,) = read("listings", body)
        assert why in refused.reason
