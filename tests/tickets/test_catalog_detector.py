"""Missing product data: names that mean none of our SKUs, judged by what waits for them."""

from decimal import Decimal

import pytest

from catalog.models import Product, RemoteProduct, Sku
from catalog.services import policy
from config.core import clock
from inventory.models import Return, StockLevel, Warehouse
from tests.tickets.conftest import place_order
from tickets.models import Breach, Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def name(shop):
    return RemoteProduct.objects.create(account=shop, remote_id="MUG", title="Mug", first_seen_at=clock.now())


@pytest.fixture
def sku(db):
    """A SKU of a client that wants no master data: names alone are judged here."""
    policy.want([], by="owner")
    return Sku.objects.create(code="MUG-1", product=Product.objects.create(title="Mug"))


def sweep():
    return engine.sweep("catalog")


def shipped(account, number, total, **changes):
    order = place_order(account, number, due_in_hours="99", total=total, status="shipped", **changes)
    order.lines.update(quantity_shipped=2)
    return order


def register(order, sku):
    order.lines.update(sku=sku, remote_id="KNOWN")


def test_it_says_nothing_of_a_name_for_which_nothing_waits(name):
    assert sweep() == {"checked": 1}
    assert Ticket.objects.count() == 0


def test_it_is_most_urgent_when_an_order_line_to_ship_cannot_be_allocated(shop, name):
    place_order(shop, 1, due_in_hours="99", total="1")
    assert sweep() == {"checked": 1, "opened": 1}
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.severity, ticket.account) == ("missing_product_data", "S1", shop)
    assert ticket.title == "MUG is not registered: Mug"
    assert ticket.scope_key == f"account:{shop.pk}/product:MUG"
    assert (ticket.action, ticket.action_params) == ("link_product", {"remote_product_id": name.pk})


@pytest.mark.parametrize(("others", "share", "severity"), [("989.99", "0.01", "S3"), ("980", "0.0101", "S2")])
def test_it_is_urgent_above_one_percent_of_the_accounts_day(shop, name, sku, others, share, severity):
    shipped(shop, 1, "10")
    register(shipped(shop, 2, others), sku)
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.evidence["facts"]["revenue_share"], ticket.severity) == (share, severity)
    assert ticket.money_per_day == Decimal("10.0000")


def test_it_compares_with_the_same_currency_only(shop, name, sku):
    shipped(shop, 1, "10")
    register(shipped(shop, 2, "99999", currency="TRY"), sku)
    sweep()
    assert Ticket.objects.get().evidence["facts"]["revenue_share"] == "1"


def test_it_counts_a_return_as_a_row_of_money(shop, name):
    Return.objects.create(
        account=shop, external_id="R1", order_ref="O-1", remote_id="MUG", quantity=1, fulfilment="merchant",
        returned_at=clock.now(),
    )  # fmt: skip
    sweep()
    assert Ticket.objects.get().severity == "S3"


def test_it_is_a_notice_when_only_stock_waits(shop, name):
    place = Warehouse.objects.create(code="pool", label="Pool", account=shop, pool="main", fulfilment="marketplace")
    StockLevel.objects.create(warehouse=place, remote_id="MUG", available=3, observed_at=clock.now())
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.money_per_day) == ("S4", None)


def test_it_says_so_when_a_name_means_several_products(shop, name):
    RemoteProduct.objects.update(state="ambiguous")
    place_order(shop, 1, due_in_hours="99")
    sweep()
    assert Ticket.objects.get().title == "MUG means several products: Mug"


def test_it_resolves_when_the_name_is_linked_and_nothing_waits_any_more(shop, name, sku):
    order = place_order(shop, 1, due_in_hours="99")
    sweep()
    order.lines.update(sku=sku)
    RemoteProduct.objects.update(state="linked", sku=sku)
    assert sweep() == {"checked": 1, "cleared": 1}
    assert Ticket.objects.get().resolution == "fixed_itself"


def test_it_measures_many_names_with_one_query(shop, django_assert_num_queries):
    from tickets.detectors.base import DETECTORS

    names = [
        RemoteProduct.objects.create(account=shop, remote_id=f"N{number}", first_seen_at=clock.now())
        for number in range(20)
    ]
    for number, name in enumerate(names):
        place_order(shop, number, due_in_hours="99").lines.update(remote_id=name.remote_id)
    with django_assert_num_queries(1):
        assert len(list(DETECTORS.get("catalog.unlinked").measure([str(name.pk) for name in names]))) == 20
    assert Breach.objects.count() == 0
