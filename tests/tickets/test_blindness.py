"""A detector whose input is too old neither opens nor resolves, and says so once."""

import pytest

from marketplaces.models import SyncState
from tests import factories
from tests.tickets.conftest import keep_fresh, later, place_order, ship
from tickets.models import Threshold, Ticket
from tickets.rules import engine
from tickets.services import thresholds

pytestmark = pytest.mark.django_db


def test_it_neither_opens_nor_resolves_on_input_older_than_its_budget(shop):
    order = place_order(shop, 1, due_in_hours="20")
    place_order(shop, 2, due_in_hours="40")
    engine.sweep("inventory")
    thresholds.change(Threshold.objects.get(detector="inventory.ship_by").pk, freshness_minutes=60)
    ship(order)
    with later(30 * 60):
        assert engine.sweep("inventory") == {"checked": 2, "blind": 2}
    assert Ticket.objects.get().state == "open"


def test_it_opens_exactly_one_ticket_that_names_the_blind_detector(shop):
    other = factories.account("other", connected_at=shop.connected_at)
    SyncState.objects.create(account=other, resource="orders", last_ok_at=shop.connected_at)
    place_order(shop, 1, due_in_hours="1")
    thresholds.change(Threshold.objects.get(detector="inventory.ship_by").pk, freshness_minutes=60)
    with later(61):
        engine.sweep("inventory")
        engine.drain()
        engine.sweep("inventory")
        engine.drain()
        ticket = Ticket.objects.get()
        assert (ticket.type, ticket.scope_key) == ("technical_issue", "blind:inventory.ship_by")
        assert ticket.title == "inventory.ship_by judges nothing for other, shop: its input is too old"
        keep_fresh(shop)
        keep_fresh(other)
        engine.sweep("sync")
        assert Ticket.objects.get(scope_key="blind:inventory.ship_by").state == "resolved"


def test_it_is_blind_for_the_stale_account_alone(shop):
    other = factories.account("other", connected_at=shop.connected_at)
    SyncState.objects.create(account=other, resource="orders", last_ok_at=shop.connected_at)
    place_order(shop, 1, due_in_hours="1")
    place_order(other, 2, due_in_hours="1")
    assert engine.sweep("inventory") == {"checked": 2, "opened": 1, "blind": 1}
    assert Ticket.objects.get().account == shop


def test_it_does_not_complain_of_blindness_where_a_person_paused_the_account(shop):
    shop.status = "paused"
    shop.save()
    SyncState.objects.update(last_ok_at=shop.connected_at)
    place_order(shop, 1, due_in_hours="1")
    engine.sweep("inventory")
    engine.drain()
    assert Ticket.objects.count() == 0
