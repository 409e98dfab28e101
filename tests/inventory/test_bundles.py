"""A bundle has no stock of its own: what is sold, shipped, counted and offered of it is its components."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from catalog.models import RemoteProduct, Sku
from catalog.services import bundles, products, remote
from config.core.models import WorkItem
from inventory import shipping, sinks
from inventory.models import Holding, Order, Reservation, Return, Shortage, StockMove
from inventory.offering import RuleKind
from inventory.services import allocation, compositions, offers, parked, planning, returns
from marketplaces import canonical
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.factories import NOON
from tests.inventory.carriers.conftest import HAMBURG
from tests.inventory.conftest import move
from tests.inventory.test_offering import listing, wishes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def kit(shop):
    """A shop that sells a set of one mug and two plates, from which we publish."""
    shop.account.feeds.update(is_publishing=True)
    shop.plate = products.create(code="PLATE", title="Plate")
    shop.set = products.create(code="SET", title="Breakfast for two")
    bundles.compose(shop.set, {"MUG-BLUE": 1, "PLATE": 2}, by="olga")
    return shop


def sold(units=2, status=OrderStatus.TO_SHIP, after=0, name="O-1", **line):
    row = factories.order_line(sku="SET", quantity=units, **line)
    return factories.order(name, status=status, lines=(row,), changed_at=NOON + after * HOUR)


def stand():
    """On hand and reserved by SKU."""
    rows = Holding.objects.order_by("sku__code").values_list("sku__code", "on_hand", "reserved")
    return {code: (on_hand, reserved) for code, on_hand, reserved in rows}


def lacking():
    return dict(Shortage.objects.filter(units__gt=0).values_list("sku__code", "missing"))


def test_an_order_of_a_bundle_reserves_its_components_and_takes_them_out_when_it_ships(kit):
    kit.move(5)
    move(kit.house, kit.plate, 9)
    kit.land(sold())
    assert stand() == {"MUG-BLUE": (5, 2), "PLATE": (9, 4)}
    kit.land(sold(status=OrderStatus.PARTIALLY_SHIPPED, after=1, quantity_shipped=1))
    assert stand() == {"MUG-BLUE": (4, 1), "PLATE": (7, 2)}
    kit.land(sold(status=OrderStatus.CANCELLED, after=2, quantity_shipped=1, quantity_cancelled=1))
    assert stand() == {"MUG-BLUE": (4, 0), "PLATE": (7, 0)}
    assert dict(StockMove.objects.filter(kind="shipment").values_list("sku__code", "quantity")) == {
        "MUG-BLUE": -1, "PLATE": -2,
    }  # fmt: skip


def test_the_component_that_is_short_is_missing_for_itself_and_is_served_when_it_comes(kit):
    kit.move(5)
    move(kit.house, kit.plate, 3)
    kit.land(sold())
    assert (stand(), lacking()) == ({"MUG-BLUE": (5, 2), "PLATE": (3, 3)}, {"PLATE": 1})
    move(kit.house, kit.plate, 4)
    assert (stand(), lacking()) == ({"MUG-BLUE": (5, 2), "PLATE": (7, 4)}, {})


def test_a_component_that_is_promised_in_a_bundle_is_not_sold_alone(kit):
    kit.move(2)
    move(kit.house, kit.plate, 4)
    kit.land(sold())
    kit.land(factories.order("O-2", lines=(factories.order_line(quantity=1),)))
    assert (stand()["MUG-BLUE"], lacking()) == ((2, 2), {"MUG-BLUE": 1})


def test_what_left_without_being_there_is_put_right_by_a_count_of_the_component(kit):
    kit.move(1)
    kit.land(sold(units=1, status=OrderStatus.SHIPPED, quantity_shipped=1))
    assert Shortage.objects.get(unbacked__gt=0).sku == kit.plate
    move(kit.house, kit.plate, 6, "opening")
    kit.land(sold(units=1, status=OrderStatus.DELIVERED, after=1, quantity_shipped=1))
    assert stand() == {"MUG-BLUE": (0, 0), "PLATE": (6, 0)}


def test_a_bundle_with_new_components_books_nothing_again_of_what_has_left(kit):
    kit.move(9)
    move(kit.house, kit.plate, 9)
    bowl = products.create(code="BOWL", title="Bowl")
    move(kit.house, bowl, 9)
    kit.land(sold(units=3, status=OrderStatus.PARTIALLY_SHIPPED, quantity_shipped=2))
    bundles.compose(kit.set, {"MUG-BLUE": 1, "BOWL": 1}, by="olga")
    kit.land(sold(units=3, status=OrderStatus.PARTIALLY_SHIPPED, after=1, quantity_shipped=2))
    assert stand() == {"BOWL": (9, 1), "MUG-BLUE": (7, 1), "PLATE": (5, 0)}
    assert set(Reservation.objects.filter(held__gt=0).values_list("sku__code", flat=True)) == {"BOWL", "MUG-BLUE"}


def test_a_bundle_is_offered_as_often_as_its_scarcest_component_allows(kit):
    row = listing(kit.account, kit.set)
    kit.move(5)
    offers.offer()
    assert wishes() == {}
    move(kit.house, kit.plate, 9)
    offers.offer()
    assert wishes() == {row.pk: "4"}
    kit.land(factories.order("O-2", lines=(factories.order_line(sku="PLATE", quantity=4),)))
    offers.offer()
    assert wishes() == {row.pk: "2"}
    allocation.limit(RuleKind.MAXIMUM, 1, by="olga", sku=kit.set)
    offers.offer()
    assert wishes() == {row.pk: "1"}


def test_the_pick_list_says_what_a_bundle_is_packed_from(kit):
    kit.land(sold(), factories.order("O-2"))
    picks = shipping.pick_list(list(Order.objects.values_list("pk", flat=True)))
    assert [(pick.code, pick.units) for pick in picks] == [("MUG-BLUE", 4), ("PLATE", 4)]


def test_orders_and_offers_follow_when_a_bundle_is_composed_anew(kit):
    row = listing(kit.account, kit.set)
    kit.move(7)
    kit.land(sold())
    assert (stand()["MUG-BLUE"], lacking()) == ((7, 2), {"PLATE": 4})
    bundles.compose(kit.set, {"MUG-BLUE": 3}, by="olga")
    asked = WorkItem.objects.get(job="inventory.recompose")
    assert compositions.follow(**asked.kwargs) == {"orders": 1}
    offers.offer()
    assert (stand()["MUG-BLUE"], lacking(), wishes()) == ((7, 6), {}, {row.pk: "0"})


def test_a_listing_is_offered_as_soon_as_it_is_linked(kit):
    kit.move(5)
    offers.offer()
    row = listing(kit.account, None, remote_id="ODD-NAME")
    kit.land(factories.order("O-2", lines=(factories.order_line(sku="ODD-NAME", quantity=1),)))
    name = RemoteProduct.objects.get(remote_id="ODD-NAME")
    remote.link(name, kit.sku, by="olga")
    parked.reprocess(kit.account.pk, [name.pk])
    offers.offer()
    assert wishes() == {row.pk: "4"}


def test_a_bundle_that_comes_back_goes_to_the_shelf_as_its_components(kit):
    told = canonical.Return(
        external_id="R1",
        order_id="O-1",
        sku="SET",
        quantity=2,
        returned_at=NOON,
        fulfilment=canonical.Fulfilment.MERCHANT,
    )
    sinks.returns([told], factories.source(kit.account, "returns"))
    back = Return.objects.get()
    made = returns.check(back, returns.Finding(units=2, reason="sellable", warehouse=kit.house), by="olga")
    assert (stand(), returns.left(back)) == ({"MUG-BLUE": (2, 0), "PLATE": (4, 0)}, 0)
    assert made.move.sku == kit.sku


def test_a_bundle_weighs_what_it_is_packed_from_where_it_has_no_weight_of_its_own(kit):
    kit.land(sold())
    order = Order.objects.get()
    Sku.objects.filter(code="MUG-BLUE").update(weight_g=350)
    with pytest.raises(ValidationError, match="the weight of SET is not known"):
        planning.plan(order, [planning.Piece(lines={"L1": 2})], by="anna", address=HAMBURG)
    Sku.objects.filter(code="PLATE").update(weight_g=200)
    made = planning.plan(order, [planning.Piece(lines={"L1": 2})], by="anna", address=HAMBURG)
    assert made.parcels.get().weight_g == 2 * (350 + 2 * 200) + planning.PACKING_G
