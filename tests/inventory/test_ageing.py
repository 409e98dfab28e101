from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Product, Sku
from inventory import ageing, ages
from inventory.models import InboundLine, InboundReceipt, InboundShipment, MoveKind, StockLevel, Warehouse
from inventory.services import stock
from inventory.services.stock import Move
from tests import factories

TODAY = date(2026, 10, 2)


@pytest.mark.parametrize(
    ("age", "start"),
    [(0, 0), (30, 0), (31, 31), (60, 31), (61, 61), (90, 61), (91, 91), (180, 91), (181, 181), (210, 181), (211, 211),
     (240, 211), (241, 241), (270, 241), (271, 271), (300, 271), (301, 301), (330, 301), (331, 331), (365, 331),
     (366, 366), (900, 366)],
)  # fmt: skip
def test_it_puts_an_age_into_its_bucket(age, start):
    assert ageing.bucket(age) == start


def test_it_ships_the_oldest_units_first():
    receipts = [(TODAY - timedelta(days=days), units) for days, units in ((10, 40), (200, 30), (400, 20))]
    found = ageing.buckets(receipts, 25, TODAY)
    assert {start: units for start, units in found.items() if units} == {181: 25, 0: 40}
    assert sum(ageing.buckets(receipts, 90, TODAY).values()) == 0


JAN, OCT_15, OCT_16 = date(2026, 1, 1), date(2026, 10, 15), date(2026, 10, 16)


def eur(from_day, valid_from, amount, unit=ageing.StorageUnit.PIECE):
    return ageing.Rate(from_day, valid_from, Decimal(amount), "EUR", unit)


RATES = [
    eur(181, JAN, "0.40"), eur(366, JAN, "6.00"), eur(181, OCT_15, "0.50"), eur(366, OCT_15, "6.90"),
    eur(181, OCT_16, "9"),
]  # fmt: skip


def test_it_forecasts_what_the_next_snapshot_will_charge_after_expected_sales():
    receipts = [(TODAY - timedelta(days=days), units) for days, units in ((10, 40), (170, 30), (400, 20))]
    assert ageing.next_snapshot(TODAY) == OCT_15
    assert ageing.next_snapshot(date(2026, 12, 15)) == date(2027, 1, 15)
    units = ageing.forecast(receipts, 0, today=TODAY, per_day=Decimal("0.8")).units
    assert ageing.charge(units, RATES, on=OCT_15).amounts == {"EUR": Decimal("84.00")}
    assert ageing.charge(units, RATES[:2], on=OCT_15).amounts == {"EUR": Decimal("72.00")}
    assert ageing.charge(units, RATES[4:], on=OCT_15) == ageing.Charge(None, "no_rate")


def test_a_band_ends_where_the_next_that_is_entered_begins_and_younger_goods_than_the_first_cost_nothing():
    units = {0: 5, 91: 7, 181: 2, 271: 3, 366: 1}
    assert ageing.charge(units, RATES[:2], on=JAN).amounts == {"EUR": Decimal("8.00")}
    assert ageing.charge(units, [*RATES[:2], eur(0, JAN, "0.01")], on=JAN).amounts == {"EUR": Decimal("8.12")}


def test_a_rate_per_volume_or_weight_needs_the_size_or_weight():
    body = ageing.Body(weight_g=1450, volume_mm3=300 * 200 * 100)
    by_metre, by_foot, by_kilo = (
        [eur(181, JAN, amount, unit)] for amount, unit in
        (("45.00", ageing.StorageUnit.CUBIC_METRE), ("1.50", ageing.StorageUnit.CUBIC_FOOT), ("0.30", ageing.StorageUnit.KG))
    )  # fmt: skip
    assert ageing.charge({181: 10}, by_metre, on=JAN, body=body).amounts == {"EUR": Decimal("2.70")}
    assert ageing.charge({181: 10}, by_foot, on=JAN, body=body).amounts == {"EUR": Decimal("3.18")}
    assert ageing.charge({181: 10}, by_kilo, on=JAN, body=body).amounts == {"EUR": Decimal("4.35")}
    assert ageing.charge({181: 10}, by_metre, on=JAN).why == "no_size"
    assert ageing.charge({181: 10}, by_kilo, on=JAN).why == "no_weight"


def test_it_tells_how_many_units_turn_old_enough_before_the_next_charge():
    receipts = [
        (TODAY - timedelta(days=days), units) for days, units in ((150, 7), (167, 5), (168, 9), (180, 30), (200, 20))
    ]
    found = ageing.forecast(receipts, 0, today=TODAY, per_day=Decimal(2))
    assert (found.on, found.charged, found.crossing) == (date(2026, 10, 15), 33, 33)
    assert {start: units for start, units in found.units.items() if units} == {91: 12, 181: 33}
    assert ageing.forecast(receipts, 0, today=TODAY, per_day=Decimal(0)).crossing == 39


came = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 40)), max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(own=came, pool=came, gone=st.integers(0, 200), told=st.integers(0, 200))
@pytest.mark.django_db
def test_what_is_left_of_all_receipts_is_the_same_in_the_database_as_by_the_formula(north, own, pool, gone, told):
    sku, house, theirs = places()
    gone = min(gone, sum(units for _, units in own))
    keep(sku, house, own, gone)
    arrive(sku, theirs, pool)
    StockLevel.objects.update_or_create(
        warehouse=theirs,
        remote_id="A",
        defaults={"sku": sku, "available": told, "reserved": 0, "observed_at": factories.NOON},
    )
    found = ages.of_pairs([(sku.pk, 0), (sku.pk, theirs.pk)])
    for pair, receipts, held in (((sku.pk, 0), own, sum(n for _, n in own) - gone), ((sku.pk, theirs.pk), pool, told)):
        dated = [(TODAY - timedelta(days=age), units) for age, units in receipts]
        shipped = max(0, sum(units for _, units in receipts) - held)
        expected = per_day(ageing.layers(per_day(dated), shipped))
        assert (found[pair].layers if pair in found else []) == expected
        soon = any(151 <= (TODAY - day).days <= 180 for day, _ in expected)
        assert (pair in ages.soon_charged(TODAY)) is soon


def per_day(layers):
    days = {}
    for day, units in layers:
        days[day] = days.get(day, 0) + units
    return sorted(days.items())


def places():
    """A new product each time, so that examples do not meet; with our shelf and a marketplace's pool."""
    number = Sku.objects.count()
    shop = factories.account(f"shop-{number}")
    made = [
        Warehouse.objects.create(code=f"{name}-{number}", label=name, account=account, pool=name, fulfilment=fulfilment)
        for name, account, fulfilment in (("shelf", None, "merchant"), ("pool", shop, "marketplace"))
    ]
    return Sku.objects.create(code=f"S-{number}", product=Product.objects.create(title="S")), *made


def keep(sku, house, receipts, gone):
    moves = [
        Move(
            warehouse_id=house.pk, sku_id=sku.pk, kind=MoveKind.RECEIPT, quantity=units, key=f"{sku.pk}:{number}",
            happened_at=factories.NOON - timedelta(days=age),
        )
        for number, (age, units) in enumerate(receipts)
    ]  # fmt: skip
    if gone:
        moves.append(
            Move(warehouse_id=house.pk, sku_id=sku.pk, kind=MoveKind.SHIPMENT, quantity=-gone, key=f"{sku.pk}:gone")
        )
    stock.move(moves, by="me")


def arrive(sku, pool, receipts):
    shipment = InboundShipment.objects.create(reference=f"IN-{sku.pk}", destination=pool, state="receiving")
    line = InboundLine.objects.create(shipment=shipment, sku=sku, quantity=1)
    InboundReceipt.objects.bulk_create(
        InboundReceipt(line=line, key=str(number), units=units, received_at=factories.NOON - timedelta(days=age))
        for number, (age, units) in enumerate(receipts)
    )
