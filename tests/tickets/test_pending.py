"""Subjects that wait to be looked at: each once, in batches, and again when it is due."""

from datetime import timedelta

import pytest

from marketplaces.models import SyncState
from tests.tickets.conftest import later, place_order
from tickets.models import Breach, PendingCheck, Ticket
from tickets.rules import engine, pending

pytestmark = pytest.mark.django_db


def test_it_judges_a_subject_once_however_often_it_was_asked_for(shop):
    order = place_order(shop, 1, due_in_hours="1")
    for _ in range(3):
        pending.add("order", [order.pk, order.pk])
    assert PendingCheck.objects.count() == 1
    assert engine.drain() == {"checked": 1, "opened": 1}
    assert engine.drain() == {}


def test_it_drains_in_batches_and_leaves_what_is_not_due(shop, monkeypatch, noon):
    orders = [place_order(shop, number, due_in_hours="1") for number in range(7)]
    monkeypatch.setattr(pending.take, "__defaults__", (3,))
    pending.add("order", [order.pk for order in orders[:6]])
    pending.add("order", [orders[6].pk], due_at=noon + timedelta(minutes=1))
    assert engine.drain() == {"checked": 6, "opened": 6}
    assert PendingCheck.objects.get().subject == str(orders[6].pk)


def test_it_keeps_waiting_subjects_when_judging_them_fails(shop, monkeypatch):
    order = place_order(shop, 1, due_in_hours="1")
    pending.add("order", [order.pk])
    with monkeypatch.context() as patch:
        patch.setattr(engine.opening, "apply", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            engine.drain()
    assert (PendingCheck.objects.count(), Breach.objects.count()) == (1, 0)


def test_it_looks_again_by_itself_when_a_second_evaluation_must_decide(shop):
    SyncState.objects.filter(resource="orders").update(last_ok_at=shop.connected_at)
    pending.add("flow", [f"{shop.pk}:orders"])
    assert engine.drain() == {"checked": 1, "watched": 1}
    assert (Ticket.objects.count(), PendingCheck.objects.count()) == (0, 1)
    with later(15):
        assert engine.drain() == {"checked": 1, "opened": 1}
    assert Ticket.objects.get().scope_key == "flow:shop/orders"


def test_it_asks_the_database_as_often_for_forty_orders_as_for_four(shop, django_assert_max_num_queries):
    for number in range(40):
        place_order(shop, number, due_in_hours="5")
    with django_assert_max_num_queries(45):
        engine.sweep("inventory")
