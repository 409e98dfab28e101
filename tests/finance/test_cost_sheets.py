"""A cost sheet from the upload to the margins that it fills: judged, previewed, approved, applied as a whole."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from catalog.services import products
from config.core import clock, tenancy
from config.core.models import WorkItem
from finance.cost_sheets import effect
from finance.fx.models import Rate
from finance.models import AccountMonth, Cost, CostSheet, LineProfit
from finance.services import cost_sheets, costs, profit
from finance.services.costs import Entry
from inventory.models import Order, OrderLine, Warehouse
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
HEADER = "sku;warehouse;vendor;currency;valid_from;purchase;inbound;vat_rate"


def at(hours):
    return clock.frozen(NOW + timedelta(hours=hours))


@pytest.fixture(autouse=True)
def _noon():
    with at(0):
        yield


@pytest.fixture
def shop():
    """Two SKUs; ten lines of the mug and one of the cup, each of 2 pieces worth 40 net, with their profit computed."""
    account = factories.account()
    Warehouse.objects.create(code="own", label="Own", pool="own", fulfilment="merchant")
    for code, count in (("MUG", 10), ("CUP", 1)):
        sku = products.create(code=code, title=code.title())
        for number in range(count):
            order = Order.objects.create(
                account=account, external_id=f"{code}-{number}", status="shipped", fulfilment="merchant",
                ordered_at=NOW, changed_at=NOW, business_on=date(2026, 8, 28) + timedelta(days=number), currency="EUR",
                ship_to_country="DE",
            )  # fmt: skip
            line = OrderLine.objects.create(
                order=order, account=account, order_ref=order.external_id, external_id="1", sku=sku, quantity=2,
                currency="EUR", item_total=Decimal("47.60"), changed_at=NOW,
            )  # fmt: skip
            LineProfit.objects.create(
                order_line=line, account=account, sku=sku, day=order.business_on, currency="EUR", units=2,
                units_returned=1 if number == 0 else 0, net_revenue=Decimal(40),
            )  # fmt: skip
    return account


def content(*lines):
    return "\n".join([HEADER, *lines]).encode()


def upload(*lines, by="ann", hours=0):
    with at(hours):
        return cost_sheets.upload(content(*lines), name="costs.csv", by=by)[0]


def record(code, day, purchase, **changes):
    values = {"currency": "EUR", "valid_from": date.fromisoformat(day), "purchase": Decimal(purchase), **changes}
    with at(-100):
        return costs.enter(Entry(sku_id=products.Sku.objects.get(code=code).pk, **values), by="seed")


def states(sheet):
    return dict(sheet.rows.order_by("row_no").values_list("row_no", "state"))


def approvals(sheet):
    return {row.row_no: row.approvals for row in sheet.rows.order_by("row_no") if row.approvals}


TEN_ERRORS = (
    "MUG;own;Kiln;EUR;2026-08-28;11,20;0,80;19",
    "MUK;;;EUR;2026-08-28;11,20;;",
    "MUG;berlin;;EUR;2026-08-28;11,20;;",
    "CUP;;;EURO;2026-08-28;4,00;;",
    "CUP;;;EUR;08/28/2026;4,00;;",
    "CUP;;;EUR;2026-08-28;;;",
    "CUP;;;EUR;2026-08-29;-4,00;;",
    "CUP;;;EUR;2026-08-30;four;;",
    "CUP;;;EUR;2026-08-31;=4+1;;",
    ";;;;;;;",
    "MUG;own;Kiln;EUR;28.8.2026;11.20;0.80;19%",
)


def test_it_explains_ten_planted_errors_and_fills_the_margins_once_they_are_mended(shop):
    sheet = upload(*TEN_ERRORS)
    told = {
        row.row_no: [f"{problem['column']}: {problem['wrong']}; {problem['todo']}" for problem in row.problems]
        for row in sheet.rows.order_by("row_no")
    }
    assert told == {
        2: [],
        3: ["sku: no SKU is called 'MUK'; write the code as it stands in the list of products"],
        4: ["warehouse: no warehouse has the code 'berlin'; write one of own, or leave it empty for all"],
        5: ["currency: 'EURO' is not a currency that is known here; write a code such as EUR"],
        6: ["valid_from: '08/28/2026' is not a date that can be read; write it as 2026-09-01 or 1.9.2026"],
        7: ["purchase: the purchase price is missing; write what one piece costs; 0 only where it costs nothing"],
        8: ["purchase: '-4,00' is negative; write what one piece costs, without a sign"],
        9: ["purchase: 'four' is not a number; write the number alone, like 11.20 or 11,20"],
        10: ["purchase: holds the formula '=4+1'; formulas are never run; paste the value instead"],
        11: ["row: the row is empty; delete it"],
        12: ["row: repeats row 2; delete one of the two"],
    }
    assert states(sheet) == {2: "good", **dict.fromkeys(range(3, 13), "rejected")}
    (mug,) = effect.of_sheet(sheet)
    assert (mug.code, mug.currency, mug.lines, mug.units, mug.paid) == ("MUG", "EUR", 10, 20, Decimal("476.0000"))
    assert (mug.before.amount, mug.before.percent, mug.before.lines) == (None, None, 0)
    assert (mug.after.amount, mug.after.revenue, mug.after.percent) == (
        Decimal("172.00"),
        Decimal("400.0000"),
        Decimal(43),
    )
    assert Cost.objects.count() == 0
    assert cost_sheets.apply(sheet, by="ann") == 1
    mended = upload("CUP;;;EUR;28.8.2026;4,00;;", hours=1)
    (cup,) = effect.of_sheet(mended)
    assert (cup.lines, cup.after.amount, cup.after.percent) == (1, Decimal("36.00"), Decimal(90))
    with at(2):
        assert cost_sheets.apply(mended, by="ann") == 1
    assert [(c.sku.code, str(c.landed), c.source) for c in Cost.objects.order_by("pk")] == [
        ("MUG", "12.0000", f"sheet {sheet.pk}: costs.csv"), ("CUP", "4.0000", f"sheet {mended.pk}: costs.csv"),
    ]  # fmt: skip
    assert effect.of_sheet(mended) == []


def test_it_is_the_same_sheet_when_the_same_file_comes_again(shop):
    lines = ("MUG;;;EUR;2026-08-28;5;;", "NEW;;;EUR;2026-08-28;5;;")
    first, is_new = cost_sheets.upload(content(*lines), name="a.csv", by="ann")
    assert (is_new, states(first)) == (True, {2: "good", 3: "rejected"})
    products.create(code="NEW", title="New")
    again, is_new = cost_sheets.upload(content(*lines), name="b.csv", by="bob")
    assert (again.pk, is_new, states(again)) == (first.pk, False, {2: "good", 3: "good"})
    assert cost_sheets.apply(again, by="ann") == 2
    done, is_new = cost_sheets.upload(content(*lines), name="c.csv", by="bob")
    assert (done.pk, is_new, done.state, Cost.objects.count()) == (first.pk, False, "applied", 2)


def test_it_wants_a_second_person_for_a_jump_of_more_than_a_fifth(shop):
    record("MUG", "2026-08-01", "10")
    record("CUP", "2026-08-01", "10")
    sheet = upload("MUG;;;EUR;2026-08-28;12,00;;", "CUP;;;EUR;2026-08-28;12,01;;")
    assert approvals(sheet) == {3: ["the landed cost changes by +20.1%, more than 20%"]}
    with pytest.raises(ValidationError, match="1 rows wait for a second person"):
        cost_sheets.apply(sheet, by="ann")
    with pytest.raises(ValidationError, match="you uploaded this sheet"):
        cost_sheets.approve(sheet, by="ann")
    assert (states(sheet), Cost.objects.count()) == ({2: "good", 3: "good"}, 2)
    assert cost_sheets.approve(sheet, by="bob") == 1
    assert cost_sheets.apply(sheet, by="ann") == 2
    assert sheet.rows.get(row_no=3).decided_by == "bob"


def test_it_compares_over_currencies_by_the_days_rate_and_asks_where_there_is_none(shop):
    with tenancy.in_public():
        for currency in ("USD", "TRY"):
            Rate.objects.create(
                currency=currency,
                day=date(2026, 8, 28 if currency == "USD" else 1),
                per_eur=Decimal("1.25"),
                source="ecb",
            )
    record("MUG", "2026-08-01", "10")
    record("CUP", "2026-08-01", "10")
    sheet = upload("MUG;;;USD;2026-08-28;13,75;;", "CUP;;;TRY;2026-08-28;12;;")
    assert str(sheet.rows.get(row_no=2).jump) == "0.1000"
    assert approvals(sheet) == {3: ["no exchange rate compares it with the former cost in EUR"]}
    (mug, cup) = effect.of_sheet(sheet)
    assert (mug.before.amount, mug.before.lines) == (Decimal("210.0000"), 10)
    assert (mug.after.amount, mug.after.lines) == (Decimal("155.0000"), 8)
    assert (cup.before.amount, cup.after) == (Decimal("30.0000"), effect.Margin(None, None, 0))


def test_it_applies_the_approved_rows_and_leaves_the_declined_out(shop):
    record("MUG", "2026-08-01", "10")
    record("CUP", "2026-08-01", "10")
    sheet = upload("MUG;;;EUR;2026-08-28;20;;", "CUP;;;EUR;2026-08-28;20;;")
    assert cost_sheets.approve(sheet, by="bob", rows=[2]) == 1
    assert cost_sheets.decline(sheet, by="bob", rows=[3]) == 1
    assert [each.code for each in effect.of_sheet(sheet)] == ["MUG"]
    assert cost_sheets.apply(sheet, by="ann") == 1
    assert states(sheet) == {2: "applied", 3: "declined"}


def test_it_wants_a_second_person_for_more_than_a_hundred_rows(shop):
    for number in range(101):
        products.create(code=f"S{number}", title="S")
    lines = [f"S{number};;;EUR;2026-08-28;5;;" for number in range(101)]
    assert approvals(upload(*lines[:100])) == {}
    sheet = upload(*lines, hours=1)
    assert set(map(tuple, approvals(sheet).values())) == {("the sheet changes 101 costs, more than 100",)}
    with at(2):
        cost_sheets.approve(sheet, by="bob")
        assert cost_sheets.apply(sheet, by="ann") == 101


def lock(account, month):
    AccountMonth.objects.create(
        account=account, month=month, state="locked", prepared_by="p", prepared_at=NOW, locked_by="l", locked_at=NOW
    )


def test_it_wants_a_second_person_where_locked_months_are_concerned(shop):
    lock(shop, date(2026, 8, 1))
    factories.account("other")
    sheet = upload("MUG;;;EUR;2026-08-28;5;;")
    assert approvals(sheet) == {
        2: ["4 order lines of locked months would have had another cost; they stay as they are"]
    }
    (mug,) = effect.of_sheet(sheet)
    assert (mug.lines, mug.locked_lines, mug.after.revenue) == (6, 4, Decimal("240.0000"))


def test_it_rejects_a_cost_of_a_month_that_is_closed_for_every_account(shop):
    lock(shop, date(2026, 8, 1))
    (row,) = upload("MUG;;;EUR;2026-08-28;5;;").rows.all()
    assert [problem["wrong"] for problem in row.problems] == ["2026-08 is closed"]
    assert [problem["todo"] for problem in row.problems] == ["give a day from 2026-09-01 on"]


def test_it_applies_nothing_when_costs_changed_since_the_preview(shop):
    sheet = upload("MUG;;;EUR;2026-08-28;5;;")
    with at(1):
        costs.enter(
            Entry(
                sku_id=products.Sku.objects.get(code="MUG").pk, currency="EUR", valid_from=date(2026, 8, 1),
                purchase=Decimal(2),
            ),
            by="bob",
        )  # fmt: skip
    with at(2):
        with pytest.raises(ValidationError, match="costs changed since this sheet was checked"):
            cost_sheets.apply(sheet, by="ann")
        assert (Cost.objects.count(), approvals(sheet)) == (1, {})
        assert cost_sheets.check(sheet)
        assert approvals(sheet) == {2: ["the landed cost changes by +150.0%, more than 20%"]}


def test_it_keeps_an_approval_while_what_was_approved_is_the_same(shop):
    record("MUG", "2026-08-01", "10")
    sheet = upload("MUG;;;EUR;2026-08-28;20;;")
    cost_sheets.approve(sheet, by="bob")
    assert cost_sheets.check(sheet) is False
    assert states(sheet) == {2: "approved"}


def test_it_knows_what_is_recorded_already(shop):
    record("MUG", "2026-08-28", "5", inbound=Decimal(1))
    sheet = upload("MUG;;;EUR;2026-08-28;5;1;")
    assert states(sheet) == {2: "known"}
    with pytest.raises(ValidationError, match="no row of this sheet can be applied"):
        cost_sheets.apply(sheet, by="ann")


def test_it_expires_after_three_days_and_may_come_again(shop):
    sheet = upload("MUG;;;EUR;2026-08-28;5;;")
    with at(72), pytest.raises(ValidationError, match="this sheet is expired"):
        cost_sheets.apply(sheet, by="ann")
    with at(72):
        assert cost_sheets.expire() == {"expired": 1}
    again = upload("MUG;;;EUR;2026-08-28;5;;", hours=73)
    assert (again.pk != sheet.pk, CostSheet.objects.filter(state="waiting").count()) == (True, 1)


def test_it_is_dropped_with_a_reason_and_says_so_ever_after(shop):
    sheet = upload("MUG;;;EUR;2026-08-28;5;;")
    with pytest.raises(ValidationError, match="say why"):
        cost_sheets.drop(sheet, by="bob", reason=" ")
    cost_sheets.drop(sheet, by="bob", reason="old list")
    with pytest.raises(ValidationError, match="this sheet is dropped"):
        cost_sheets.apply(sheet, by="ann")


def test_it_fills_the_margins_that_its_preview_promised(shop):
    LineProfit.objects.all().delete()
    days = [(date(2026, 8, 28) + timedelta(days=number)).isoformat() for number in range(10)]
    profit.rebuild(shop.pk, days)
    assert {tuple(line.missing)[:1] for line in LineProfit.objects.all()} == {("no_cost",)}
    sheet = upload("MUG;own;Kiln;EUR;2026-08-28;11,20;0,80;19", "CUP;;;EUR;2026-08-28;4,00;;")
    promised = {each.code: (each.after.amount, each.after.revenue) for each in effect.of_sheet(sheet)}
    WorkItem.objects.all().delete()
    cost_sheets.apply(sheet, by="ann")
    for item in WorkItem.objects.filter(job="finance.rebuild_profit"):
        profit.rebuild(item.account_id, **item.kwargs)
    kept = LineProfit.objects.values_list("sku__code").annotate(Sum("cm1"), Sum("net_revenue"))
    assert {code: (cm1, revenue) for code, cm1, revenue in kept} == promised
    assert promised == {
        "MUG": (Decimal("160.0000"), Decimal("400.0000")),
        "CUP": (Decimal("32.0000"), Decimal("40.0000")),
    }
