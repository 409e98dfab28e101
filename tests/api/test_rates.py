"""Exchange rates over the API: the facts, and one amount converted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from finance.fx import store
from inventory.models import SalesDay
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


@pytest.fixture
def told(noon):
    """Two bank days of two currencies, the dollar of the first corrected a day later."""
    days = [TODAY - timedelta(days=2), TODAY - timedelta(days=1)]
    store.add((day, code, Decimal(rate), "ECB") for day in days for code, rate in (("USD", "1.25"), ("TRY", "50")))
    with clock.frozen(NOON + timedelta(hours=1)):
        store.add([(days[0], "USD", Decimal("1.20"), "ECB")])


def test_it_lists_rates_over_the_api_by_currency_and_day(program, told):
    robot = program("read")
    found = robot.get("/api/v1/rates/?currency=TRY&day_after=2026-10-01").json()["results"]
    assert [(row["day"], row["per_eur"], row["source"]) for row in found] == [("2026-10-01", "50.00000000", "ECB")]
    found = robot.get("/api/v1/rates/?currency=USD&day_before=2026-09-30").json()["results"]
    assert [(row["per_eur"], row["is_superseded"]) for row in found] == [("1.20000000", False), ("1.25000000", True)]
    assert robot.get("/api/v1/rates/?currency=XXX").status_code == 400


def test_it_converts_an_amount_and_says_by_which_rate(program, told):
    ask = "/api/v1/rates/convert/?amount=100&from=USD&to=TRY&on=2026-10-03"
    robot = program("read")
    assert robot.get(ask).json() == {
        "converted": {"amount": "4000.00", "currency": "TRY"}, "rate": "40.0000000000", "day": "2026-10-01",
        "source": "ECB", "missing": None,
    }  # fmt: skip
    then = "/api/v1/rates/convert/?amount=100&from=EUR&to=USD&on=2026-09-30"
    assert robot.get(then).json()["converted"]["amount"] == "120.00"
    known = robot.get(f"{then}&known_at=2026-10-02T12:30:00Z").json()
    assert known["converted"]["amount"] == "125.00"


def test_it_says_what_is_missing_instead_of_converting_at_one(program, told):
    answer = program("read").get("/api/v1/rates/convert/?amount=5&from=EGP&to=EUR&on=2026-10-02").json()
    assert answer == {
        "converted": None, "rate": None, "day": None, "source": None,
        "missing": "no rate for EGP on 2026-10-02 or the seven days before",
    }  # fmt: skip


@pytest.mark.parametrize("query", ["", "amount=x&from=EUR&to=USD", "amount=1&from=eur&to=USD", "amount=1&from=EUR"])
def test_it_refuses_what_is_no_question(program, query):
    assert program("read").get(f"/api/v1/rates/convert/?{query}").status_code == 400


def test_it_says_which_rates_are_needed_and_missing(program, told):
    SalesDay.objects.create(
        account=factories.account(), channel="EG", day=TODAY, currency="EGP", orders=1, cancelled=0, units=1,
        revenue=Decimal("60"), unpriced=0,
    )  # fmt: skip
    assert program("read").get("/api/v1/rates/missing/").json() == [
        {
            "currency": "EGP", "needed_by": "sales", "first": "2026-10-02", "last": "2026-10-02", "days": 1,
            "amount": {"amount": "60.00", "currency": "EGP"},
        }
    ]  # fmt: skip
