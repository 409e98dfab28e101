"""Pushed events that thin out while polling still finds changes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from marketplaces.models import Account, InboxEvent
from tests.tickets.conftest import place_order
from tickets.models import Breach, Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


def changed(account, number, *, minutes_ago, is_told):
    at = clock.now() - timedelta(minutes=minutes_ago)
    order = place_order(account, number, due_in_hours="90", changed_at=at)
    if is_told:
        InboxEvent.objects.create(
            account=account, event_id=f"E-{number}", kind="order", order_id=order.external_id, body=b"{}",
            received_at=at + timedelta(seconds=20), state="done",
        )  # fmt: skip


def week(account, *, orders=40, told=40):
    for number in range(orders):
        changed(account, number, minutes_ago=200 + number * 200, is_told=number < told)


def lately(account, *, orders, told):
    for number in range(orders):
        changed(account, 100 + number, minutes_ago=6 + number * 10, is_told=number < told)


def found():
    engine.sweep("sync")
    return [(breach.detector, breach.value) for breach in Breach.objects.filter(detector="sync.pushes")]


@pytest.mark.parametrize(("told", "tickets"), [(10, 0), (5, 0), (4, 1), (0, 1)])
def test_it_opens_when_fewer_than_half_of_the_usual_changes_are_pushed(shop, told, tickets):
    week(shop)
    lately(shop, orders=10, told=told)
    found()
    assert Ticket.objects.count() == tickets


def test_it_tells_the_loss_in_numbers(shop):
    week(shop)
    lately(shop, orders=10, told=2)
    engine.sweep("sync")
    ticket = Ticket.objects.get()
    assert ticket.title == "Shop: 2 of 10 order changes were pushed within two hours"
    assert (ticket.severity, ticket.scope_key) == ("S3", "pushes:shop")
    assert ticket.evidence["shows"] == {"pushed_before": 40, "changed_before": 40}
    assert found() == [("sync.pushes", Decimal("0.20"))]


def test_it_measures_an_account_by_its_own_habit(shop):
    week(shop, orders=40, told=20)
    lately(shop, orders=10, told=3)
    assert found() == []


@pytest.mark.parametrize(("orders", "told_before"), [(4, 40), (10, 19)])
def test_it_judges_neither_a_quiet_hour_nor_an_account_without_a_habit(shop, orders, told_before):
    week(shop, told=told_before)
    lately(shop, orders=orders, told=0)
    assert found() == []


def test_an_event_before_the_newest_change_does_not_tell_of_it(shop):
    week(shop)
    lately(shop, orders=10, told=10)
    InboxEvent.objects.filter(event_id__startswith="E-10").update(received_at=clock.now() - timedelta(hours=5))
    assert len(found()) == 1


def test_it_leaves_a_paused_account_alone(shop):
    week(shop)
    lately(shop, orders=10, told=0)
    Account.objects.update(status="paused")
    assert found() == []
