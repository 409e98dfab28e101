"""Exchange rates that stand still."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from finance.fx import store
from inventory.models import SalesDay
from tests.tickets.conftest import keep_fresh
from tickets import links
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(shop, noon):
    def sold(currency, days_ago=0):
        SalesDay.objects.create(
            account=shop, channel=currency, day=noon.date() - timedelta(days=days_ago), currency=currency, orders=1,
            cancelled=0, units=1, revenue=Decimal(10), unpriced=0,
        )  # fmt: skip

    return sold


def told(noon, days_ago):
    store.add([(noon.date() - timedelta(days=days_ago), "USD", Decimal("1.25"), "ECB")])


@pytest.mark.parametrize(("days_ago", "severities"), [(7, []), (8, ["S3"]), (14, ["S2"])])
def test_it_opens_when_more_than_four_bank_days_brought_no_rate(shop, noon, sold, days_ago, severities):
    """Noon is a Friday before the bank's hour, so Thursday's rates are the newest that can be there."""
    sold("TRY")
    told(noon, days_ago)
    engine.sweep("finance")
    assert [ticket.severity for ticket in Ticket.objects.all()] == severities


def test_it_says_what_is_needed_and_leads_to_the_rates(shop, noon, sold):
    sold("TRY")
    sold("USD", 3)
    told(noon, 8)
    engine.sweep("finance")
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.title) == (
        "technical_issue",
        "No exchange rates since 24 Sep 2026; needed for TRY, USD",
    )
    assert links.of_action(ticket, "open_rates") == "/money/rates/"


def test_it_opens_when_there_was_never_a_rate(shop, noon, sold):
    sold("TRY", 10)
    engine.sweep("finance")
    assert Ticket.objects.get().title == "No exchange rates at all; needed for TRY"


def test_it_says_nothing_where_nothing_is_converted(shop, noon, sold):
    sold("EUR")
    told(noon, 30)
    engine.sweep("finance")
    assert not Ticket.objects.exists()


def test_it_closes_when_the_rates_come_again(shop, noon, sold):
    sold("TRY")
    told(noon, 8)
    engine.sweep("finance")
    told(noon, 1)
    for hour in range(1, 4):
        with clock.frozen(noon + timedelta(hours=hour)):
            keep_fresh(shop)
            engine.sweep("finance")
    assert Ticket.objects.get().state == "resolved"
