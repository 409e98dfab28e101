from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.services import products
from config.core import clock
from inventory import sinks
from inventory.models import MoveKind, StockDay, Warehouse
from inventory.services import stock, stock_days
from inventory.services.stock import Move
from marketplaces.canonical import Fulfilment, Stock
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def told(north):
    """Levels of the mug as the pipeline lands them, so many hours after noon."""
    account = factories.account()
    products.create(code="MUG-BLUE", title="Blue mug")

    def tell(available, *, hours):
        row = Stock(
            external_id="MUG-BLUE", sku="MUG-BLUE", pool="eu", fulfilment=Fulfilment.MARKETPLACE, available=available
        )
        sinks.stock([row], factories.source(account, "stock", NOON + hours * HOUR))

    return tell


def close(days):
    with clock.frozen(NOON + timedelta(days=days)):
        return stock_days.close()


def fractions():
    return list(StockDay.objects.order_by("day").values_list("in_stock", flat=True))


def test_it_counts_the_part_of_a_day_with_units_to_sell(told):
    told(5, hours=0)
    told(0, hours=3)
    told(4, hours=9)
    close(days=1)
    (day,) = StockDay.objects.all()
    assert (day.seen_s, day.stocked_s, day.in_stock) == (12 * 3600, 6 * 3600, Decimal("0.5000"))


def test_it_carries_a_level_over_days_without_news(told):
    told(5, hours=0)
    told(0, hours=72)
    assert close(days=4) == {"own": 0, "begun": 0, "closed": 2, "carried": 2, "dropped": 0}
    assert fractions() == [Decimal(1), Decimal(1), Decimal(1), Decimal("0.5000")]
    assert close(days=4) == {"own": 0, "begun": 0, "closed": 0, "carried": 0, "dropped": 0}
    assert close(days=6)["carried"] == 2
    assert fractions()[-2:] == [Decimal(0), Decimal(0)]


def test_it_does_not_take_an_unknown_level_for_an_empty_one(told):
    told(None, hours=0)
    close(days=2)
    assert fractions() == [None, None]


def test_it_begins_the_history_of_a_level_that_nobody_counted(told):
    told(5, hours=0)
    StockDay.objects.all().delete()
    assert close(days=1)["begun"] == 1
    assert close(days=2)["closed"] == 1
    assert fractions() == [Decimal(1)]


def test_it_keeps_no_more_than_anybody_asks_for(told):
    told(5, hours=0)
    found = close(days=300)
    assert (found["dropped"], StockDay.objects.count()) == (1, 0)


@pytest.fixture
def book(north, noon):
    """Moves of the mug on our own shelves, so many hours after noon of the day before."""
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    house = Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")

    def move(units, *, hours, kind=MoveKind.CORRECTION):
        at = NOON - timedelta(days=1) + hours * HOUR
        key = f"{hours}:{units}"
        stock.move(
            [Move(warehouse_id=house.pk, sku_id=sku.pk, kind=kind, quantity=units, key=key, happened_at=at)], by="me"
        )

    return move


def test_it_counts_our_own_places_from_their_moves(book):
    book(5, hours=-24, kind=MoveKind.OPENING)
    book(-5, hours=6)
    book(8, hours=9, kind=MoveKind.RECEIPT)
    assert close(days=1)["own"] == 3
    days = StockDay.objects.order_by("day").values_list("warehouse", "on_hand", "in_stock")
    assert list(days) == [
        (None, 5, Decimal("0.5000")), (None, 8, Decimal("0.8750")), (None, 8, Decimal("1.0000")),
    ]  # fmt: skip


def test_it_counts_days_again_that_a_late_entry_touches(book):
    book(5, hours=-48, kind=MoveKind.OPENING)
    close(days=1)
    with clock.frozen(NOON + timedelta(days=1)):
        book(-5, hours=-24, kind=MoveKind.CORRECTION)
    close(days=2)
    assert fractions() == [Decimal("0.5000"), Decimal("0.5000"), Decimal(0), Decimal(0), Decimal(0)]
