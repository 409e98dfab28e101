"""Units that are cancelled as out of stock leave the books; cancelled for another reason, they are there for the next buyer."""

import uuid

import pytest

from inventory import sinks
from inventory.models import MoveKind, Order, OrderLine, Reservation, Shortage, StockMove
from inventory.services import cancellations
from marketplaces import registry
from marketplaces.canonical import CancelReason, OrderStatus
from marketplaces.contract import Capability
from marketplaces.services.writes import Cancelled, Wish
from tests import factories
from tests.inventory.conftest import feed

pytestmark = pytest.mark.django_db
ADAPTER = next(each for each in registry.all_adapters() if Capability.CANCEL_UNITS in each.capabilities)


@pytest.fixture
def seller(shop):
    """Sells the shop's goods where units can be cancelled."""
    shop.seller = factories.account(marketplace=ADAPTER.key, key="seller", stage="act")
    feed(shop.seller, shop.house)
    return shop


def land(shop, number, **changes):
    row = factories.order(external_id=number, lines=(factories.order_line(quantity=2, **changes),))
    sinks.orders([row], factories.source(shop.seller))
    return Order.objects.get(external_id=number)


def cancel(order, reason, request_id=None):
    units = dict(order.lines.values_list("external_id", "quantity_open"))
    wish = Wish(request_id=request_id or uuid.uuid4(), asked_by="olga")
    return cancellations.cancel(order, Cancelled(units=units, reason=reason), wish)


def test_what_is_out_of_stock_is_written_off_once_and_never_offered_again(seller):
    seller.move(5)
    order, request = land(seller, "O-1"), uuid.uuid4()
    assert seller.level() == (5, 2, 3)
    for _ in range(2):
        cancel(order, CancelReason.OUT_OF_STOCK, request)
    written_off = StockMove.objects.get(kind=MoveKind.WRITE_OFF)
    assert (written_off.quantity, written_off.reason, written_off.reference) == (-2, "lost", "O-1")
    assert seller.level()[0] == 3
    sinks.orders(
        [factories.order(external_id="O-1", status=OrderStatus.CANCELLED, changed_at=factories.NOON.replace(hour=13),
                         lines=(factories.order_line(quantity=2, quantity_cancelled=2),))],
        factories.source(seller.seller),
    )  # fmt: skip
    assert seller.level() == (3, 0, 3)


def test_a_newer_order_keeps_its_units_when_an_older_one_is_cancelled_as_out_of_stock(seller):
    seller.move(4)
    older, newer = land(seller, "O-1"), land(seller, "O-2")
    cancel(older, CancelReason.OUT_OF_STOCK)
    assert seller.level() == (2, 2, 0)
    short = Shortage.objects.get()
    assert (short.order_line.order_ref, short.missing) == ("O-1", 2)
    assert OrderLine.objects.get(order=newer).reservations.get().held == 2


def test_units_that_the_buyer_gave_back_stay_on_their_shelf(seller):
    seller.move(5)
    cancel(land(seller, "O-1"), CancelReason.BUYER_ASKED)
    assert seller.level() == (5, 2, 3)
    assert not StockMove.objects.filter(kind=MoveKind.WRITE_OFF).exists()


@pytest.mark.parametrize(("line", "other"), [("1", "2"), ("2", "1")])
def test_another_line_of_the_order_with_the_same_goods_keeps_its_units(seller, line, other):
    seller.move(4)
    rows = (factories.order_line(external_id="1", quantity=2), factories.order_line(external_id="2", quantity=2))
    sinks.orders([factories.order(external_id="O-1", lines=rows)], factories.source(seller.seller))
    order = Order.objects.get(external_id="O-1")
    wanted = Cancelled(units={line: 2}, reason=CancelReason.OUT_OF_STOCK)
    cancellations.cancel(order, wanted, Wish(request_id=uuid.uuid4(), asked_by="olga"))
    held = dict(Reservation.objects.values_list("order_line__external_id", "held"))
    assert held == {line: 0, other: 2}
