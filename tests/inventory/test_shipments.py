"""How many units of an order may still be told, by what was read and by what we told."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from config.core import clock, tenancy
from inventory import sinks
from inventory.models import Order, OrderLine
from inventory.services import shipments
from marketplaces import registry
from marketplaces.contract import Capability
from marketplaces.models import Command
from marketplaces.services.writes import Parcel, Wish
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def stored(**line):
    """An order of three units in one line, to ship."""
    adapter = registry.with_capability(Capability.CONFIRM_SHIPMENT)[0]
    account = factories.account(marketplace=adapter.key, stores=[adapter.stores[0].code], stage="act")
    told = factories.order(
        lines=(factories.order_line(**{"quantity": 3, **line}),), ordered_at=NOON - timedelta(days=1)
    )
    sinks.orders([told], factories.source(account))
    return Order.objects.get()


def tell(order, units, request_id=None, **lines):
    parcel = Parcel(carrier="DHL", tracking_number="", shipped_at=NOON, lines=lines or {"L1": units})
    wish = Wish(request_id=request_id or uuid4(), asked_by="anna")
    with clock.frozen(NOON):
        return shipments.confirm(order, parcel, wish)


def left():
    return shipments.left(OrderLine.objects.all(), Command.objects.exclude(state__in=["rejected", "parked"]))


@pytest.mark.parametrize("state", ["planned", "sent", "accepted", "unknown", "confirmed"])
def test_units_on_their_way_or_confirmed_are_not_told_again(north, state):
    order = stored()
    tell(order, 2)
    Command.objects.update(state=state)
    assert left() == {"L1": 1}
    with pytest.raises(ValidationError) as refused:
        tell(order, 2)
    assert refused.value.messages == ["line L1: 2 units are more than the 1 left to ship"]
    assert Command.objects.count() == 1


@pytest.mark.parametrize("state", ["rejected", "parked"])
def test_units_of_a_parcel_that_came_to_nothing_may_be_told_again(north, state):
    order = stored()
    tell(order, 3)
    Command.objects.update(state=state)
    assert tell(order, 3).payload["shipped_in_all"] == {"L1": 3}


def test_a_confirmed_parcel_counts_once_when_the_order_was_read_again(north):
    order = stored()
    tell(order, 1)
    Command.objects.update(state="confirmed")
    OrderLine.objects.update(quantity_shipped=1)
    assert left() == {"L1": 2}
    assert tell(order, 2).payload["shipped_in_all"] == {"L1": 3}


def test_units_that_left_another_way_or_were_cancelled_are_not_left(north):
    order = stored()
    OrderLine.objects.update(quantity_shipped=1, quantity_cancelled=1)
    assert left() == {"L1": 1}
    assert tell(order, 1).payload["shipped_in_all"] == {"L1": 2}
    assert left() == {"L1": 0}


def test_the_same_request_is_the_same_parcel_though_nothing_is_left(north):
    order, request_id = stored(), uuid4()
    first = tell(order, 3, request_id)
    OrderLine.objects.update(quantity_shipped=3)
    Order.objects.update(status="shipped")
    assert tell(order, 3, request_id).pk == first.pk


moves = st.one_of(
    st.tuples(st.sampled_from(["tell", "cancel"]), st.integers(1, 4)),
    st.tuples(st.sampled_from(["confirm", "refuse"]), st.integers(0, 9)),
    st.tuples(st.just("read"), st.just(0)),
)


class Story:
    """One line of an order, and what was asked of the marketplace about it."""

    def __init__(self, ordered, cancelled):
        self.ordered, self.cancelled, self.asked = ordered, cancelled, []
        self.line = SimpleNamespace(external_id="L1", quantity=ordered)
        self.read(0)

    def alive(self):
        return [each for each in self.asked if each.state != "rejected"]

    def left(self):
        return shipments.left([self.line], self.alive())["L1"]

    def units(self, kind, *states):
        name = "lines" if kind == "confirm_shipment" else "units"
        return sum(each.payload[name]["L1"] for each in self.asked if each.state in states and each.kind == kind)

    def held(self):
        return sum(self.units(kind, "accepted", "confirmed") for kind in ("confirm_shipment", "cancel_units"))

    def tell(self, number):
        if number <= self.left():
            self.asked.append(Command(kind="confirm_shipment", state="accepted", payload={"lines": {"L1": number}}))

    def cancel(self, number):
        is_alone = shipments.cancelled([self.line], self.alive())["L1"] == self.line.quantity_cancelled
        if number <= self.left() and is_alone:
            wish = {"units": {"L1": number}, "cancelled_in_all": {"L1": self.line.quantity_cancelled + number}}
            self.asked.append(Command(kind="cancel_units", state="accepted", payload=wish))

    def confirm(self, number, state="confirmed"):
        if number < len(self.asked) and self.asked[number].state == "accepted":
            self.asked[number].state = state

    def refuse(self, number):
        self.confirm(number, "rejected")

    def read(self, number):
        self.line.quantity_cancelled = self.cancelled + self.units("cancel_units", "confirmed")
        shipped = self.units("confirm_shipment", "confirmed")
        self.line.quantity_open = self.ordered - self.line.quantity_cancelled - shipped


@given(ordered=st.integers(1, 9), cancelled=st.integers(0, 3), history=st.lists(moves, max_size=25))
def test_whatever_happens_no_unit_is_told_or_cancelled_twice_and_none_is_lost(ordered, cancelled, history):
    story = Story(ordered, min(cancelled, ordered))
    for move, number in history:
        getattr(story, move)(number)
        assert story.held() <= ordered - story.cancelled
    story.read(0)
    assert story.left() == ordered - story.cancelled - story.held()


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_tell_the_same_units_at_once():
    order, answers, start = stored(), [], threading.Barrier(4)

    def press():
        with tenancy.in_tenant("north"):
            start.wait()
            try:
                answers.append(tell(order, 2).state)
            except ValidationError as error:
                answers.append(error.messages[0])
            finally:
                connection.close()

    people = [threading.Thread(target=press) for _ in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert sorted(answers) == [*["line L1: 2 units are more than the 1 left to ship"] * 3, "planned"]
    assert Command.objects.get().payload["lines"] == {"L1": 2}
