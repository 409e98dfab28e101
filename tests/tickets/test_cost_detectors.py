"""Missing SKU cost: sold or held without one, about to end, or changed by a lot; one ticket per SKU and place."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import Brand, Product, Sku
from config.core import clock
from finance.models import Cost
from finance.services import costs
from finance.services.costs import Entry
from inventory.models import SkuDay, StockLevel, Warehouse
from tests.tickets.conftest import place_order
from tickets import links
from tickets.models import Breach, PendingCheck, Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku(shop):
    return Sku.objects.create(
        code="MUG", product=Product.objects.create(title="Mug", brand=Brand.objects.create(name="K"))
    )


@pytest.fixture
def own(shop):
    return Warehouse.objects.create(code="own", label="Own", pool="own", fulfilment="merchant")


def sweep():
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        found = engine.sweep("finance")
    return {name: count for name, count in found.items() if name != "checked"}


def sell(shop, sku, number, total="10", **changes):
    order = place_order(shop, number, due_in_hours="99", total=total, status="shipped", **changes)
    order.lines.update(sku=sku, quantity_shipped=2)
    return order


def record(sku, days_ago, purchase="5", **changes):
    today = clock.now().date()
    values = {
        "currency": "EUR",
        "valid_from": today - timedelta(days=days_ago),
        "purchase": Decimal(purchase),
        **changes,
    }
    return costs.enter(Entry(sku_id=sku.pk, **values), by="ann")


def hold(place, sku, available):
    StockLevel.objects.create(warehouse=place, remote_id="MUG", sku=sku, available=available, observed_at=clock.now())


def test_it_opens_one_ticket_for_what_is_sold_without_a_cost_and_offers_its_sheet(shop, own, sku):
    sell(shop, sku, 1)
    sell(shop, sku, 2, "30", business_on=clock.now().date() - timedelta(days=1))
    assert sweep() == {"opened": 1}
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.severity, ticket.title) == (
        "missing_sku_cost", "S3", "MUG at Own has no cost: 2 order lines, the last one on 2026-10-02",
    )  # fmt: skip
    assert (ticket.money_per_day, ticket.scope_key) == (Decimal("20.0000"), f"cost/sku:{sku.pk}/place:{own.pk}")
    assert ticket.evidence["shows"]["buyers_paid"] == "40.00 EUR"
    assert links.of_action(ticket, "fill_cost_sheet") == "/money/costs/missing/?sku=MUG"
    assert [link.address for link in links.of_evidence(ticket.evidence)] == ["/products/MUG/"]


@pytest.mark.parametrize(
    ("total", "is_best", "severity"), [("500", False, "S3"), ("500.01", False, "S2"), ("1", True, "S2")]
)
def test_it_is_urgent_for_best_sellers_and_above_five_hundred_a_day(shop, own, sku, total, is_best, severity):
    sell(shop, sku, 1, total)
    if is_best:
        SkuDay.objects.create(account=shop, day=clock.now().date(), sku=sku, currency="EUR", units=1, revenue=1)
    sweep()
    assert Ticket.objects.get().severity == severity


def test_it_is_a_notice_when_only_stock_has_no_cost(shop, own, sku):
    hold(own, sku, 7)
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.title, ticket.money_per_day) == (
        "S4",
        "MUG at Own has no cost: 7 pieces in stock",
        None,
    )


def test_it_resolves_when_a_cost_is_valid_for_every_day_of_sale(shop, own, sku):
    sell(shop, sku, 1, business_on=clock.now().date() - timedelta(days=3))
    sell(shop, sku, 2)
    sweep()
    record(sku, 1)
    assert sweep() == {"continued": 1}
    assert Ticket.objects.get().state == "open"
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        record(sku, 3, warehouse_id=own.pk)
        assert sweep() == {"cleared": 1}
    assert Ticket.objects.get().resolution == "fixed_itself"


def test_it_is_asked_as_soon_as_costs_are_recorded(shop, own, sku, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        record(sku, 1)
    asked = PendingCheck.objects.filter(kind="sku_cost").values_list("subject", flat=True)
    assert set(asked) == {f"{sku.pk}:", f"{sku.pk}:{own.pk}"}


@pytest.mark.parametrize(("days", "opened"), [(14, 1), (15, 0)])
def test_it_warns_two_weeks_before_a_cost_ends_with_none_after_it(shop, own, sku, days, opened):
    cost = record(sku, 10)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        costs.end(cost, on=clock.now().date() + timedelta(days=days), by="ann")
    assert sweep().get("opened", 0) == opened
    assert [ticket.title for ticket in Ticket.objects.all()] == [
        "The cost of MUG ends on 2026-10-16, and none follows"
    ] * opened


def test_it_says_nothing_of_an_end_that_another_cost_follows(shop, own, sku):
    cost = record(sku, 10)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        costs.end(cost, on=clock.now().date() + timedelta(days=3), by="ann")
        record(sku, -2, vendor="Kiln")
    assert sweep() == {}


@pytest.mark.parametrize(("purchase", "opened"), [("7.00", 0), ("7.01", 1), ("3.00", 0), ("2.99", 1)])
def test_it_asks_about_a_new_cost_that_differs_by_more_than_forty_percent(shop, own, sku, purchase, opened):
    record(sku, 10, "5")
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        record(sku, 1, purchase)
    assert sweep().get("opened", 0) == opened
    if opened:
        assert Ticket.objects.get().title == f"The cost of MUG changes by {Decimal(purchase) / 5 - 1:+.1%}"
        assert (Ticket.objects.get().severity, links.of_action(Ticket.objects.get(), "open_costs")) == (
            "S4", "/money/costs/?q=MUG",
        )  # fmt: skip
    with clock.frozen(clock.now() + timedelta(days=15)):
        sweep()
    assert Ticket.objects.filter(state="open").count() == 0


def test_it_gathers_many_missing_costs_of_one_brand_under_one_ticket(shop, own, sku):
    for number in range(7):
        each = Sku.objects.create(code=f"S{number}", product=sku.product)
        sell(shop, each, number)
    sweep()
    parent = Ticket.objects.get(is_parent=True)
    assert (parent.title, Ticket.objects.filter(parent=parent).count()) == ("7 costs are missing or about to end", 7)


def test_it_joins_what_is_wrong_with_one_place_in_one_ticket(shop, own, sku):
    sell(shop, sku, 1, business_on=clock.now().date() - timedelta(days=20))
    record(sku, 10, "5", warehouse_id=own.pk)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        record(sku, 1, "50", warehouse_id=own.pk)
    sweep()
    assert (Breach.objects.filter(state="open").count(), Ticket.objects.count(), Cost.objects.count()) == (2, 1, 2)
