"""Siblings gather under one parent, and a flood is counted instead of shown."""

from decimal import Decimal

import pytest

from tests import factories
from tests.tickets.conftest import leaves, place_order, ship, sweep
from tickets.models import Breach, Ticket

pytestmark = pytest.mark.django_db


def test_it_lets_five_siblings_stand_alone(shop):
    for number in range(5):
        place_order(shop, number, due_in_hours="20")
    sweep()
    assert list(Ticket.objects.values_list("is_parent", "parent").distinct()) == [(False, None)]


def test_it_gathers_more_than_five_siblings_under_one_parent(shop):
    for number in range(5):
        place_order(shop, number, due_in_hours="3", total="7")
    sweep()
    place_order(shop, 5, due_in_hours="1", total="7")
    sweep()
    parent = Ticket.objects.get(is_parent=True)
    assert (parent.children.count(), leaves().filter(parent=None).count()) == (6, 0)
    assert parent.title == "Shop: 6 orders wait to be shipped"
    assert (parent.severity, parent.money_per_day, parent.overflow) == ("S2", Decimal("42.0000"), 0)


def test_it_keeps_groups_apart_by_account_and_day(shop):
    other = factories.account("other")
    for number in range(4):
        place_order(shop, number, due_in_hours="3")
        place_order(other, number, due_in_hours="3")
    sweep()
    assert Ticket.objects.filter(is_parent=True).count() == 0


def test_it_opens_at_most_25_children_a_day_and_counts_the_rest_on_the_parent(shop):
    for number in range(40):
        place_order(shop, number, due_in_hours="5", total=f"{number / 100:.2f}")
    sweep()
    sweep(1)
    parent = Ticket.objects.get(is_parent=True)
    assert (leaves().count(), parent.children.count(), parent.overflow) == (25, 25, 15)
    assert parent.changed_at == parent.opened_at
    assert parent.title == "Shop: 40 orders wait to be shipped"
    assert Breach.objects.filter(ticket=parent, state="open").count() == 15
    assert min(leaves().values_list("money_per_day", flat=True)) == Decimal("0.1500")


def test_it_never_caps_the_most_urgent(shop):
    for number in range(30):
        place_order(shop, number, due_in_hours="-1")
    for number in range(30, 40):
        place_order(shop, number, due_in_hours="1")
    sweep()
    assert (leaves().filter(severity="S1").count(), leaves().exclude(severity="S1").count()) == (30, 0)
    assert Ticket.objects.get(is_parent=True).overflow == 10


def test_it_gives_a_hidden_breach_its_own_ticket_when_it_becomes_most_urgent(shop):
    for number in range(30):
        place_order(shop, number, due_in_hours="3")
    sweep()
    assert (leaves().count(), Ticket.objects.get(is_parent=True).overflow) == (25, 5)
    sweep(3 * 60)
    parent = Ticket.objects.get(is_parent=True)
    assert (leaves().count(), parent.overflow, parent.severity) == (30, 0, "S1")


def test_it_resolves_a_parent_when_nothing_is_left_beneath_it(shop):
    orders = [place_order(shop, number, due_in_hours="5") for number in range(28)]
    sweep()
    for order in orders[:-1]:
        ship(order)
    sweep(5)
    parent = Ticket.objects.get(is_parent=True)
    assert (parent.state, parent.title) == ("open", "Shop: 1 orders wait to be shipped")
    ship(orders[-1])
    sweep(10)
    assert set(Ticket.objects.values_list("state", flat=True)) == {"resolved"}
