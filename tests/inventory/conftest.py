"""A warehouse of our own that feeds an account, and the ways to fill and to empty it."""

from itertools import count

import pytest

from catalog.services import products
from inventory import sinks
from inventory.models import Feed, Holding, MoveKind, Warehouse
from inventory.services import stock
from inventory.services.stock import Move
from tests import factories
from tests.factories import NOON

_serial = count(1)


class Shop:
    """One account that sells one SKU from one warehouse of ours."""

    def __init__(self):
        self.account = factories.account()
        self.sku = products.create(code="MUG-BLUE", title="Blue mug")
        self.house = warehouse("berlin")
        feed(self.account, self.house)

    def move(self, quantity, kind=MoveKind.RECEIPT, **changes):
        return move(self.house, self.sku, quantity, kind, **changes)

    def land(self, *rows):
        return sinks.orders(rows, factories.source(self.account))

    def level(self):
        row = Holding.objects.get(sku=self.sku, warehouse=self.house)
        return row.on_hand, row.reserved, row.available


def warehouse(code):
    return Warehouse.objects.create(code=code, label=code.title(), pool="merchant", fulfilment="merchant")


def feed(account, house, **changes):
    return Feed.objects.create(account=account, warehouse=house, **{"starts_at": NOON.replace(day=1), **changes})


def move(house, sku, quantity, kind=MoveKind.RECEIPT, **changes):
    given = {"key": f"test:{next(_serial)}", **changes}
    return stock.move([Move(warehouse_id=house.pk, sku_id=sku.pk, kind=kind, quantity=quantity, **given)], by="olga")


@pytest.fixture
def shop(north):
    return Shop()
