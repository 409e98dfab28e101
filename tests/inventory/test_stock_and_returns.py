from datetime import timedelta

import pytest

from catalog.services import products
from inventory import sinks
from inventory.models import Return as StoredReturn
from inventory.models import StockLevel, Warehouse
from marketplaces.canonical import Fulfilment, Return, Stock
from marketplaces.models import Gap
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(north):
    return factories.account()


def stock(available=40, **changes):
    values = {
        "external_id": "MUG-BLUE", "sku": "MUG-BLUE", "pool": "eu", "fulfilment": Fulfilment.MARKETPLACE,
        "available": available, "reserved": 3,
    }  # fmt: skip
    return Stock(**{**values, **changes})


def goods_back(external_id="R1", **changes):
    values = {"order_id": "O-1", "sku": "MUG-BLUE", "quantity": 1, "reason": "too small", "returned_at": NOON}
    return Return(external_id=external_id, **{**values, **changes})


def test_it_makes_a_warehouse_of_each_pool_it_meets(account):
    sinks.stock([stock(), stock(pool="uk")], factories.source(account, "stock"))
    assert set(Warehouse.objects.values_list("code", "fulfilment")) == {
        ("shop:eu", "marketplace"),
        ("shop:uk", "marketplace"),
    }


def test_it_replaces_a_level_and_keeps_unknown_apart_from_zero(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    sinks.stock([stock(40)], factories.source(account, "stock"))
    sinks.stock([stock(0, reserved=None)], factories.source(account, "stock", NOON + timedelta(hours=1)))
    level = StockLevel.objects.get()
    assert (level.sku, level.available, level.reserved) == (sku, 0, None)


def test_it_fetches_an_order_that_only_a_return_speaks_of(account):
    sinks.orders([factories.order("O-1")], factories.source(account))
    sinks.returns([goods_back(), goods_back("R2", order_id="O-2")], factories.source(account, "returns"))
    assert StoredReturn.objects.count() == 2
    assert list(Gap.objects.values_list("external_id", "revealed_by")) == [("O-2", "returns")]
