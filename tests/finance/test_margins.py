"""Margins by group, converted by day; the waterfall; and the screens and API that show them."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test.client import Client

from config.core.money import Money
from finance import profit
from finance.fx import store
from finance.models import LineProfit, ProfitDay
from finance.profitability import STEPS
from finance.selectors import profit as selectors
from finance.selectors.profit import band
from finance.selectors.profit_groups import GROUPS, MARGINS, Asked
from tests import factories
from tests.finance.profit_world import DAYS, FIRST, PER_EUR, RATES, World

pytestmark = pytest.mark.django_db
ASKED = Asked(DAYS[0], DAYS[-1], "EUR")


@pytest.fixture
def world(north):
    store.add(RATES)
    found = World(random.Random(7), factories.account())  # noqa: S311 - a world that can be made again
    found.fill(60)
    profit.rebuild(found.account.pk, DAYS)
    return found


@pytest.fixture
def desk(north) -> Client:
    from django.contrib.auth import get_user_model

    client = Client(headers={"host": "north.localhost"})
    client.force_login(get_user_model().objects.create_superuser("boss", password="boss"))
    return client


def test_it_makes_the_rounded_whole_of_rounded_rows_and_their_rounding_in_every_group(world):
    for by in GROUPS:
        found = selectors.margins(by, ASKED)
        for name in MARGINS:
            parts = [row.money(name) for row in found.rows]
            total = sum((part.amount for part in parts if part), Decimal(0))
            rest = found.rounding.get(name)
            assert total + (rest.amount if rest else 0) == found.whole.money(name).amount, (by, name)


def test_it_converts_each_day_by_its_rate(world):
    (whole,) = selectors.margins("whole", ASKED).rows
    per_eur = {"EUR": Decimal(1), "USD": Decimal("1.25"), "JPY": Decimal(160)}
    expected = sum(row.cm2 / per_eur[row.currency] for row in ProfitDay.objects.exclude(cm2=None))
    assert round(whole.sums["cm2"], 8) == round(expected, 8)


def test_it_leaves_out_and_names_a_currency_without_a_rate(world):
    ProfitDay.objects.filter(currency="USD").update(currency="SEK")
    found = selectors.margins("marketplace", ASKED)
    assert [row.lacks for row in found.rows] == [("SEK",)]
    assert [row["currency"] for row in selectors.basis(ASKED) if row["lacks"]] == ["SEK"]


def test_it_divides_a_margin_by_the_revenue_for_which_it_is_known(world):
    (row,) = selectors.margins("whole", ASKED).rows
    lines = [line for line in LineProfit.objects.all() if line.cm1 is not None]
    assert row.coverage("costed") < 1
    assert {line.currency for line in lines} == {"EUR", "USD", "JPY"}
    assert row.percent("cm1") == row.sums["cm1"] / row.sums["revenue_costed"]


def test_it_narrows_to_a_store_and_a_sku(world):
    sku = world.skus[0].code
    only = Asked(DAYS[0], DAYS[-1], "EUR", {"sku": sku, "store": f"{world.account.key}/"})
    found = selectors.margins("sku", only)
    assert [row.key for row in found.rows] == [sku]
    assert found.rows[0].lines == LineProfit.objects.filter(sku__code=sku).count()


def test_it_steps_from_gross_to_the_third_margin_without_losing_a_cent(world):
    found = selectors.waterfall(ASKED)
    steps = [step for step in found.steps if not step.is_margin]
    assert [step.name for step in steps if step.name != "rounding"] == list(STEPS)
    together = Money(Decimal(0), "EUR")
    for step in steps:
        together += step.amount
        assert step.total == together
    assert found.steps[-1].total == together
    assert found.lines + found.left_out == LineProfit.objects.count()
    assert found.lines == LineProfit.objects.exclude(cm3=None).count()
    assert set(found.reasons) <= {reason for line in LineProfit.objects.all() for reason in line.missing}
    assert found.reasons["no_cost"] == LineProfit.objects.filter(missing__contains=["no_cost"], cm3=None).count()


def test_it_rounds_a_margin_once_and_shows_what_its_steps_miss_of_it():
    amounts = {name: Decimal("1.004") if name in ("gross", "discounts", "vat") else Decimal(0) for name in STEPS}
    shown = [
        (step.name, str(step.amount.amount), str(step.total.amount)) for step in selectors.steps_of(amounts, "EUR")
    ]
    assert shown[:6] == [
        ("gross", "1.00", "1.00"), ("discounts", "1.00", "2.00"), ("vat", "1.00", "3.00"), ("refunds", "0.00", "3.00"),
        ("rounding", "0.01", "3.01"), ("net_revenue", "3.01", "3.01"),
    ]  # fmt: skip
    assert [name for name, *_ in shown].count("rounding") == 1


def test_it_names_no_rate_where_no_currency_is_told(world):
    row = ProfitDay.objects.filter(is_account_level=False).first()
    row.pk, row.currency, row.channel = None, "", "unpriced"
    row.save()
    assert [each.lacks for each in selectors.margins("marketplace", ASKED).rows] == [()]


def test_it_answers_with_no_steps_where_nothing_was_sold(north):
    found = selectors.waterfall(Asked(FIRST - timedelta(days=9), FIRST - timedelta(days=8), "EUR"))
    assert (found.steps, found.lines, found.left_out, found.reasons) == ((), 0, 0, {})
    assert selectors.margins("sku", ASKED).whole is None


@pytest.mark.parametrize(
    ("percent", "word"),
    [
        ("0.20", "good"),
        ("0.1999", "watch"),
        ("0.15", "watch"),
        ("0.1499", "ticket"),
        ("0", "ticket"),
        ("-0.01", "stop"),
    ],
)
def test_it_judges_a_share_by_its_band(percent, word):
    assert band(Decimal(percent)) == word
    assert band(None) == ""


@pytest.mark.parametrize("address", ["/money/margins/", "/money/margins/steps/", "/money/margins/lines/"])
def test_it_shows_margins_steps_and_lines(world, desk, address):
    span = f"?since={DAYS[0]}&until={DAYS[-1]}&currency=USD&marketplace={world.account.marketplace}"
    page = desk.get(address + span)
    assert page.status_code == 200
    assert "CM" in page.content.decode()
    for odd in ("?since=x&currency=eur&by=nothing&period=5", "?store=%27&sku=%25s&by=month"):
        assert desk.get(address + odd).status_code == 200


def test_it_tells_the_listings_of_one_sku_apart(world):
    sku, key = world.skus[0], world.account.key
    asked = Asked(DAYS[0], DAYS[-1], "EUR", {"sku": sku.code})
    found = {row.key: row for row in selectors.margins("listing", asked).rows if not row.is_account_level}
    lines = LineProfit.objects.filter(sku=sku).select_related("order_line")
    wanted: dict[str, list[LineProfit]] = defaultdict(list)
    for line in lines:
        wanted[f"{key}//{line.order_line.remote_id}"].append(line)
    assert found.keys() == wanted.keys() == {f"{key}//R0", f"{key}//R1", f"{key}//R2"}
    for name, mine in wanted.items():
        cm2 = sum(line.cm2 / PER_EUR[line.currency] for line in mine if line.cm2 is not None)
        told = found[name]
        assert (round(told.sums["cm2"], 8), told.units, told.lines) == (
            round(cm2, 8),
            sum(m.units for m in mine),
            len(mine),
        )
    only = Asked(DAYS[0], DAYS[-1], "EUR", {"listing": f"{key}//R0"})
    (day,) = selectors.margins("whole", only).rows
    listing = next(row for row in selectors.margins("listing", ASKED).rows if row.key == f"{key}//R0")
    assert day.sums == listing.sums
    assert selectors.waterfall(only).lines + selectors.waterfall(only).left_out == listing.lines
    by_day, by_listing = (selectors.margins(by, ASKED).whole for by in ("day", "listing"))
    assert {name: round(amount, 8) for name, amount in by_listing.sums.items()} == {
        name: round(amount, 8) for name, amount in by_day.sums.items()
    }
    assert (by_listing.lines, by_listing.units) == (by_day.lines, by_day.units)


def test_it_leads_from_a_sku_to_its_listings_and_on_to_their_lines(world, desk):
    span = f"since={DAYS[0]}&until={DAYS[-1]}&currency=EUR"
    page = desk.get(f"/money/margins/?{span}&sku={world.skus[0].code}")
    assert page.context["view"].by == "listing"
    name = f"{world.account.key}//R0"
    steps = desk.get(f"/money/margins/steps/?{span}&listing={name}")
    assert "remote_id=R0" in steps.content.decode()
    rows = desk.get("/api/v1/margins/", {"since": str(DAYS[0]), "until": str(DAYS[-1]), "by": "listing"}).json()["rows"]
    assert name in {row["key"] for row in rows}
    lines = desk.get("/api/v1/profit-lines/", {"remote_id": "R0", "page_size": 200}).json()["results"]
    assert len(lines) == LineProfit.objects.filter(order_line__remote_id="R0").count()


def test_it_exports_margins_with_their_total(world, desk):
    answer = desk.get(f"/money/margins/?since={DAYS[0]}&until={DAYS[-1]}&by=sku&format=csv")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("group,name,currency")
    assert rows[-1].split(",")[6] == str(selectors.margins("whole", ASKED).rows[0].money("net_revenue").amount)


def test_it_answers_margins_and_steps_over_the_api(world, desk):
    span = {"since": str(DAYS[0]), "until": str(DAYS[-1]), "currency": "EUR"}
    found = desk.get("/api/v1/margins/", {**span, "by": "currency"}).json()
    assert [row["key"] for row in found["rows"]] == sorted(
        {"EUR", "USD", "JPY"}, key=[r["key"] for r in found["rows"]].index
    )
    assert found["whole"]["sums"]["cm2"] == str(selectors.margins("whole", ASKED).rows[0].money("cm2").amount)
    steps = desk.get("/api/v1/margins/waterfall/", span).json()
    assert steps["steps"][-1]["total"] == str(selectors.waterfall(ASKED).steps[-1].total.amount)
    assert desk.get("/api/v1/margins/", {**span, "by": "nothing"}).status_code == 400
    for name in ("profit-lines", "profit-days"):
        assert desk.get(f"/api/v1/{name}/").json()["results"]
