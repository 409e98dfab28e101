"""The drill-down: the same money at every depth, each currency apart or converted, and no rate that is made up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.core.money import Money
from config.core.permissions import Role
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


def rows(answer):
    return {row["label"]: row for row in answer.context["rows"]}


def test_it_shows_the_same_money_at_each_depth(owner, sell, shop):
    sell("O-1", "O-2", channel="DE")
    sell("O-3", channel="FR")
    sell("O-4", channel="DE", sku="UNKNOWN-1")
    top = owner.get("/sales/")
    assert top.context["total"].money == Money(Decimal("159.60"), "EUR")
    stores = owner.get("/sales/" + top.context["rows"][0]["href"])
    assert {label: row["total"].money.amount for label, row in rows(stores).items()} == {
        "Shop DE": Decimal("119.70"),
        "Shop FR": Decimal("39.90"),
    }
    products = owner.get("/sales/" + rows(stores)["Shop DE"]["href"])
    assert products.context["total"].money.amount == Decimal("119.70")
    assert {label: row["units"] for label, row in rows(products).items()} == {
        "MUG-BLUE Blue mug": 4,
        "Products that are not linked yet": 2,
    }
    assert rows(products)["MUG-BLUE Blue mug"]["href"] == "/products/MUG-BLUE/"


def test_it_keeps_currencies_apart_when_asked_to(owner, sell):
    sell("O-1")
    sell("O-2", currency="TRY")
    answer = owner.get("/sales/?currency=each")
    assert answer.context["apart"] == {"EUR": Decimal("39.9000"), "TRY": Decimal("39.9000")}
    assert [code for code, _ in answer.context["charts"]] == ["EUR", "TRY"]


def test_it_converts_each_day_at_its_own_rate(owner, sell, rate):
    rate("USD", "1.25")
    rate("USD", "1.00", on=TODAY - timedelta(days=1))
    sell("O-1", currency="USD")
    sell("O-2", currency="USD", days_ago=1)
    answer = owner.get("/sales/?currency=EUR")
    assert answer.context["total"].money == Money(Decimal("31.92") + Decimal("39.90"), "EUR")
    (basis,) = answer.context["basis"]
    assert (basis.currency, basis.rate, basis.day, basis.source) == ("USD", Decimal("0.8"), TODAY, "ecb")
    assert (basis.first, basis.sources, basis.lacks) == (TODAY - timedelta(days=1), "ecb", False)
    assert "rates of 1 Oct 2026 to 2 Oct 2026: ecb" in answer.content.decode()


def test_it_names_the_currency_without_a_rate(owner, sell):
    sell("O-1", currency="TRY")
    page = owner.get("/sales/?currency=USD")
    assert page.context["total"].money is None
    assert "no rate for TRY" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "since", "until", "period"),
    [
        ("", TODAY - timedelta(days=29), TODAY, "30"),
        ("?period=7", TODAY - timedelta(days=6), TODAY, "7"),
        ("?since=2026-09-01&until=2026-09-10&period=own", date(2026, 9, 1), date(2026, 9, 10), "own"),
        ("?since=2026-09-10&until=2026-09-01&period=own", TODAY - timedelta(days=29), TODAY, "30"),
        ("?since=2020-01-01&period=own", TODAY - timedelta(days=400), TODAY, "own"),
        ("?period=9999&since=yesterday", TODAY - timedelta(days=29), TODAY, "30"),
    ],
)
def test_it_reads_any_period_that_is_asked_for(owner, noon, query, since, until, period):
    view = owner.get(f"/sales/{query}").context["view"]
    assert (view.since, view.until, view.period) == (since, until, period)


def test_it_says_others_for_what_the_best_products_leave(owner, sell):
    sell("O-1")
    sell("O-2", sku="UNKNOWN-1")
    answer = owner.get("/sales/?marketplace=x&store=shop/")
    _, series = answer.context["charts"][0]
    assert [(s.label, sum(s.values.values())) for s in series if s.label == "others"] == [("others", Decimal(0))]


def test_it_asks_as_much_for_many_days_as_for_one(owner, sell, budget):
    for days_ago in range(3):
        sell(f"O-{days_ago}", days_ago=days_ago)
    owner.get("/sales/")
    with budget("sales"):
        owner.get("/sales/?period=90")
    with budget("sales_products"):
        owner.get("/sales/?period=90&store=shop/")


def test_everybody_with_a_role_may_see_sales(sign_in, sell):
    sell("O-1")
    assert sign_in(Role.VIEWER).get("/sales/").status_code == 200


def test_it_adds_a_rounding_line_so_that_the_rows_make_the_total(owner, sell, rate):
    rate("USD", "4")
    sell("O-1", currency="USD", channel="DE")
    sell("O-2", currency="USD", channel="FR")
    top = owner.get("/sales/?currency=EUR")
    answer = owner.get("/sales/" + top.context["rows"][0]["href"])
    shown = [row["total"].money.rounded().amount for row in answer.context["rows"]]
    assert shown == [Decimal("9.98"), Decimal("9.98")]
    assert answer.context["rounding"] == Money(Decimal("-0.01"), "EUR")
    assert sum(shown) - Decimal("0.01") == answer.context["total"].money.rounded().amount == Decimal("19.95")
    assert "Rounding of the rows above" in answer.content.decode()
    assert "Rounding" not in top.content.decode()


def test_it_tells_no_rounding_where_a_part_is_not_known(owner, sell):
    sell("O-1", currency="TRY")
    sell("O-2")
    assert owner.get("/sales/?currency=EUR").context["rounding"] is None


def test_it_says_by_which_rates_it_converted_and_that_some_days_have_none(owner, sell, rate):
    rate("USD", "1.25", on=TODAY - timedelta(days=12))
    sell("O-1", currency="USD", days_ago=10)
    sell("O-2", currency="USD")
    answer = owner.get("/sales/?currency=EUR")
    (basis,) = answer.context["basis"]
    assert (basis.rate, basis.day, basis.lacks) == (Decimal("0.8"), TODAY - timedelta(days=12), True)
    text = answer.content.decode()
    assert "USD: no rate for some days" in text
    assert 'title="31.92 EUR without USD"' in text
