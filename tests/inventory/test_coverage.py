"""The set-based cover against the pure formulas, on any history."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import BundlePart, Product, Sku
from config.core import clock
from inventory import replenishment
from inventory.models import (
    Coverage,
    InboundLine,
    InboundShipment,
    MoveKind,
    SkuDay,
    StockDay,
    StockLevel,
    Warehouse,
)
from inventory.replenishment import Day, Figure, Supply
from inventory.services import coverage, stock
from inventory.services.stock import Move
from marketplaces import registry
from marketplaces.models import Account
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
D = Decimal


@pytest.fixture
def pool(noon, db):
    account = factories.account()
    return Warehouse.objects.create(code="shop:eu", label="Pool", account=account, pool="eu", fulfilment="marketplace")


def make_sku(number=1, **changes):
    product = Product.objects.create(title="Mug", category=changes.pop("category", ""))
    return Sku.objects.create(code=f"MUG-{number}", product=product, **changes)


def tell(pool, sku, days, *, available=180):
    """What was sold and in stock on each day, and what lies there now."""
    StockDay.objects.bulk_create(
        StockDay(warehouse=pool, sku=sku, day=TODAY - timedelta(days=day.age), in_stock=day.in_stock, on_hand=60,
                 available=1, counted_to=NOON)
        for day in days
    )  # fmt: skip
    SkuDay.objects.bulk_create(
        SkuDay(account=pool.account, day=TODAY - timedelta(days=day.age), sku=sku, currency="EUR",
               fulfilment="marketplace", units=day.units, revenue=1)
        for day in days if day.units
    )  # fmt: skip
    return StockLevel.objects.create(
        warehouse=pool, sku=sku, remote_id=sku.code, available=available, reserved=4, observed_at=NOON
    )


def arrive(pool, sku, *arrivals, state="ordered"):
    for number, (days, units) in enumerate(arrivals):
        shipment = InboundShipment.objects.create(
            reference=f"{sku.code}-{state}-{number}", destination=pool, state=state,
            expected_on=TODAY + timedelta(days=days),
        )  # fmt: skip
        InboundLine.objects.create(shipment=shipment, sku=sku, quantity=units)


def measured(sku):
    coverage.measure()
    return Coverage.objects.get(sku=sku)


def steady(units, days=90):
    return [Day(age, units, D(1)) for age in range(1, days + 1)]


def test_it_sees_a_gap_that_the_plain_average_hides(pool):
    sku = make_sku()
    tell(pool, sku, [Day(age, 0 if age % 10 < 3 else 4, D(0 if age % 10 < 3 else 1)) for age in range(1, 91)])
    found = measured(sku)
    assert (found.sold_30, found.in_stock_30, found.velocity) == (84, D("21.00"), D("4.0000"))
    assert (found.days, found.state, found.runs_out_on) == (D("45.0"), "low", TODAY + timedelta(days=45))


def test_it_proposes_what_lead_time_review_and_cover_ask_for(pool):
    sku = make_sku(lead_time_days=35, pack_quantity=12)
    tell(pool, sku, steady(4))
    found = measured(sku)
    assert (found.safety_stock, found.reorder_point, found.proposed, found.proposal_why) == (
        0, 140, 228, "lead_time_constant",
    )  # fmt: skip
    arrive(pool, sku, (20, 100))
    arrive(pool, sku, (30, 100), state="planned")
    found = measured(sku)
    assert (found.arriving, found.ordered, found.days, found.proposed) == (100, 200, D("70.0"), 36)


@pytest.mark.parametrize(
    ("master", "days", "why"),
    [({}, steady(4), "no_lead_time"), ({"lead_time_days": 9}, steady(4, 5), "no_velocity")],
)
def test_it_says_why_it_proposes_nothing(pool, master, days, why):
    sku = make_sku(**master)
    tell(pool, sku, days)
    found = measured(sku)
    assert (found.proposed, found.proposal_why) == (None, why)


def test_it_knows_no_velocity_where_nobody_says_which_pool_a_sale_drained(pool):
    sku = make_sku()
    tell(pool, sku, steady(4))
    Warehouse.objects.create(code="shop:uk", label="UK", account=pool.account, pool="uk", fulfilment="marketplace")
    found = measured(sku)
    assert (found.velocity, found.days, found.why, found.state) == (None, None, "several_pools", "unknown")


@pytest.fixture
def routed(pool):
    """An account with a storefront in each of two pools, and the second pool."""
    stores = {}
    adapter = next(a for a in registry.all_adapters() if len({store.pool for store in a.stores} - {""}) > 1)
    for store in adapter.stores:
        stores.setdefault(store.pool, store.code)
    (first, here), (second, there) = list(stores.items())[:2]
    Account.objects.filter(pk=pool.account_id).update(marketplace=adapter.key, stores=[here, there])
    Warehouse.objects.filter(pk=pool.pk).update(pool=first)
    other = Warehouse.objects.create(
        code="shop:other", label="Other", account=pool.account, pool=second, fulfilment="marketplace"
    )
    return {pool: here, other: there, None: here}


def sells(routed, sku, **per_day):
    """So many a day of each of the places `eu`, `other` and `own`, and stock in all of them on each of ninety days."""
    for place, units in zip(routed, (per_day.get(name, 0) for name in ("eu", "other", "own")), strict=True):
        account, fulfilment = next(iter(routed)).account, "marketplace" if place else "merchant"
        days = [TODAY - timedelta(days=age) for age in range(1, 91)]
        StockDay.objects.bulk_create(
            StockDay(warehouse=place, sku=sku, day=day, in_stock=1, on_hand=9, available=9, counted_to=NOON)
            for day in days
        )
        SkuDay.objects.bulk_create(
            SkuDay(account=account, channel=routed[place], day=day, sku=sku, currency="EUR", fulfilment=fulfilment,
                   units=units, revenue=1)
            for day in days
        )  # fmt: skip
        if place:
            StockLevel.objects.create(warehouse=place, sku=sku, remote_id=sku.code, available=8, observed_at=NOON)


def test_it_measures_each_of_several_pools_by_the_storefront_that_sold_from_it(routed):
    sku = make_sku()
    sells(routed, sku, eu=4, other=2, own=1)
    coverage.measure()
    found = {row.warehouse: row for row in Coverage.objects.select_related("warehouse")}
    assert [(found[place].velocity, found[place].sold_30) for place in routed] == [(D(4), 120), (D(2), 60), (D(1), 30)]


def test_only_what_was_sold_without_telling_where_is_unknown_in_several_pools(routed):
    told, untold = make_sku(1), make_sku(2)
    for sku in (told, untold):
        sells(routed, sku, eu=4, other=2, own=1)
    here = next(iter(routed.values()))
    some_day = TODAY - timedelta(days=9)
    SkuDay.objects.filter(sku=untold, day=some_day, channel=here, fulfilment="marketplace").update(channel="")
    coverage.measure()
    rows = Coverage.objects.exclude(warehouse=None).order_by("sku", "warehouse")
    assert [(row.velocity, row.days, row.why) for row in rows] == [
        (D(4), D("2.0"), ""), (D(2), D("4.0"), ""), (None, None, "several_pools"), (None, None, "several_pools"),
    ]  # fmt: skip
    assert Coverage.objects.get(sku=untold, warehouse=None).velocity == D(1), "what we ship ourselves is ours"


def test_it_tells_no_demand_apart_from_not_known(pool):
    sku = make_sku()
    tell(pool, sku, steady(0))
    found = measured(sku)
    assert (found.velocity, found.days, found.why, found.state) == (D(0), None, "no_demand", "no_demand")


def test_it_finds_what_lies_idle_elsewhere(pool):
    sku = make_sku(lead_time_days=35, pack_quantity=12)
    tell(pool, sku, steady(4))
    house = Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")
    opening = Move(warehouse_id=house.pk, sku_id=sku.pk, kind=MoveKind.OPENING, quantity=200, key="opening",
                   happened_at=NOON - timedelta(days=20))  # fmt: skip
    stock.move([opening], by="me")
    coverage.measure()
    short, idle = Coverage.objects.get(sku=sku, warehouse=pool), Coverage.objects.get(sku=sku, warehouse=None)
    assert (idle.state, idle.velocity, replenishment.idle(200, D(0), 120)) == ("no_demand", D(0), 200)
    assert (short.proposed, short.transfer, short.transfer_from) == (228, 200, None)
    assert replenishment.idle(500, D(4), 120) == 20


def test_it_counts_a_bundle_as_demand_for_its_parts(pool):
    sku, bundle = make_sku(1), make_sku(2, kind="bundle")
    BundlePart.objects.create(bundle=bundle, component=sku, quantity=3)
    tell(pool, sku, steady(1))
    SkuDay.objects.bulk_create(
        SkuDay(account=pool.account, day=TODAY - timedelta(days=age), sku=bundle, currency="EUR",
               fulfilment="marketplace", units=2, revenue=1)
        for age in range(1, 91)
    )  # fmt: skip
    assert measured(sku).velocity == D(7)
    assert not Coverage.objects.filter(sku=bundle).exists()


def test_it_forgets_a_pair_that_is_gone(pool):
    sku = make_sku()
    level = tell(pool, sku, [])
    assert measured(sku).why == "few_days_in_stock"
    level.delete()
    with clock.frozen(NOON + timedelta(minutes=1)):
        assert coverage.measure()["dropped_rows"] == 1


STOCKED = st.sampled_from([D(1), D(1), D(1), D(0), D("0.2500"), D("0.3333"), None])
DAYS = st.lists(st.tuples(st.integers(0, 9), STOCKED), max_size=90)
CASES = st.lists(
    st.tuples(DAYS, st.integers(-3, 400), st.lists(st.tuples(st.integers(0, 120), st.integers(1, 300)), max_size=4,
              unique_by=lambda arrival: arrival[0]), st.sampled_from([None, 0, 12, 35]), st.integers(1, 13),
              st.integers(0, 60)),
    min_size=3, max_size=8,
)  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CASES)
def test_it_agrees_with_the_pure_formulas_on_any_history(pool, cases):
    Coverage.objects.all().delete()
    for model in (InboundShipment, StockLevel, SkuDay, StockDay):
        model.objects.all().delete()
    told = []
    for number, (days, available, arrivals, lead, pack, least) in enumerate(cases):
        sku = Sku.objects.filter(code=f"MUG-{number}").first() or make_sku(number)
        Sku.objects.filter(pk=sku.pk).update(lead_time_days=lead, pack_quantity=pack, moq=least)
        history = [Day(age, units, stocked) for age, (units, stocked) in enumerate(days, 1)]
        tell(pool, sku, history, available=available)
        arrive(pool, sku, *arrivals)
        told.append((sku, history, available, arrivals, Supply(lead, pack=pack, least_order=least)))
    coverage.measure()
    found = {row.sku_id: row for row in Coverage.objects.all()}
    for sku, history, available, arrivals, supply in told:
        assert as_measured(found[sku.pk]) == as_formulas(history, available, arrivals, supply)


def as_measured(row):
    return (
        row.velocity, row.deviation, Figure(row.days, row.why), row.safety_stock, row.reorder_point, row.proposed,
        row.proposal_why,
    )  # fmt: skip


def as_formulas(history, available, arrivals, supply):
    speed = replenishment.velocity(history)
    spread = replenishment.deviation(history)
    cover = replenishment.cover(available, speed.value, arrivals)
    buffer = replenishment.safety(speed.value, spread, supply)
    whole = None if buffer.value is None else replenishment.ceil(buffer.value)
    wished = replenishment.order(speed.value, whole, available + sum(units for _, units in arrivals), supply)
    point = None
    if buffer.value is not None:
        point = replenishment.reorder_point(speed.value, buffer.value, supply.lead_days)
    return (
        speed.value, spread, Figure(cover.value, speed.why or cover.why), whole, point,
        None if wished.value is None else int(wished.value), wished.why or wished.note or buffer.note,
    )  # fmt: skip
