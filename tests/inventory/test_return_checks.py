"""Goods that came back: sellable ones to a shelf by a move with its reason, damaged and lost ones never."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from inventory import sinks
from inventory.models import Return, ReturnCheck, StockMove
from inventory.services import returns
from inventory.services.returns import Finding
from marketplaces.canonical import Fulfilment
from marketplaces.canonical import Return as Told
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def came_back(shop):
    """Three mugs of an order; four lie on the shelf."""
    shop.move(4)
    told = Told(
        external_id="R1", order_id="O-1", sku="MUG-BLUE", quantity=3, reason="too small", returned_at=NOON,
        fulfilment=Fulfilment.MERCHANT,
    )  # fmt: skip
    sinks.returns([told], factories.source(shop.account, "returns"))
    Return.objects.update(sku=shop.sku)
    return Return.objects.get()


def check(found, units, reason, house=None):
    return returns.check(found, Finding(units=units, reason=reason, warehouse=house), by="olga")


def test_sellable_units_go_back_to_a_shelf_by_a_move_with_its_reason(shop, came_back):
    made = check(came_back, 2, "sellable", shop.house)
    move = StockMove.objects.get(kind="restock")
    assert made.move == move
    assert (move.quantity, move.reason, move.reference, move.recorded_by) == (2, "sellable", "O-1", "olga")
    assert shop.level() == (6, 0, 6)
    assert returns.left(came_back) == 1


@pytest.mark.parametrize("reason", ["damaged", "lost"])
def test_damaged_and_lost_units_never_come_back(shop, came_back, reason):
    check(came_back, 1, reason)
    assert (shop.level(), ReturnCheck.objects.get().move) == ((4, 0, 4), None)
    with pytest.raises(ValidationError, match="goods are restocked for one of these reasons"):
        check(came_back, 1, reason, shop.house)
    with pytest.raises(ValidationError, match="goods are kept out for one of these reasons"):
        check(came_back, 1, "sellable")


def test_no_unit_is_looked_at_twice(shop, came_back):
    check(came_back, 2, "sellable", shop.house)
    check(came_back, 1, "damaged")
    with pytest.raises(ValidationError, match="0 of 3 units are not looked at yet, not 1"):
        check(came_back, 1, "sellable", shop.house)
    assert shop.level() == (6, 0, 6)


def test_what_no_shelf_of_ours_holds_is_refused_and_nothing_is_kept(shop, came_back):
    Return.objects.update(sku=None)
    with pytest.raises(ValidationError, match="linked to no SKU"):
        check(came_back, 1, "sellable", shop.house)
    Return.objects.update(sku=shop.sku, fulfilment="marketplace")
    with pytest.raises(ValidationError, match="came back to the marketplace's warehouse"):
        check(came_back, 1, "sellable", shop.house)
    assert not ReturnCheck.objects.exists()
