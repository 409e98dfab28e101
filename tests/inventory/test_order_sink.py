from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import RemoteProduct
from catalog.services import products, remote
from config.core.models import WorkItem
from inventory import sinks
from inventory.models import Order, OrderEvent, OrderLine, SalesDay, SkuDay
from inventory.services import parked, sales
from inventory.signals import orders_applied
from marketplaces.canonical import ChangeKind, OrderChange, OrderStatus, Return
from marketplaces.models import Gap
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(north):
    return factories.account()


def land(account, *rows, resource="orders"):
    return sinks.orders(rows, factories.source(account, resource))


def test_it_stores_an_order_once_when_it_is_read_twice(account):
    first, second = land(account, factories.order()), land(account, factories.order())
    assert (first.inserted, second.inserted, second.unchanged) == (1, 0, 1)
    assert Order.objects.count() == OrderLine.objects.count() == 1


def test_it_ignores_a_row_that_is_older_than_the_stored_one(account):
    shipped = factories.order_line(quantity_shipped=2)
    land(account, factories.order(status=OrderStatus.SHIPPED, lines=(shipped,)))
    land(account, factories.order(changed_at=NOON - timedelta(minutes=1)))
    assert Order.objects.get().status == "shipped"
    assert OrderLine.objects.get().quantity_open == 0


def test_it_never_moves_a_shipped_order_back_to_unshipped(account):
    land(account, factories.order(status=OrderStatus.SHIPPED))
    land(account, factories.order(status=OrderStatus.TO_SHIP, changed_at=NOON + timedelta(hours=1)))
    assert Order.objects.get().status == "shipped"


def test_it_rejects_an_order_that_shipped_more_than_was_ordered_and_keeps_the_rest(account):
    broken = factories.order("O-2", lines=(factories.order_line(quantity_shipped=2, quantity_cancelled=1),))
    applied = land(account, factories.order(), broken)
    assert [r.external_id for r in applied.rejected] == ["O-2"]
    assert "2 shipped and 1 cancelled of 2 ordered" in applied.rejected[0].reason
    assert list(Order.objects.values_list("external_id", flat=True)) == ["O-1"]


def happened(kind):
    return list(OrderEvent.objects.filter(kind=kind).order_by("pk").values_list("event_id", "facts"))


def test_an_order_that_is_cancelled_in_part_tells_each_part_once(account):
    for cancelled, hours in ((1, 1), (1, 2), (2, 3), (3, 4)):
        line = factories.order_line(quantity=3, quantity_cancelled=cancelled)
        land(account, factories.order(changed_at=NOON + timedelta(hours=hours), lines=(line,)))
    assert happened("partly_cancelled") == [
        ("partly_cancelled:O-1:1", {"part": "1", "of": "3"}), ("partly_cancelled:O-1:2", {"part": "2", "of": "3"}),
    ]  # fmt: skip


def test_an_order_of_which_some_units_come_back_tells_so_once(account):
    land(account, factories.order(lines=(factories.order_line(quantity_shipped=2),)))
    for number in (1, 1, 2):
        back = Return(external_id=f"R-{number}", order_id="O-1", quantity=1, returned_at=NOON)
        sinks.returns([back], factories.source(account, "returns"))
    assert happened("partly_returned") == [("partly_returned:O-1:1", {"part": "1", "of": "2"})]


def test_it_stores_an_order_whatever_its_status_when_it_is_met(account):
    """Orders that were shipped, delivered or cancelled before we first looked are imported like any other."""
    for number, status in enumerate(OrderStatus):
        sent = 2 if status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED) else 0
        line = factories.order_line(quantity_shipped=sent, quantity_cancelled=2 * (status == OrderStatus.CANCELLED))
        land(account, factories.order(f"O-{number}", status=status, lines=(line,)))
    assert list(Order.objects.order_by("external_id").values_list("status", flat=True)) == list(OrderStatus)


def test_it_parks_a_line_of_an_unknown_product_and_fills_it_when_the_product_is_linked(account):
    land(account, factories.order())
    assert OrderLine.objects.get().sku is None
    sku = products.create(code="OWN-1", title="Mug")
    remote.link(RemoteProduct.objects.get(), sku, by="olga")
    item = WorkItem.objects.get(job="inventory.reprocess_parked")
    assert parked.reprocess(account.pk, **item.kwargs) == {"order_lines": 1, "returns": 0, "stock_levels": 0}
    assert OrderLine.objects.get().sku == sku


def test_it_tells_the_timeline_once_per_move(account):
    land(account, factories.order())
    done = replace(factories.order(status=OrderStatus.SHIPPED), changed_at=NOON + timedelta(hours=3))
    land(account, done)
    land(account, done)
    kinds = OrderEvent.objects.order_by("happened_at").values_list("kind", "happened_at")
    assert list(kinds) == [("created", NOON), ("shipped", NOON + timedelta(hours=3))]


def test_it_keeps_an_event_that_came_before_its_order_and_asks_for_the_order(account):
    change = OrderChange(external_id="E1", order_id="O-1", kind=ChangeKind.SHIPPED, happened_at=NOON)
    sinks.order_changes([change, change], factories.source(account, "order_changes"))
    assert list(Gap.objects.values_list("resource", "external_id", "revealed_by")) == [
        ("orders", "O-1", "order_changes")
    ]
    land(account, factories.order())
    assert OrderEvent.objects.get(event_id="E1").order == Order.objects.get()


@pytest.fixture
def told():
    heard = []

    def hear(ids, **_):
        heard.append(ids)

    orders_applied.connect(hear)
    yield heard
    orders_applied.disconnect(hear)


def deliver(account):
    change = OrderChange(external_id="E1", order_id="O-1", kind=ChangeKind.DELIVERED, happened_at=NOON)
    return sinks.order_changes([change], factories.source(account, "order_changes"))


def test_it_delivers_an_order_that_lands_as_shipped_after_its_delivered_event(
    account, told, django_capture_on_commit_callbacks
):
    deliver(account)
    land(account, factories.order())
    assert Order.objects.get().status == "to_ship"
    shipped = factories.order(status=OrderStatus.SHIPPED, changed_at=NOON + timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        land(account, shipped)
    assert (Order.objects.get().status, told) == ("delivered", [[Order.objects.get().pk]])
    assert land(account, shipped).unchanged == 1
    assert Order.objects.get().status == "delivered"


def test_it_tells_of_an_order_that_an_event_delivers_and_only_once(account, told, django_capture_on_commit_callbacks):
    land(account, factories.order(status=OrderStatus.SHIPPED))
    with django_capture_on_commit_callbacks(execute=True):
        deliver(account)
        deliver(account)
    assert (Order.objects.get().status, told) == ("delivered", [[Order.objects.get().pk]])


def test_it_cancels_what_is_open_of_a_line_that_a_newer_version_no_longer_has(account):
    both = (factories.order_line("L1"), factories.order_line("L2", quantity=5, quantity_shipped=2))
    land(account, factories.order(lines=both))
    less = factories.order(lines=both[:1], changed_at=NOON + timedelta(hours=1))
    applied = land(account, less)
    assert applied.changed_ids == (Order.objects.get().pk,)
    amounts = OrderLine.objects.order_by("external_id").values_list(
        "external_id", "quantity_shipped", "quantity_cancelled", "quantity_open"
    )
    assert list(amounts) == [("L1", 0, 0, 2), ("L2", 2, 3, 0)]
    land(account, factories.order(lines=both))
    assert list(amounts.all()) == [("L1", 0, 0, 2), ("L2", 2, 3, 0)]
    assert land(account, less).changed_ids == ()


@pytest.mark.parametrize(("minutes", "lines"), [(-1, ("L1",)), (0, ("L1",)), (1, ())])
def test_it_keeps_a_line_when_the_version_without_it_is_no_newer_or_tells_no_lines(account, minutes, lines):
    land(account, factories.order(lines=(factories.order_line("L1"), factories.order_line("L2"))))
    fewer = tuple(factories.order_line(name) for name in lines)
    land(account, factories.order(lines=fewer, changed_at=NOON + timedelta(minutes=minutes)))
    assert list(OrderLine.objects.values_list("quantity_open", flat=True)) == [2, 2]


def test_it_rolls_up_a_day_to_what_its_lines_are_worth(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    half = factories.order_line(
        "L2", quantity=4, quantity_cancelled=1, item_total=factories.Money(Decimal("80"), "EUR")
    )
    land(account, factories.order(), factories.order("O-2", lines=(half,)))
    item = WorkItem.objects.get(job="inventory.roll_up")
    sales.roll_up(account.pk, **item.kwargs)
    day = SalesDay.objects.get()
    assert (day.orders, day.units, day.revenue, day.currency) == (2, 5, Decimal("99.9000"), "EUR")
    by_sku = SkuDay.objects.get()
    assert (by_sku.sku, by_sku.units, by_sku.revenue) == (sku, 5, Decimal("99.9000"))


def test_it_counts_an_order_without_prices_as_unpriced_and_not_as_zero_revenue(account):
    land(account, factories.order(lines=(factories.order_line(unit_price=None, item_total=None),)))
    sales.roll_up(account.pk, [NOON.date().isoformat()])
    assert (SalesDay.objects.get().unpriced, SalesDay.objects.get().revenue) == (1, 0)
