"""The law of the ledger: moves are added and never changed, levels follow from them, nothing is promised twice."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from inventory.models import Holding, MoveKind, Reservation, Shortage, StockMove
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.inventory.conftest import move, warehouse

pytestmark = pytest.mark.django_db


def test_it_derives_the_level_from_moves_and_reservations(shop):
    shop.move(80, MoveKind.OPENING)
    shop.land(factories.order(lines=(factories.order_line(quantity=29),)))
    assert shop.level() == (80, 29, 51)
    shop.move(-1, MoveKind.WRITE_OFF, reason="damaged")
    assert shop.level() == (79, 29, 50)


def test_it_records_a_repeated_move_once(shop):
    assert [shop.move(5, key="delivery 7"), shop.move(5, key="delivery 7")] == [1, 0]
    assert shop.level() == (5, 0, 5)


def test_it_takes_moves_of_one_sku_in_several_warehouses_in_one_statement_from_whoever_writes_them(shop):
    places = [shop.house, warehouse("hamburg")]
    for place in places:
        move(place, shop.sku, 5)
    with connection.cursor() as cursor:
        cursor.execute("RESET ninefold.now")
        cursor.execute(
            "INSERT INTO inventory_stockmove (sku_id, warehouse_id, kind, quantity, reason, note, reference, key,"
            " happened_at, recorded_at, recorded_by) SELECT sku_id, warehouse_id, 'receipt', 2, '', '', '',"
            " 'k' || warehouse_id, now(), now(), '' FROM inventory_holding"
        )
    assert list(Holding.objects.values_list("on_hand", flat=True)) == [7, 7]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_stockmove SET quantity = 9",
        "DELETE FROM inventory_stockmove",
        "TRUNCATE inventory_stockmove CASCADE",
        "UPDATE inventory_holding SET on_hand = 9",
        "DELETE FROM inventory_holding",
        "INSERT INTO inventory_holding (sku_id, warehouse_id, on_hand, reserved) SELECT sku_id + 1, warehouse_id, 1, 0"
        " FROM inventory_holding",
        "UPDATE inventory_reservation SET held = 6",
        "INSERT INTO inventory_stockmove (sku_id, warehouse_id, kind, quantity, reason, note, reference, key, happened_at,"
        " recorded_at, recorded_by) SELECT sku_id, warehouse_id, 'shipment', -4, '', '', '', 'x', now(), now(), ''"
        " FROM inventory_holding",
    ],
)
def test_it_refuses_in_the_database_whatever_would_break_the_ledger(shop, statement):
    shop.move(5)
    shop.land(factories.order())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")
    assert shop.level() == (5, 2, 3)


@pytest.mark.parametrize(
    ("quantity", "kind", "reason"),
    [
        (1, MoveKind.RESTOCK, ""),
        (1, MoveKind.RESTOCK, "damaged"),
        (1, MoveKind.RESTOCK, "lost"),
        (-1, MoveKind.WRITE_OFF, ""),
        (1, MoveKind.SHIPMENT, ""),
        (-1, MoveKind.RECEIPT, ""),
        (0, MoveKind.CORRECTION, ""),
    ],
)
def test_it_refuses_a_move_without_the_reason_or_sign_of_its_kind(shop, quantity, kind, reason):
    shop.move(5)
    with pytest.raises(ValidationError):
        shop.move(quantity, kind, reason=reason)
    row = StockMove(
        warehouse=shop.house, sku=shop.sku, kind=kind, quantity=quantity, reason=reason, key="k",
        happened_at=factories.NOON, recorded_at=factories.NOON,
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    assert shop.level() == (5, 0, 5)


def test_it_restocks_a_return_that_can_be_sold_again(shop):
    shop.move(1, MoveKind.RESTOCK, reason="sellable")
    assert shop.level() == (1, 0, 1)


def test_it_sends_no_reserved_unit_elsewhere(shop):
    shop.move(3)
    shop.land(factories.order())
    with pytest.raises(ValidationError, match="Berlin has 1 units of MUG-BLUE, not 2"):
        shop.move(-2, MoveKind.TRANSFER_OUT)
    assert shop.level() == (3, 2, 1)


def test_it_takes_what_a_count_does_not_find_from_the_newest_order(shop):
    shop.move(4)
    shop.land(factories.order("O-1"))
    shop.land(factories.order("O-2"))
    shop.move(-1, MoveKind.CORRECTION)
    assert shop.level() == (3, 3, 0)
    lack = Shortage.objects.get()
    assert (lack.order_line.order_ref, lack.missing, lack.unbacked) == ("O-2", 1, 0)
    shop.move(1, MoveKind.CORRECTION)
    assert shop.level() == (4, 4, 0)
    assert Shortage.objects.get().units == 0


def test_it_counts_no_more_off_than_lies_there(shop):
    shop.move(3)
    with pytest.raises(ValidationError, match="Berlin has 3 units of MUG-BLUE, not 4"):
        shop.move(-4, MoveKind.CORRECTION)


def test_it_leaves_what_left_without_stock_to_the_next_count(shop):
    shop.move(1)
    gone = factories.order(status=OrderStatus.SHIPPED, lines=(factories.order_line(quantity_shipped=2),))
    shop.land(gone)
    assert shop.level() == (0, 0, 0)
    assert (Shortage.objects.get().missing, Shortage.objects.get().unbacked) == (0, 1)
    shop.move(7, MoveKind.CORRECTION)
    assert shop.level() == (7, 0, 7)
    shop.land(factories.order(status=OrderStatus.DELIVERED, lines=gone.lines))
    assert (shop.level(), Shortage.objects.get().units, Reservation.objects.get().shipped) == ((7, 0, 7), 0, 1)


def test_it_keeps_the_sum_of_moves_equal_to_what_is_on_hand(shop):
    shop.move(9)
    shop.land(factories.order(), factories.order("O-2", lines=(factories.order_line(quantity_shipped=1),)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(quantity) FROM inventory_stockmove")
        assert cursor.fetchone() == (8,)
    assert Holding.objects.get().on_hand == 8
