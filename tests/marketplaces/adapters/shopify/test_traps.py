"""One test for each trap of the shop's interface that costs money or a parcel and that no other file holds."""

import json
from decimal import Decimal

import pytest

from config.core.money import Money
from marketplaces.adapters.shopify.mapping import MAPPERS
from marketplaces.contract import Page
from tests.marketplaces.adapters.shopify.test_settlements import lines as settled
from tests.marketplaces.adapters.shopify.test_settlements import movement


def price(amount, currency="EUR"):
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def position(number=1, quantity=1, amount="10.00", currency="EUR", **more):
    return {
        "id": f"gid://shopify/LineItem/{number}", "sku": f"SKU-{number}", "title": "Lamp", "quantity": quantity,
        "currentQuantity": quantity, "unfulfilledQuantity": quantity, "originalUnitPriceSet": price(amount, currency), **more,
    }  # fmt: skip


def mapped(*positions, context=None, **more):
    told = {
        "id": "gid://shopify/Order/1", "createdAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-02T10:00:00Z",
        "currencyCode": "EUR", "taxesIncluded": True, "displayFinancialStatus": "PAID", "sourceName": "web",
        "displayFulfillmentStatus": "UNFULFILLED", "lineItems": {"nodes": list(positions or [position()])}, **more,
    }  # fmt: skip
    body = json.dumps({"data": {"orders": {"nodes": [told]}}}).encode()
    return list(MAPPERS["orders"](Page(resource="orders", body=body, context=context or {})))


def test_an_edited_order_keeps_what_was_bought_and_ships_only_what_is_left():
    (order,) = mapped(position(1, 3, currentQuantity=1, unfulfilledQuantity=1), position(2, 1, currentQuantity=0))
    assert [(line.quantity, line.quantity_cancelled, line.quantity_shipped) for line in order.lines] == [
        (3, 2, 0), (1, 1, 0),
    ]  # fmt: skip
    assert (order.status, order.lines[0].item_total) == ("to_ship", Money(Decimal("30.00"), "EUR"))


def test_a_refund_keeps_the_fee_of_the_payment_and_books_none():
    rows = settled(movement("REFUND", "-15.00", "0.00", "-15.00"))[1:]
    assert [(row.line_class, row.amount.amount) for row in rows] == [("refund_principal", Decimal("-15.00"))]


def test_what_is_told_as_paid_is_never_computed_even_where_it_is_nothing():
    rows = settled(movement("ADJUSTMENT", "5.00", "-5.00", "0.00"))[1:]
    assert sum(row.amount.amount for row in rows) == 0


@pytest.mark.parametrize(("source", "count"), [("web", 1), ("Other Market", 0), ("other market", 0), ("pos", 1)])
def test_a_sale_that_another_connection_brings_is_not_counted_twice(source, count):
    context = {"other_sources": "other market, third"}
    assert len(mapped(sourceName=source, context=context)) == count


def test_a_test_order_reaches_no_books():
    assert mapped(test=True) == []


def test_a_currency_without_cents_comes_with_decimals_all_the_same():
    (order,) = mapped(
        position(amount="1500.0", currency="JPY"), currencyCode="JPY", totalPriceSet=price("1500.0", "JPY")
    )
    assert (order.total, order.lines[0].unit_price) == (Money(Decimal(1500), "JPY"), Money(Decimal(1500), "JPY"))


def test_a_deleted_variant_leaves_the_position_with_its_sku_and_a_channels_tax_is_not_ours():
    ours = {"rate": 0.19, "priceSet": price("1.60"), "channelLiable": False}
    theirs = {"rate": 0.07, "priceSet": price("0.65"), "channelLiable": True}
    (order,) = mapped(position(variant=None, product=None, taxLines=[ours, theirs]))
    assert (order.lines[0].sku, order.lines[0].tax) == ("SKU-1", Money(Decimal("1.60"), "EUR"))


def test_fields_that_are_not_told_are_no_proof_and_unknown_ones_no_trouble():
    (order,) = mapped(position(futureField={"x": 1}), totalPriceSet=None, brandNewField=[1, 2])
    assert (order.total, order.ship_by, order.status) == (None, None, "to_ship")
