"""Stock coverage gaps: judged by cover, lead time and what is on its way."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import Brand, Product, Sku
from config.core import clock
from inventory.models import Coverage, Warehouse
from marketplaces.models import SyncState
from tests.tickets.conftest import keep_fresh, later
from tickets import selectors
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def covered(shop):
    """The mug in the shop's pool, lasting so many days."""
    SyncState.objects.create(account=shop, resource="stock", last_ok_at=clock.now())
    pool = Warehouse.objects.create(code="shop:eu", label="EU", account=shop, pool="eu", fulfilment="marketplace")
    sku = Sku.objects.create(code="MUG", product=Product.objects.create(title="Mug"), supplier="Kiln Ltd")

    def cover(days, **changes):
        values = {
            "days": None if days is None else D(days), "velocity": D(4), "lead_days": 20, "ordered": 0, "available": 180,
            "in_stock_30": D(21), "state": "low", "computed_at": clock.now(), "proposed": 276, **changes,
        }  # fmt: skip
        return Coverage.objects.update_or_create(sku=sku, warehouse=pool, defaults=values)[0]

    return cover


def sweep(shop):
    for minutes in (0, 16, 32):
        with later(minutes):
            keep_fresh(shop)
            engine.sweep("supply")
    return Ticket.objects.filter(type="stock_coverage").first()


@pytest.mark.parametrize(
    ("days", "ordered", "severity"),
    [("59.9", 0, "S3"), ("29.9", 0, "S2"), ("19.9", 0, "S1"), ("19.9", 40, "S2"), ("180.1", 0, "S4")],
)
def test_it_is_the_worse_the_shorter_the_goods_last(shop, covered, days, ordered, severity):
    covered(days, ordered=ordered)
    ticket = sweep(shop)
    assert (ticket.severity, ticket.scope_key) == (severity, "sku:MUG/pool:shop:eu")
    assert ticket.title == f"MUG lasts {D(days):.0f} days in EU"


@pytest.mark.parametrize("days", ["60.0", "120.0", "180.0", None])
def test_it_says_nothing_of_a_cover_that_is_sound_or_not_known(shop, covered, days):
    covered(days)
    assert sweep(shop) is None


def test_it_says_nothing_before_seven_days_in_stock(shop, covered):
    covered("10", in_stock_30=D("6.99"))
    assert sweep(shop) is None


def test_it_resolves_a_tenth_above_the_line_alone(shop, covered):
    covered("45")
    ticket = sweep(shop)
    assert ticket.action_params["sku"] == "MUG"
    for days, state in (("65.9", "open"), ("66.0", "resolved")):
        covered(days)
        with clock.frozen(clock.now() + timedelta(hours=1)):
            sweep(shop)
        ticket.refresh_from_db()
        assert ticket.state == state


def test_it_is_blind_where_stock_was_not_read_for_long(shop, covered):
    covered("10")
    SyncState.objects.filter(resource="stock").update(last_ok_at=clock.now() - timedelta(days=9))
    assert engine.sweep("supply") == {"checked": 1, "blind": 1}


def test_one_suppliers_goods_gather_under_one_ticket_whatever_their_brand_and_pool(shop, covered):
    covered("45")
    pools = [Warehouse.objects.create(code=f"shop:{n}", label=f"P{n}", account=shop, pool=str(n),
                                      fulfilment="marketplace") for n in range(2)]  # fmt: skip
    for number in range(6):
        brand = Brand.objects.create(name=f"Brand {number}")
        product = Product.objects.create(title=f"Cup {number}", brand=brand)
        sku = Sku.objects.create(code=f"CUP-{number}", product=product, supplier="Kiln Ltd")
        Coverage.objects.create(
            sku=sku, warehouse=pools[number % 2], days=D(10), velocity=D(1), lead_days=20, ordered=0, available=10,
            in_stock_30=D(21), state="low", computed_at=clock.now(), proposed=9,
        )  # fmt: skip
    sweep(shop)
    parent = Ticket.objects.get(is_parent=True)
    assert (parent.title, parent.group_key) == (
        "Kiln Ltd: 7 products last too short or too long", "supplier:Kiln Ltd"
    )  # fmt: skip
    assert (parent.account, parent.brand, parent.severity) == (None, None, "S1")
    assert list(selectors.inbox()) == [parent]
