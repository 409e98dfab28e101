"""Health of goods in marketplaces' pools: each cause apart, and in the simulated world exactly the troubles that it has."""

from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from catalog.models import Product, Sku
from catalog.services import products
from config.core import clock, transport
from inventory import pool_sink
from inventory.models import (
    Coverage,
    InboundLine,
    InboundReceipt,
    InboundShipment,
    PoolHealth,
    StockLevel,
    StorageRate,
    Warehouse,
)
from inventory.services import inbound, stock
from inventory.services.stock import Move
from marketplaces import registry
from marketplaces.canonical import StockHealth
from marketplaces.contract import Window
from marketplaces.models import SyncState
from marketplaces.sandbox import mount, shelf_troubles, truth
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from marketplaces.sinks import Source
from tests import worlds
from tests.finance.test_fees_in_the_world import master
from tests.finance.test_simulated_world import START, TODAY, Shop
from tests.tickets.conftest import keep_fresh
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def pool(shop):
    for resource in ("stock", "stock_health"):
        SyncState.objects.create(account=shop, resource=resource, last_ok_at=clock.now())
    return Warehouse.objects.create(code="shop:eu", label="EU", account=shop, pool="eu", fulfilment="marketplace")


@pytest.fixture
def mug(db):
    return Sku.objects.create(code="MUG", product=Product.objects.create(title="Mug"))


def told(pool, sku, **changes):
    values = {"ages": {"0": 50}, "aged_units": 0, "stranded": 0, "unsellable": 0, "observed_at": clock.now(), **changes}
    return PoolHealth.objects.update_or_create(warehouse=pool, remote_id="MUG", sku=sku, defaults=values)[0]


def sweep(account):
    keep_fresh(account)
    engine.sweep("pool")
    return Ticket.objects.filter(type="pool_health").first()


def sold(sku, pool, units, **changes):
    values = {"state": "good", "computed_at": clock.now(), "sold_30": units, **changes}
    return Coverage.objects.create(sku=sku, warehouse=pool, **values)


@pytest.mark.parametrize(("hours", "units", "severity"), [("23.9", 9, None), ("24", 0, "S3"), ("24", 9, "S1")])
def test_it_tells_of_units_stranded_for_a_day(shop, pool, mug, hours, units, severity):
    sold(mug, pool, units)
    told(pool, mug, stranded=4, stranded_since=clock.now() - timedelta(hours=float(hours)), stranded_reason="Closed")
    ticket = sweep(shop)
    assert (ticket and ticket.severity) == severity
    if ticket:
        assert ticket.title == "4 units of MUG are stranded in EU"
        assert ticket.scope_key == "sku:MUG/pool:shop:eu/stranded"


@pytest.mark.parametrize(
    ("ages", "fee", "severity"),
    [
        ({"0": 9, "91": 20}, "0", None),
        ({"0": 9, "181": 3}, "-99", "S3"),
        ({"181": 3}, "-100.01", "S2"),
        ({"271": 1}, None, "S2"),
    ],
)
def test_it_tells_of_units_half_a_year_old_and_what_they_will_cost(shop, pool, mug, ages, fee, severity):
    aged = sum(units for start, units in ages.items() if int(start) >= 181)
    told(pool, mug, ages=ages, aged_units=aged, age_fee=fee and D(fee), currency="EUR")
    ticket = sweep(shop)
    assert (ticket and ticket.severity) == severity


def test_the_clients_rates_tell_what_old_units_cost_where_the_pool_does_not(shop, pool, mug):
    told(pool, mug, ages={"0": 9, "181": 30}, aged_units=30)
    agree(pool, "3.40")
    assert sweep(shop).severity == "S2"
    assert Ticket.objects.get().evidence["shows"]["next_charge"] == "102.00 EUR"


def agree(place, rate, **changes):
    values = {"from_day": 181, "valid_from": clock.now().date() - timedelta(days=30), "unit": "piece", **changes}
    return StorageRate.objects.create(warehouse=place, rate=D(rate), currency="EUR", **values)


def lies(pool, sku, *came, held):
    """Units that came so many days ago, and how many of all lie there now."""
    made = InboundShipment.objects.create(reference="PO-9", destination=pool, state="receiving")
    line = InboundLine.objects.create(shipment=made, sku=sku, quantity=1)
    for days, units in came:
        at = clock.now() - timedelta(days=days)
        InboundReceipt.objects.create(line=line, key=str(days), units=units, received_at=at)
    StockLevel.objects.create(warehouse=pool, remote_id="MUG", sku=sku, available=held, reserved=0, observed_at=at)


@pytest.mark.parametrize(
    ("velocity", "rate", "severity"),
    [("0", None, "S4"), ("0", "2.50", "S4"), ("0", "2.51", "S2"), ("3.1", None, None), (None, None, None)],
)
def test_it_tells_of_units_that_will_soon_be_half_a_year_old(shop, pool, mug, velocity, rate, severity):
    """On 2 October 40 units are 170 days old and 10 younger; until the fifteenth 40 units are sold at 3.1 a day."""
    lies(pool, mug, (170, 40), (20, 10), held=50)
    sold(mug, pool, 0, velocity=velocity and D(velocity))
    if rate:
        agree(pool, rate)
    ticket = sweep(shop)
    assert (ticket and ticket.severity) == severity
    if ticket:
        assert ticket.title == "40 units of MUG in EU will soon have lain there for half a year"
        assert (ticket.scope_key, ticket.action) == ("sku:MUG/pool:shop:eu/turning", "open_prices")
        cost = {None: "no_rate", "2.50": "100.00 EUR", "2.51": "100.40 EUR"}[rate]
        assert ticket.evidence["shows"] == {"next_charge_on": "2026-10-15", "next_charge": cost, "older_units": 0}


@pytest.mark.parametrize(("age", "is_told"), [(150, False), (151, True), (180, True), (181, False)])
def test_units_are_told_of_from_151_to_180_days(shop, pool, mug, age, is_told):
    lies(pool, mug, (age, 4), held=4)
    sold(mug, pool, 0, velocity=D(0))
    assert bool(sweep(shop)) is is_told


@pytest.mark.parametrize(("unsellable", "severity"), [(1, None), (2, "S3")])
def test_it_tells_of_more_than_two_percent_unfit_for_sale(shop, pool, mug, unsellable, severity):
    told(pool, mug, ages={"0": 50 - unsellable}, unsellable=unsellable)
    ticket = sweep(shop)
    assert (ticket and ticket.severity) == severity


def test_it_tells_of_units_that_never_came(shop, pool, mug):
    made = InboundShipment.objects.create(
        reference="PO-1", destination=pool, state="closed", closed_on=clock.now().date()
    )
    InboundLine.objects.create(shipment=made, sku=mug, quantity=24, received=21)
    ticket = sweep(shop)
    assert (ticket.title, ticket.action) == ("3 units of MUG never came with PO-1", "open_inbound")
    made.lines.update(received=24)
    for days in (1, 2):
        with clock.frozen(clock.now() + timedelta(days=days)):
            sweep(shop)
    ticket.refresh_from_db()
    assert ticket.state == "resolved"


def test_it_tells_of_units_that_were_lost_between_our_own_places(shop, mug):
    here, there = (Warehouse.objects.create(code=code, label=code, pool="own", fulfilment="merchant") for code in "ab")
    stock.move([Move(warehouse_id=here.pk, sku_id=mug.pk, kind="opening", quantity=9, key="o")], by="olga")
    sent = inbound.plan(inbound.Draft(destination=there, origin=here, units={mug.pk: 5}), by="olga")
    inbound.order(sent, on=clock.now().date(), expected_on=None)
    inbound.send(sent, by="olga")
    inbound.receive(sent, {mug.pk: 3}, key="first", by="olga")
    assert sweep(shop) is None
    inbound.close(sent)
    assert sweep(shop).title == f"2 units of MUG never came with {sent.reference}"


@pytest.mark.parametrize(("quarter", "severity"), [("42.0", None), ("27.9", "S2"), (None, None)])
def test_it_tells_of_too_little_supply_where_both_windows_are_short(shop, pool, mug, quarter, severity):
    sold(mug, pool, 40, supply_30=D("27.0"), supply_90=quarter and D(quarter))
    ticket = sweep(shop)
    assert (ticket and ticket.severity) == severity


@pytest.fixture(scope="module")
def all_worlds():
    return worlds.since(START.date())


def telling():
    """The smallest account with a pool of each marketplace that tells of its pools."""
    for adapter in registry.all_adapters():
        pooled = sorted((a for a in adapter.sandbox_accounts if a.pool), key=lambda a: (a.orders_per_day, a.key))
        if pooled and "stock_health" in {resource.key for resource in adapter.resources}:
            yield pytest.param(adapter, pooled[0], id=pooled[0].key)


@pytest.mark.parametrize(("adapter", "simulated"), telling())
def test_it_finds_exactly_the_troubles_of_the_simulated_world(adapter, simulated, all_worlds, monkeypatch):
    world = all_worlds[simulated.client]
    products.import_master(master(world))
    with clock.frozen(TODAY):
        session = requests.Session()
        mount.mount(session, Sandbox(all_worlds, Overlay(), is_limited=False))
        monkeypatch.setattr(transport, "_session", lambda *_: session)
        shop = Shop(adapter, simulated)
        asked = shop.client.request_report("stock_health", Window(TODAY - timedelta(days=1), TODAY))
    with clock.frozen(TODAY + timedelta(minutes=30)):
        page = shop.client.download("stock_health", shop.client.report_state("stock_health", asked))
        rows = list(registry.mapper(adapter.key, "stock_health")(page))
        assert all(isinstance(row, StockHealth) for row in rows)
        pool_sink.stock_health(rows, Source(shop.account, "stock_health", clock.now()))
        SyncState.objects.create(account=shop.account, resource="stock_health", last_ok_at=clock.now())
        engine.sweep("pool")
    causes = {"stranded": "stranded_stock", "aged": "aged_stock", "unsellable": "unsellable_stock"}
    found = {
        (causes[ticket.action_params["cause"]], ticket.action_params["sku"])
        for ticket in Ticket.objects.filter(type="pool_health")
    }
    faults = [fault for fault in truth.faults(world, TODAY) if fault.account == simulated.key]
    assert found == {(fault.kind, fault.subjects[0]) for fault in faults if fault.kind in shelf_troubles.KINDS}
    assert len(found) == 3
