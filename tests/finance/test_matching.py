"""The matching in SQL gives what the plain rule gives, and each layer gives what an accountant would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Identifier, Product, RemoteProduct, Sku
from finance import matches, sinks
from finance.classes import Scope
from finance.models import Match, Settlement, SettlementLine
from finance.reconciliation import Amount, Found, Item, match
from finance.selectors import statements as selectors
from inventory import sinks as inventory_sinks
from inventory.models import OrderLine
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
        found = Match.objects.order_by("settlement_line__row_no")
        return list(found.values_list("layer", "reason", "order_line__external_id"))

    return settled


def two_lines(**second: Any):
    first = factories.order_line("L1", sku="MUG", item_total=euro("39.90"), expected_fee=euro("-6.00"))
    values = {"sku": "PAN", "quantity": 1, "item_total": euro("20.00"), "unit_price": euro("20.00"), **second}
    return factories.order("O-1", lines=(first, factories.order_line("L2", **values)))


def test_it_matches_by_line_id_first_even_when_the_sku_says_otherwise(sell, settle):
    sell(two_lines())
    assert settle(line(1, C.COMMISSION, "-3", order_id="O-1", line_id="L2", sku="MUG")) == [(1, "line_id", "L2")]


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


# The same on random statements

SKUS = ("MUG", "PAN")
AMOUNTS = ("10.00", "10.01", "19.95", "20.00", "39.90")
order_lines = st.lists(
    st.tuples(st.sampled_from(SKUS), st.integers(1, 3), st.sampled_from(AMOUNTS), st.booleans()), min_size=1, max_size=4
)
statement_lines = st.tuples(
    st.sampled_from([C.PRINCIPAL, C.REFUND_PRINCIPAL, C.COMMISSION, C.FULFILMENT, C.STORAGE, C.RESERVE_IN, C.UNKNOWN]),
    st.sampled_from(AMOUNTS),
    st.sampled_from(["", "O-0", "O-1", "O-9"]),
    st.sampled_from(["", "L0", "L1", "X"]),
    st.sampled_from(["", *SKUS, "EAN", "CUP"]),
    st.sampled_from([None, 1, 2, -3]),
    st.integers(0, 1),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=st.lists(order_lines, min_size=1, max_size=2), told=st.lists(statement_lines, min_size=1, max_size=12))
def test_it_matches_in_sql_as_the_plain_rule_does(account, sell, orders, told):
    with transaction.atomic():
        sell(*(_order(number, lines) for number, lines in enumerate(orders)))
        source = factories.source(account, "settlements")
        sinks.settlements([header()], source)
        sinks.settlement_lines([_row(number, *values) for number, values in enumerate(told, start=1)], source)
        pk = Settlement.objects.get().pk
        matches.rebuild([pk])
        matches.rebuild([pk])
        found = Match.objects.values_list("settlement_line_id", "order_line_id", "layer", "reason", "amount")
        assert sorted(Found(*row) for row in found) == sorted(match(_amounts(), _items()))
        transaction.set_rollback(True)


def _order(number: int, lines: list[tuple[str, int, str, bool]]):
    return factories.order(
        f"O-{number}",
        lines=tuple(
            factories.order_line(
                f"L{place}", sku=sku, quantity=quantity, item_total=euro(total), unit_price=None,
                product_ids=EAN if has_ean else (),
            )
            for place, (sku, quantity, total, has_ean) in enumerate(lines)
        ),
    )  # fmt: skip


def _row(
    number: int, line_class: C, amount: str, order: str, ref: str, name: str, quantity: int | None, day: int
) -> Row:
    return line(
        number, line_class, amount, order_id=order, line_id=ref, sku="" if name == "EAN" else name, quantity=quantity,
        product_ids=EAN if name == "EAN" else (), posted_at=START + timedelta(days=day),
    )  # fmt: skip


def _items() -> list[Item]:
    known = {r.remote_id: {f"{i['kind']}:{i['value']}" for i in r.product_ids} for r in RemoteProduct.objects.all()}
    return [
        Item(
            id=row.pk, order_ref=row.order_ref, line_ref=row.external_id,
            names=frozenset({row.remote_id, *known[row.remote_id]}),
            quantities=frozenset({row.quantity, row.quantity_shipped}),
            amounts={"item_total": row.item_total, "unit_price": row.unit_price, "expected_fee": row.expected_fee},
        )
        for row in OrderLine.objects.all()
    ]  # fmt: skip


def _amounts() -> list[Amount]:
    return [
        Amount(
            id=row.pk, home=Scope(row.home), line_class=C(row.line_class), amount=row.amount, order_ref=row.order_ref,
            line_ref=row.line_ref, names=frozenset({row.remote_id} - {""}), quantity=row.quantity,
            posted_at=row.posted_at,
        )
        for row in SettlementLine.objects.order_by("row_no")
    ]  # fmt: skip
