"""Each layer of the matching gives what an accountant would."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Identifier, Product, RemoteProduct, Sku
from finance import matches, sinks
from finance.classes import Scope
from finance.models import Match, Settlement, SettlementLine
from finance.selectors import statements as selectors
from inventory import sinks as inventory_sinks
from marketplaces.canonical import ChangeKind, OrderChange, Return
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import SettlementLine as Row
from marketplaces.models import Gap
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
EAN = factories.gtin("0000000000017")


@pytest.fixture
def settle(account, noon):
    """Land one statement with these lines and match it; returns layer, reason and order line of each row."""

    def settled(*rows: Row) -> list[tuple[int, str, str | None]]:
        source = factories.source(account, "settlements")
        sinks.settlements([header()], source)
        sinks.settlement_lines(rows, source)
        matches.rebuild([Settlement.objects.get().pk])
        found = Match.objects.order_by("settlement_line__row_no", "part")
        return list(found.values_list("layer", "reason", "order_line__external_id"))

    return settled


def two_lines(**second: Any):
    first = factories.order_line("L1", sku="MUG", item_total=euro("39.90"), expected_fee=euro("-6.00"))
    values = {"sku": "PAN", "quantity": 1, "item_total": euro("20.00"), "unit_price": euro("20.00"), **second}
    return factories.order("O-1", lines=(first, factories.order_line("L2", **values)))


def test_it_matches_by_line_id_even_when_no_line_of_the_order_has_the_sku(sell, settle):
    sell(two_lines())
    assert settle(line(1, C.COMMISSION, "-3", order_id="O-1", line_id="L2", sku="CUP")) == [(1, "line_id", "L2")]


def test_it_believes_the_sku_when_the_line_id_is_that_of_another_line(sell, settle):
    sell(two_lines())
    rows = [
        line(1, C.COMMISSION, "-3", order_id="O-1", line_id="L2", sku="MUG"),
        line(2, C.COMMISSION, "-4", order_id="O-1", line_id="L2"),
    ]
    assert settle(*rows) == [(2, "product", "L1"), (4, "same_group", "L1")]


def test_it_matches_by_sku_when_the_line_id_is_unknown(sell, settle):
    sell(two_lines())
    assert settle(line(1, C.COMMISSION, "-3", order_id="O-1", line_id="X9", sku="PAN")) == [(2, "product", "L2")]


def test_it_matches_by_bar_code_when_the_order_names_the_sku(sell, settle):
    sell(two_lines(product_ids=EAN))
    assert settle(line(1, C.PRINCIPAL, "16.53", order_id="O-1", product_ids=EAN)) == [(2, "product", "L2")]


def test_it_matches_by_bar_code_through_the_catalogue(sell, settle, account):
    sku = Sku.objects.create(code="PAN", product=Product.objects.create(title="Pan"))
    Identifier.objects.create(sku=sku, kind=EAN[0].kind, value=EAN[0].value)
    sell(two_lines())
    assert RemoteProduct.objects.get(remote_id="PAN").sku == sku
    assert settle(line(1, C.PRINCIPAL, "16.53", order_id="O-1", product_ids=EAN)) == [(2, "product", "L2")]


@pytest.mark.parametrize(
    ("quantity", "amount", "expected"),
    [
        (1, "-1", (2, "product_quantity", "L2")),
        (5, "20.00", (2, "product_amount", "L2")),
        (5, "-1", (7, "no_line", None)),
    ],
)
def test_it_tells_two_lines_of_one_product_apart_by_quantity_then_by_amount(sell, settle, quantity, amount, expected):
    sell(two_lines(sku="MUG"))
    assert settle(line(1, C.PRINCIPAL, amount, order_id="O-1", sku="MUG", quantity=quantity)) == [expected]


@pytest.mark.parametrize("amount", ["20.00", "-20.00", "20.01", "-19.99"])
def test_it_matches_by_amount_to_the_cent_when_no_product_is_named(sell, settle, amount):
    sell(two_lines())
    assert settle(line(1, C.REFUND_PRINCIPAL, amount, order_id="O-1")) == [(3, "amount", "L2")]


def test_it_does_not_match_an_amount_that_is_two_cents_away(sell, settle):
    sell(two_lines())
    assert settle(line(1, C.REFUND_PRINCIPAL, "20.02", order_id="O-1")) == [(7, "no_line", None)]


def test_it_takes_the_only_line_of_an_order_when_nothing_speaks_against_it(sell, settle):
    sell(factories.order("O-1", lines=(factories.order_line("L1"),)))
    assert settle(line(1, C.COMMISSION, "-1", order_id="O-1")) == [(3, "only_line", "L1")]


def test_it_never_takes_the_only_line_of_an_order_for_another_product(sell, settle):
    sell(factories.order("O-1", lines=(factories.order_line("L1"),)))
    assert settle(line(1, C.COMMISSION, "-1", order_id="O-1", sku="PAN")) == [(7, "no_line", None)]


def test_it_matches_a_fee_with_the_amount_it_was_booked_with(sell, settle):
    sell(two_lines())
    event = {"order_id": "O-1", "line_id": "scrambled"}
    assert settle(
        line(1, C.REFUND_PRINCIPAL, "-20.00", **event),
        line(2, C.ADMINISTRATION_FEE, "-0.75", **event),
        line(3, C.ADMINISTRATION_FEE, "-0.75", **event, posted_at=START + timedelta(days=9)),
    ) == [(3, "amount", "L2"), (3, "same_event", "L2"), (7, "no_line", None)]


def test_it_follows_a_parcel_that_holds_one_line(sell, settle, account):
    sell(two_lines())
    rows = [
        line(1, C.PRINCIPAL, "20.00", order_id="O-1", line_id="L2", shipment_id="P-2"),
        line(2, C.WRAP, "-1", order_id="O-1", shipment_id="P-2"),
        line(3, C.SHIPPING_LABEL, "-4", shipment_id="P-2"),
        line(4, C.SHIPPING_LABEL, "-4", shipment_id="P-9"),
        line(5, C.FULFILMENT, "-4", order_id="P-2"),
    ]
    assert settle(*rows) == [
        (1, "line_id", "L2"), (4, "shipment", "L2"), (4, "shipment", "L2"), (6, "ledger", None), (4, "shipment", "L2"),
    ]  # fmt: skip
    assert list(SettlementLine.objects.order_by("row_no").values_list("home", "scope")) == [
        ("order", "order"), ("order", "order"), ("shipment", "order"), ("shipment", "shipment"), ("order", "order"),
    ]  # fmt: skip


def test_it_follows_the_parcel_that_an_event_of_the_order_names(sell, settle, account):
    sell(two_lines())
    shipped = OrderChange(
        external_id="E-1", order_id="O-1", kind=ChangeKind.SHIPPED, happened_at=START, line_ids=("L1",),
        shipment_id="P-1",
    )  # fmt: skip
    inventory_sinks.order_changes([shipped], factories.source(account))
    assert settle(line(1, C.WRAP, "3", order_id="O-1", shipment_id="P-1")) == [(4, "shipment", "L1")]


def test_it_follows_the_return_that_the_row_names_or_that_tells_equal_amounts_apart(sell, settle, account):
    sell(two_lines(sku="PAN", item_total=euro("39.90")))
    back = Return(external_id="R-1", order_id="O-1", line_id="L2", quantity=1, returned_at=START)
    inventory_sinks.returns([back], factories.source(account))
    rows = [
        line(1, C.REFUND_PRINCIPAL, "-39.90", order_id="O-1"),
        line(2, C.WRAP, "-1", order_id="O-1", reference="R-1"),
        line(3, C.WRAP, "-1", order_id="O-1", reference="R-2"),
    ]
    assert settle(*rows) == [(4, "return", "L2"), (4, "return", "L2"), (7, "no_line", None)]


def test_it_spreads_a_charge_of_the_whole_order_by_value_so_that_the_cents_make_it_again(sell, settle):
    sell(two_lines())
    assert settle(line(1, C.PAYMENT_FEE, "-1.00", order_id="O-1")) == [
        (5, "by_value", "L1"),
        (5, "by_value", "L2"),
    ]
    parts = Match.objects.order_by("part").values_list("part", "amount")
    assert list(parts) == [(1, Decimal("-0.67")), (2, Decimal("-0.33"))]


def test_it_gives_what_goes_with_a_refund_to_the_refunded_line_alone(sell, settle):
    sell(two_lines())
    rows = [
        line(1, C.REFUND_PRINCIPAL, "-5.00", order_id="O-1", line_id="L2"),
        line(2, C.FEE_REVERSAL, "0.70", order_id="O-1"),
        line(3, C.PAYMENT_FEE, "-1.00", order_id="O-1"),
    ]
    assert settle(*rows) == [
        (1, "line_id", "L2"), (5, "by_value", "L2"), (5, "by_value", "L1"), (5, "by_value", "L2"),
    ]  # fmt: skip


def test_it_never_spreads_goods_or_a_line_that_it_does_not_know(sell, settle):
    sell(two_lines())
    rows = [line(1, C.PRINCIPAL, "5.00", order_id="O-1"), line(2, C.PAYMENT_FEE, "-1", order_id="O-1", line_id="X")]
    assert settle(*rows) == [(7, "no_line", None)] * 2


def test_it_quarantines_a_sale_of_an_unknown_order_and_asks_for_the_order(settle, account):
    assert settle(line(1, C.PRINCIPAL, "5", order_id="O-9", sku="MUG")) == [(7, "no_order", None)]
    assert SettlementLine.objects.get().scope == Scope.QUARANTINE
    assert list(Gap.objects.values_list("account_id", "resource", "external_id")) == [(account.pk, "orders", "O-9")]


def test_it_puts_a_fee_whose_reference_is_no_order_to_the_account(settle):
    assert settle(line(1, C.FULFILMENT, "-5", order_id="CONSIGNMENT-7")) == [(6, "not_an_order", None)]
    assert SettlementLine.objects.get().scope == Scope.ACCOUNT


def test_it_matches_what_was_quarantined_once_the_order_is_known(sell, settle):
    settle(line(1, C.PRINCIPAL, "20.00", order_id="O-1", sku="PAN"))
    sell(two_lines())
    matches.rebuild([Settlement.objects.get().pk])
    assert Match.objects.get().order_line.external_id == "L2"
    assert SettlementLine.objects.get().scope == Scope.ORDER


def test_it_ranks_the_lines_that_a_quarantined_line_may_be_about(sell, settle):
    sell(two_lines())
    settle(line(1, C.REFUND_PRINCIPAL, "20.00", order_id="O-1", sku="CUP"))
    ranked = selectors.candidates(line=SettlementLine.objects.get())
    assert [(name, reason) for _, name, reason in ranked] == [("L2", "same amount"), ("L1", "same order")]


def test_it_refuses_to_match_across_accounts(settle):
    inventory_sinks.orders([two_lines()], factories.source(factories.account("other")))
    assert settle(line(1, C.PRINCIPAL, "20.00", order_id="O-1", line_id="L2")) == [(7, "no_order", None)]
