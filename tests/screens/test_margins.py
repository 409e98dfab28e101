"""Margins beside sales and on the home page: the same sums as on their own page, cheap, and covered by what is known."""

import random
from datetime import date
from decimal import Decimal

import pytest

from config.screens import margins
from finance import profit
from finance.fx import store
from finance.models import Discrepancy, FeeRule
from finance.selectors import profit as selectors
from finance.selectors.profit_groups import Asked
from inventory.services import sales
from tests.factories import NOON
from tests.finance.profit_world import DAYS, RATES, World

pytestmark = pytest.mark.django_db
ASKED = Asked(DAYS[0], DAYS[-1], "EUR")
SPAN = f"since={DAYS[0]}&until={DAYS[-1]}&currency=EUR"


@pytest.fixture
def world(shop):
    store.add(RATES)
    found = World(random.Random(11), shop)  # noqa: S311 - a world that can be made again
    found.fill(40)
    profit.rebuild(shop.pk, DAYS)
    sales.roll_up(shop.pk, [str(day) for day in DAYS])
    return found


@pytest.mark.parametrize(("name", "address"), [("margins", ""), ("margin_steps", "steps/"), ("profit_lines", "lines/")])
def test_it_keeps_the_budget_of_each_screen_of_margins(world, owner, budget, name, address):
    owner.get(f"/money/margins/{address}?{SPAN}")
    with budget(name):
        assert owner.get(f"/money/margins/{address}?{SPAN}").status_code == 200


def test_it_gives_the_steps_as_a_table_that_sums(world, owner):
    told = b"".join(owner.get(f"/money/margins/steps/?{SPAN}&format=csv")).decode("utf-8-sig").splitlines()
    rows = [line.split(",") for line in told[1:]]
    steps = [Decimal(amount) for _, amount, _, _, is_margin in rows if is_margin == "False"]
    assert sum(steps) == Decimal(rows[-1][2]) != 0


def test_it_asks_no_more_for_the_margins_beside_sales(world, owner, budget):
    for name, store_ in (("sales", ""), ("sales_products", f"&store={world.account.key}/")):
        address = f"/sales/?period=own&{SPAN}{store_}"
        owner.get(address)
        with budget(name):
            owner.get(address)


def test_it_shows_the_margins_of_each_group_of_sales(world, owner):
    by = {"marketplace": "", "store": f"&marketplace={world.account.marketplace}"}
    for level, query in by.items():
        page = owner.get(f"/sales/?period=own&{SPAN}{query}")
        (row,), (margin,) = page.context["rows"], selectors.margins(level, ASKED).rows
        assert (row["earned"]["cm2"], row["earned"]["band"]) == (margin.money("cm2"), margin.band)
        assert row["earned"]["cm3_of"] == margin.coverage("known") * 100
        assert page.context["earned"]["whole"]["cm2"] == margin.money("cm2")


def test_it_shows_the_margins_of_the_products_that_are_listed(world, owner):
    page = owner.get(f"/sales/?period=own&{SPAN}&store={world.account.key}/")
    shown = {row["label"].split()[0]: row["earned"]["cm2"] for row in page.context["rows"]}
    rows = [row for row in selectors.margins("sku", ASKED).rows if not row.is_account_level]
    assert shown == {row.key or "Products": row.money("cm2") for row in rows}
    searched = owner.get(f"/sales/?period=own&{SPAN}&store={world.account.key}/&q=S1")
    assert [row["earned"]["cm2"] for row in searched.context["rows"]] == [shown["S1"]]


def test_it_sums_the_last_four_weeks_on_the_home_page(world, owner, noon):
    tile = margins.tile()
    (whole,) = selectors.margins("whole", Asked(date(2026, 9, 5), NOON.date(), "EUR")).rows
    assert tile["since"] == date(2026, 9, 5)
    assert (tile["whole"]["cm2"], tile["whole"]["cm2_share"]) == (whole.money("cm2"), whole.percent("cm2") * 100)
    assert "Margin, last four weeks" in owner.get("/").content.decode()


def test_it_says_so_where_no_profit_was_computed(owner):
    assert margins.tile()["whole"] is None
    assert "No profit was computed" in owner.get("/home/margin/").content.decode()


def test_it_leads_from_a_finding_to_the_row_of_the_fee_schedule(shop, owner):
    rule = FeeRule.objects.create(
        account=shop, line_class="commission", valid_from=date(2026, 1, 1), basis="item", rate="0.15", source="letter"
    )
    found = Discrepancy.objects.create(
        account=shop, kind="fee_overcharge", key="1:commission", severity="S3", amount=Decimal("1.20"), currency="EUR",
        evidence={"class": "commission", "rule": rule.pk, "rule_from": "2026-01-01", "rule_source": "letter"},
        first_seen_at=NOON, last_seen_at=NOON,
    )  # fmt: skip
    page = owner.get(f"/money/discrepancies/{found.pk}/").content.decode()
    assert f'<a href="/money/fees/{rule.pk}/">fee schedule, from 2026-01-01</a>' in page
    assert "Rule from" not in page
    assert owner.get(f"/money/fees/{rule.pk}/").status_code == 200
