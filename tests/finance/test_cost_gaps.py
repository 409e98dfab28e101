"""Where a cost is missing: sold or in stock while the one rule finds none, with a sheet that holds only these gaps."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from catalog.services import products
from config.core import clock
from config.core.sheets import reading
from config.core.sheets import writing as files
from finance.cost_sheets import judging, writing
from finance.cost_sheets.columns import LAYOUT
from finance.models import AccountMonth, Cost
from finance.selectors import cost_sheets
from finance.selectors import costs as selectors
from inventory.models import InboundLine, InboundShipment, Order, OrderLine, StockLevel, StockMove, Warehouse
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
FIRST = date(2026, 9, 1)


@pytest.fixture(autouse=True)
def _noon():
    with clock.frozen(NOW):
        yield


@pytest.fixture
def account():
    return factories.account()


@pytest.fixture
def own():
    return Warehouse.objects.create(code="own", label="Own", pool="own", fulfilment="merchant")


@pytest.fixture
def mug():
    return products.create(code="MUG", title="Mug")


def sell(account, sku, *days, currency="EUR", **changes):
    for day in days:
        order = Order.objects.create(
            account=account, external_id=f"{sku.code}-{currency}-{day}", status="shipped", fulfilment="merchant",
            ordered_at=NOW, changed_at=NOW, business_on=FIRST + timedelta(days=day), currency=currency, **changes,
        )  # fmt: skip
        OrderLine.objects.create(
            order=order, account=account, order_ref=order.external_id, external_id="1", sku=sku, quantity=2,
            currency=currency, item_total=Decimal(20), shipping=Decimal(3), changed_at=NOW,
        )  # fmt: skip


def hold(place, sku, available, **changes):
    StockLevel.objects.create(
        warehouse=place, remote_id=sku.code, sku=sku, available=available, observed_at=NOW, **changes
    )


def cost(sku, day, purchase="5", **changes):
    values = {"currency": "EUR", "known_at": NOW - timedelta(days=1), "source": "test", "entered_by": "test", **changes}
    return Cost.objects.create(sku=sku, valid_from=FIRST + timedelta(days=day), purchase=Decimal(purchase), **values)


def found():
    return [
        (gap.sku_id, gap.warehouse_id, gap.lines, gap.units, gap.first_on, gap.last_on, gap.paid, gap.stock)
        for gap in selectors.gaps()
    ]


def test_it_finds_the_days_that_no_cost_covers_and_what_buyers_paid(account, own, mug):
    sell(account, mug, 0, 1, 5)
    sell(account, mug, 1, currency="USD")
    assert found() == [
        (mug.pk, own.pk, 4, 8, FIRST, FIRST + timedelta(days=5), {"EUR": Decimal(69), "USD": Decimal(23)}, 0)
    ]
    cost(mug, 1)
    assert found() == [(mug.pk, own.pk, 1, 2, FIRST, FIRST, {"EUR": Decimal(23)}, 0)]
    cost(mug, 0)
    assert found() == []


def test_it_finds_stock_without_a_cost_and_adds_it_to_the_same_place(account, own, mug):
    cup = products.create(code="CUP", title="Cup")
    pool = Warehouse.objects.create(code="p", label="Pool", account=account, pool="p", fulfilment="marketplace")
    sell(account, mug, 0)
    hold(own, mug, 3, reserved=2, inbound=1)
    hold(pool, cup, 4)
    assert [row[:3] + row[7:] for row in found()] == [(mug.pk, own.pk, 1, 6), (cup.pk, pool.pk, 0, 4)]
    cost(cup, 19, warehouse=pool)
    cost(mug, 20)
    assert [row[:3] + row[7:] for row in found()] == [(mug.pk, own.pk, 1, 6)]
    cost(mug, 19)
    assert [row[:3] + row[7:] for row in found()] == [(mug.pk, own.pk, 1, 0)]


def test_it_finds_our_own_stock_and_open_purchases_without_a_cost(account, own, mug):
    cup = products.create(code="CUP", title="Cup")
    pool = Warehouse.objects.create(code="p", label="Pool", account=account, pool="p", fulfilment="marketplace")
    theirs = Warehouse.objects.create(code="m", label="M", account=account, pool="m", fulfilment="merchant")
    for place, sku, quantity, kind in ((own, mug, 7, "receipt"), (own, cup, 2, "receipt"), (own, cup, -2, "shipment")):
        StockMove.objects.create(
            warehouse=place,
            sku=sku,
            kind=kind,
            quantity=quantity,
            key=f"{sku}{quantity}",
            happened_at=NOW,
            recorded_at=NOW,
        )
    hold(theirs, mug, 5)
    for reference, state, received in (("PO-1", "in_transit", 4), ("PO-2", "planned", 0), ("PO-3", "cancelled", 0)):
        bought = InboundShipment.objects.create(reference=reference, destination=pool, state=state)
        InboundLine.objects.create(shipment=bought, sku=cup, quantity=10, received=received)
    assert [row[:3] + row[7:] for row in found()] == [(mug.pk, own.pk, 0, 7), (cup.pk, pool.pk, 0, 6)]
    hold(pool, cup, 1, inbound=9)
    assert [row[:3] + row[7:] for row in found()] == [(cup.pk, pool.pk, 0, 10), (mug.pk, own.pk, 0, 7)]


def test_it_takes_stock_that_an_account_counts_at_our_place_for_ours(account, own, mug):
    theirs = Warehouse.objects.create(code="m", label="M", account=account, pool="m", fulfilment="merchant")
    hold(theirs, mug, 5)
    assert [row[:2] + row[7:] for row in found()] == [(mug.pk, own.pk, 5)]


def test_it_leaves_out_locked_months_cancelled_lines_and_long_past_ones(account, own, mug):
    sell(account, mug, -20, -401)
    sell(account, mug, 0)
    OrderLine.objects.filter(order__business_on=FIRST).update(quantity_cancelled=2)
    AccountMonth.objects.create(
        account=account, month=date(2026, 8, 1), state="locked", prepared_by="p", prepared_at=NOW, locked_by="l",
        locked_at=NOW,
    )  # fmt: skip
    assert found() == []


def sheet_of(kind="csv"):
    gaps = selectors.gaps()
    skus = {sku.pk: sku for sku in products.Sku.objects.all()}
    places = {place.pk: place.code for place in Warehouse.objects.all()}
    last = selectors.suggestions(sku_ids=skus)
    rows = writing.gap_rows(gaps, skus=skus, places=places, last=last, today="2026-09-20")
    return (files.xlsx_file if kind == "xlsx" else files.csv_file)(writing.GAP_COLUMNS, rows)


def test_it_makes_a_sheet_of_the_gaps_with_the_last_cost_as_a_marked_suggestion(account, own, mug):
    cup = products.create(code="=CUP", title="Cup")
    sell(account, mug, 0, 3)
    sell(account, cup, 2)
    cost(mug, 1, "5.10", vendor="Kiln", vat_rate=Decimal("0.19"), inbound=Decimal("0.4"))
    rows = list(csv.DictReader(io.StringIO(sheet_of().decode("utf-8-sig"))))
    assert [
        [row[name] for name in ("sku", "warehouse", "valid_from", "purchase", "suggestion", "why")] for row in rows
    ] == [
        [
            "MUG",
            "own",
            "2026-09-01",
            "5.1000",
            "last cost, from 2026-09-02",
            "1 order lines since 2026-09-01 (2 pieces)",
        ],
        ["'=CUP", "own", "2026-09-03", "", "", "1 order lines since 2026-09-03 (2 pieces)"],
    ]
    assert (rows[0]["vendor"], rows[0]["currency"], rows[0]["inbound"], rows[0]["vat_rate"]) == (
        "Kiln", "EUR", "0.4000", "19",
    )  # fmt: skip
    (cells, formula) = list(load_workbook(io.BytesIO(sheet_of("xlsx"))).active.iter_rows(min_row=2))
    assert (cells[0].value, cells[5].value, formula[0].value, formula[0].data_type) == ("MUG", 5.1, "=CUP", "s")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_its_sheet_comes_back_as_it_went(account, own, mug, kind):
    cup = products.create(code="0042", title="Cup")
    sell(account, mug, 0)
    sell(account, cup, 2)
    cost(mug, 1, "5.10", vat_rate=Decimal("0.19"))
    rows = reading.read(sheet_of(kind), LAYOUT)
    judged = judging.judge(rows, cost_sheets.known(rows))
    assert [[str(problem) for problem in row.problems] for row in judged] == [
        ["suggestion: the amounts are still only a suggestion; check them, then empty this cell"],
        [
            "currency: the currency is missing; write a code such as EUR",
            "purchase: the purchase price is missing; write what one piece costs; 0 only where it costs nothing",
        ],
    ]
    agreed = [reading.Given(row.row_no, row.cells | {"suggestion": ""}) for row in rows[:1]]
    (said,) = [row.said for row in judging.judge(agreed, cost_sheets.known(rows))]
    assert (said.sku_id, said.warehouse_id, said.valid_from, said.amounts[0]) == (mug.pk, own.pk, FIRST, Decimal("5.1"))
