"""One test for each trap of OTTO's interface that costs money or a parcel and that no other file holds."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from marketplaces.adapters.otto.mapping import MAPPERS
from marketplaces.adapters.otto.sandbox import variations
from marketplaces.canonical import EDITED, Return
from marketplaces.contract import Window
from tests.marketplaces.adapters.otto.simulated import NOW, client_of
from tests.marketplaces.adapters.otto.test_samples import FOLDER, mapped, order_of


def told(**order):
    return mapped("orders", json.dumps({**order_of(("u1", "PROCESSABLE"), ("u2", "PROCESSABLE")), **order}).encode())[0]


def unit(key="u1", **more):
    price = {"amount": 29.9, "currency": "EUR"}
    return {"positionItemId": key, "fulfillmentStatus": "PROCESSABLE", "itemValueGrossPrice": price,
            "product": {"sku": "LAMP", "vatRate": 19}, **more}  # fmt: skip


def test_one_piece_is_one_position_and_equal_pieces_are_a_line():
    (line,) = told(positionItems=[unit("u1"), unit("u2"), unit("u3")]).lines
    assert (line.quantity, sorted(line.extra["position_items"])) == (3, ["u1", "u2", "u3"])
    assert line.item_total.amount == Decimal("89.70")


def test_pieces_whose_payment_is_not_confirmed_hold_stock_though_nobody_knows_where_they_go():
    order = told(positionItems=[unit(fulfillmentStatus="ANNOUNCED")], deliveryAddress=None)
    assert (order.status, order.lines[0].quantity, order.lines[0].quantity_cancelled) == ("pending", 1, 0)
    assert order.ship_to_country == ""


@pytest.mark.parametrize("rate", [19, 19.0, "19", "19.0"])
def test_the_rate_of_the_tax_is_a_number_here_and_a_text_there(rate):
    line = told(positionItems=[unit(product={"sku": "LAMP", "vatRate": rate})]).lines[0]
    assert Decimal(line.extra["vat_rate"]) == 19


def test_a_promise_that_is_missing_is_not_known_and_the_earliest_of_several_counts():
    assert told(positionItems=[unit(), unit("u2")]).deliver_by is None
    dated = [unit(), unit("u2", expectedDeliveryDate="2026-03-06T00:00:00Z"),
             unit("u3", expectedDeliveryDate="2026-03-05T00:00:00.000+0000")]  # fmt: skip
    assert told(positionItems=dated).deliver_by == datetime(2026, 3, 5, tzinfo=UTC)


def test_every_interface_spells_the_date_in_its_own_way(otto):
    client, since = client_of(otto, settings={"statement_mailbox": ""}), NOW - timedelta(days=2)
    for resource in ("orders", "order_changes", "settlements"):
        list(getattr(client, resource)(Window(since, NOW)))
    spelt = {
        request.path: {name for name in request.params if "date" in name.lower() or name in ("from", "to")}
        for request in reversed(otto.seen) if request.method == "GET"
    }  # fmt: skip
    assert (spelt["/v4/orders"], spelt["/v1/shipments"], spelt["/v3/receipts"]) == (
        {"fromDate"}, {"datefrom"}, {"from", "to"},
    )  # fmt: skip


def test_a_return_that_was_accepted_is_no_refund_before_its_receipt_comes():
    rows = mapped("returns", (FOLDER / "returns.accepted.json").read_bytes())
    assert {type(row) for row in rows} == {Return}
    assert all(row.is_handled for row in rows)


def test_words_that_the_marketplace_edited_itself_are_told_by_an_issue_that_names_the_day(otto):
    client = client_of(otto)
    pages = list(client.listings(Window(NOW, NOW)))
    rows = [row for page in pages for row in MAPPERS["listings"](page)]
    edited = {row.sku: issue for row in rows for issue in row.issues if issue.code == EDITED}
    expected = {x.product.sku for x in otto.view.listings() if variations.is_edited(x)}
    assert set(edited) == expected != set()
    issue = next(iter(edited.values()))
    assert (issue.severity, issue.is_blocking, issue.attributes) == ("info", False, ())
    assert re.fullmatch(
        r"the marketplace edited the content itself on 2026-0[23]-\d\d 00:00 UTC; https://shop\S+", issue.message
    )


def test_one_piece_in_two_parcels_is_told_by_two_shipments_of_one_line():
    item = {"positionItemId": "u1", "salesOrderId": "s1"}
    parcels = [
        {"shipmentId": f"p{n}", "trackingKey": {"carrier": "DHL", "trackingNumber": f"00{n}"},
         "shipDate": "2026-03-03T13:05:00Z", "positionItems": [item]} for n in (1, 2)
    ]  # fmt: skip
    rows = mapped("order_changes", json.dumps({"shipments": parcels, "orders": [order_of(("u1", "SENT"))]}).encode())
    assert [(row.order_id, row.line_ids, row.shipment_id, row.tracking_number) for row in rows] == [
        ("k7demo42xq", ("u1",), "p1", "001"), ("k7demo42xq", ("u1",), "p2", "002"),
    ]  # fmt: skip
