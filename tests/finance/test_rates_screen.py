"""Exchange rates as people see them: facts with their age, and what is needed and missing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from config.core import clock, tenancy
from config.core.permissions import Role
from finance.fx import store
from finance.fx.models import Rate
from finance.selectors import rates
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


@pytest.fixture
def finance(at_north):
    user = get_user_model().objects.create_user("finance", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=Role.FINANCE.value)[0])
    at_north.force_login(user)
    return at_north


def sold(currency, days_ago, amount="10", channel="shop"):
    account = factories.account()
    SalesDay.objects.create(
        account=account, channel=channel, day=TODAY - timedelta(days=days_ago), currency=currency, orders=1,
        cancelled=0, units=1, revenue=Decimal(amount), unpriced=0,
    )  # fmt: skip
    return account


def test_it_shows_every_fact_with_source_age_and_what_was_corrected(finance, told):
    page = finance.get("/money/rates/?currency=USD").content.decode()
    assert "last rates of 1 Oct 2026" in page
    assert "0 bank days behind" in page
    assert page.count("corrected since") == 1
    assert "One EUR in USD, the last 365 days" in page
    rows = finance.get("/money/rates/?currency=USD&format=csv")
    lines = b"".join(rows.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[:5] for line in lines] == [
        ["Day", "Currency", "One EUR is", "One is in EUR", "Source"],
        ["2026-10-01", "USD", "1.2500", "0.800000", "ECB"],
        ["2026-09-30", "USD", "1.2000", "0.833333", "ECB"],
        ["2026-09-30", "USD", "1.2500", "0.800000", "ECB"],
    ]


def test_it_lists_what_was_sold_in_a_currency_without_a_rate(finance, told):
    account = sold("EGP", 3, "55.20")
    SalesDay.objects.create(
        account=account, channel="b", day=TODAY, currency="EGP", orders=1, cancelled=0, units=1,
        revenue=Decimal("4.80"), unpriced=0,
    )  # fmt: skip
    SalesDay.objects.create(
        account=account, channel="c", day=TODAY, currency="USD", orders=1, cancelled=0, units=1,
        revenue=Decimal(7), unpriced=0,
    )  # fmt: skip
    (row,) = rates.missing(to="EUR")
    assert (row.currency, row.needed_by, row.days, row.amount) == ("EGP", "sales", 2, Decimal("60.00"))
    assert (row.first, row.last) == (TODAY - timedelta(days=3), TODAY)
    assert "Not in totals in EUR" in finance.get("/money/rates/").content.decode()


def test_it_needs_no_rate_for_sales_in_the_currency_of_the_totals(told):
    sold("EGP", 3)
    assert rates.missing(to="EGP") == []


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [("2026-10-02", "2026-10-02", 0), ("2026-10-02", "2026-10-05", 1), ("2026-10-01", "2026-10-08", 5)],
)
def test_it_counts_bank_days_without_weekends(after, until, days):
    assert rates.bank_days(date.fromisoformat(after), date.fromisoformat(until)) == days


def test_it_says_when_no_rate_is_stored(finance):
    with tenancy.in_public():
        Rate.objects.all().delete()
    assert "no rate is stored" in finance.get("/money/rates/").content.decode()
