"""Storing a month's goods: by volume and piece, by size and VAT, never guessed; SQL and the plain rule agree."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from catalog.models import Product, RemoteProduct, Sku
from config.core import clock
from finance import sinks
from finance.models import FeeRule, FeeVat
from finance.selectors import fee_months
from finance.selectors.fee_plans import Plans
from finance.storage import Held, fee
from inventory.models import StockDay, StockLevel, Warehouse
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.factories import NOON
from tests.finance.conftest import header, line

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
LITRE = {"length_mm": 200, "width_mm": 100, "height_mm": 50}


def rule(**changes) -> FeeRule:
    values = {"line_class": "storage", "valid_from": SEPTEMBER, "currency": "EUR", "source": "test", **changes}
    return FeeRule(**values)


@pytest.mark.parametrize(
    ("unit_days", "row", "cost"),
    [
        (300, {"per_volume": Decimal("19.40")}, "0.19"),
        (3000, {"per_volume": Decimal("19.40")}, "1.94"),
        (3000, {"per_volume": Decimal("0.75"), "volume_unit": "ft3"}, "2.65"),
        (3000, {"per_unit": Decimal("0.03")}, "3.00"),
        (3000, {"per_volume": Decimal("19.40"), "vat": "on_top", "vat_rate": Decimal("0.19")}, "2.31"),
        (3000, {"per_volume": Decimal("19.40"), "minimum": Decimal(5)}, "5"),
    ],
    ids=["ten litres", "a hundred litres", "feet", "pieces", "VAT on top", "minimum"],
)
def test_it_charges_for_what_was_there_on_average(unit_days, row, cost):
    assert fee(Held(unit_days, 30, (200, 100, 50)), [rule(**row)]) == (Decimal(cost), "")


@pytest.mark.parametrize(
    ("held", "row", "why"),
    [
        (Held(None, 30, (200, 100, 50)), {"per_volume": Decimal(1)}, "not_counted"),
        (Held(9, 30, None), {"per_volume": Decimal(1)}, "no_size"),
        (Held(9, 30, (200, 100, 50)), {"per_volume": Decimal(1), "longest_mm": 100}, "no_tier"),
        (Held(9, 30, (200, 100, 50)), {"per_volume": Decimal(1), "vat": "on_top"}, "no_fee_vat"),
    ],
)
def test_it_says_why_a_month_cannot_be_told(held, row, why):
    assert fee(held, [rule(**row)]) == (None, why)


@pytest.fixture
def pool(db):
    """A pool that holds a hundred mugs of a litre on every day of September, and plates of which no size is known."""
    account = factories.account()
    place = Warehouse.objects.create(code="pool", label="Pool", account=account, pool="eu", fulfilment="marketplace")
    mug, plate = (
        Sku.objects.create(code=code, product=Product.objects.create(title=code), **sides)
        for code, sides in (("MUG", LITRE), ("PLATE", {}))
    )
    days = [SEPTEMBER + timedelta(days=n) for n in range(30)]
    StockDay.objects.bulk_create(
        StockDay(warehouse=place, sku=mug, day=day, on_hand=100, counted_to=NOON) for day in days
    )
    return SimpleNamespace(account=account, place=place, mug=mug, plate=plate)


def months(pool, *firsts):
    with clock.frozen(NOON):
        return fee_months.months(accounts=[pool.account], firsts=firsts)


def test_it_compares_the_sum_of_a_month_with_what_the_next_one_charged_for_it(pool):
    FeeRule.objects.create(
        account=pool.account, line_class="storage", valid_from=SEPTEMBER, currency="EUR", source="contract",
        per_volume=Decimal("26.50"), is_charged_later=True, vat="on_top",
    )  # fmt: skip
    FeeVat.objects.create(account=pool.account, valid_from=SEPTEMBER, rate=Decimal("0.19"), source="invoice")
    FeeVat.objects.create(
        account=pool.account, valid_from=SEPTEMBER, rate=Decimal("0.10"), source="invoice", line_class="storage"
    )
    RemoteProduct.objects.create(
        account=pool.account, remote_id="MUG", sku=pool.mug, state="linked", first_seen_at=NOON
    )
    sinks.settlements([header("S-1", "-4.00")], factories.source(pool.account, "settlements"))
    rows = [
        line(n, C.STORAGE, amount, posted_at=NOON, sku=sku)
        for n, (amount, sku) in enumerate([("-3.00", "MUG"), ("-1.00", "")], 1)
    ]
    sinks.settlement_lines(rows, factories.source(pool.account, "settlements"))
    (month,) = months(pool, SEPTEMBER)
    (row,) = month.stored
    assert (row.sku, row.units, row.expected, row.why) == ("MUG", Decimal(100), Decimal("-2.92"), "")
    (total,) = (row for row in month.sums if row.line_class == "storage")
    assert (total.expected, total.charged, row.charged) == (Decimal("-2.92"), Decimal("-4.00"), Decimal("-3.00"))


def test_it_knows_no_sum_while_a_product_or_the_month_is_not_known(pool):
    FeeRule.objects.create(
        account=pool.account, line_class="storage", valid_from=SEPTEMBER, currency="EUR", source="contract",
        per_volume=Decimal("26.50"),
    )  # fmt: skip
    StockDay.objects.bulk_create(
        StockDay(warehouse=pool.place, sku=pool.plate, day=SEPTEMBER + timedelta(days=n), on_hand=4, counted_to=NOON)
        for n in range(30)
    )
    StockDay.objects.create(warehouse=pool.place, sku=pool.mug, day=OCTOBER, on_hand=100, counted_to=NOON)
    september, october = months(pool, SEPTEMBER, OCTOBER)
    assert [(row.sku, row.expected, row.why) for row in september.stored] == [
        ("MUG", Decimal("-2.65"), ""), ("PLATE", None, "the size of the product is not known"),
    ]  # fmt: skip
    (total,) = (row for row in september.sums if row.line_class == "storage")
    assert (total.expected, total.why) == (None, "the size of the product is not known: 1 of 2 products")
    assert {(row.expected, row.why) for row in october.stored} == {(None, "the month is not over")}


def test_it_knows_no_sum_while_something_in_the_pool_is_linked_to_no_product(pool):
    FeeRule.objects.create(
        account=pool.account, line_class="storage", valid_from=SEPTEMBER, currency="EUR", source="contract",
        per_volume=Decimal("26.50"),
    )  # fmt: skip
    StockLevel.objects.create(warehouse=pool.place, remote_id="CUP", available=3, observed_at=NOON)
    (month,) = months(pool, SEPTEMBER)
    assert [(row.sku, row.expected, row.why) for row in month.stored] == [
        ("", None, "goods in the pool are linked to no product"), ("MUG", Decimal("-2.65"), ""),
    ]  # fmt: skip
    (total,) = (row for row in month.sums if row.line_class == "storage")
    assert (total.expected, total.why) == (None, "goods in the pool are linked to no product: 1 of 2 products")
    StockLevel.objects.update(available=0)
    assert [row.why for row in months(pool, SEPTEMBER)[0].stored] == [""]


def test_it_reckons_random_pools_as_the_plain_rule_does(pool):
    draw = random.Random(2)  # noqa: S311 - pools that can be made again
    FeeRule.objects.all().delete()
    sizes = ((None, None, None), (300, 200, 100), (100, 80, None))
    for longest, middle, shortest in sizes:
        FeeRule.objects.create(
            account=pool.account, line_class="storage", valid_from=SEPTEMBER, currency="EUR", source="test",
            longest_mm=longest, middle_mm=middle, shortest_mm=shortest, per_volume=Decimal(draw.randrange(0, 4000)) / 100,
            volume_unit=draw.choice(("m3", "ft3")), per_unit=draw.choice((Decimal(0), Decimal("0.013"))),
            vat=draw.choice(("included", "on_top")), rounding=draw.choice(("half_up", "down")),
        )  # fmt: skip
    FeeVat.objects.create(account=pool.account, valid_from=SEPTEMBER, rate=Decimal("0.2"), source="test")
    plan = Plans([pool.account]).of(pool.account, C.STORAGE, on=SEPTEMBER)
    assert len(plan.rules) == len(sizes)
    wanted, days = {}, []
    for number in range(40):
        sides = None if draw.random() < 0.2 else tuple(sorted((draw.randrange(10, 350) for _ in "abc"), reverse=True))
        named = dict(zip(("width_mm", "height_mm", "length_mm"), sides or (), strict=False))
        sku = Sku.objects.create(code=f"S-{number:02}", product=pool.mug.product, **named)
        units = [draw.choice((None, 7) if number % 9 == 0 else range(400)) for _ in range(30)]
        units = units[draw.choice((0, 0, 5)) : draw.choice((30, 30, 30, 29))]
        is_whole = len(units) in (30, 25)
        first = SEPTEMBER + timedelta(days=30 - len(units) if is_whole else 0)
        days += [
            StockDay(warehouse=pool.place, sku=sku, day=first + timedelta(days=n), on_hand=held, counted_to=NOON)
            for n, held in enumerate(units)
        ]
        unit_days = sum(units) if is_whole and None not in units else None
        amount, reason = fee(Held(unit_days, 30, sides, plan.vats), plan.rules)
        wanted[sku.code] = (None if amount is None else -amount, reason)
    StockDay.objects.bulk_create(days)
    (month,) = months(pool, SEPTEMBER)
    found = {row.sku: (row.expected, row.reason) for row in month.stored if row.sku != "MUG"}
    assert found == wanted
    assert {reason for _, reason in wanted.values()} == {"", "not_counted", "no_size"}
