"""The admin: everything can be looked at, and a limit is changed by a new version."""

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.test import RequestFactory

from tests.tickets.conftest import place_order
from tickets.admin import ThresholdAdmin, TicketAdmin
from tickets.models import Threshold, Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_owner(db):
    request = RequestFactory().get("/")
    request.user = get_user_model().objects.create_superuser("owner", password="secret-of-tests")
    return request


def test_it_shows_tickets_without_a_way_to_change_them(shop, request_of_owner):
    place_order(shop, 1, due_in_hours="1")
    engine.sweep("inventory")
    screen = TicketAdmin(Ticket, site)
    assert list(screen.get_queryset(request_of_owner)) == [Ticket.objects.get()]
    allowed = [screen.has_add_permission, screen.has_change_permission, screen.has_delete_permission]
    assert [may(request_of_owner) for may in allowed] == [False, False, False]


def form(request, row, **changes):
    made = ThresholdAdmin(Threshold, site).get_form(request, row, change=True)
    first = made(instance=row)
    values = {name: first.get_initial_for_field(field, name) for name, field in first.fields.items()}
    text = {"ladder": "[]", "money_ladder": "[]", "clears_when": "[]"}
    return made({name: value for name, value in (values | text | changes).items() if value is not None}, instance=row)


def test_it_saves_a_changed_limit_as_the_next_version(request_of_owner):
    row = Threshold.objects.get(detector="inventory.ship_by")
    filled = form(request_of_owner, row, trigger="12", warn="18")
    assert filled.is_valid(), filled.errors
    ThresholdAdmin(Threshold, site).save_model(request_of_owner, filled.save(commit=False), filled, change=True)
    row.refresh_from_db()
    assert (row.trigger, row.version) == (12, 2)


@pytest.mark.parametrize(
    ("field", "value"), [("detector", "inventory.nonsense"), ("money_ladder", '[["S9", "1"]]'), ("warn", "10")]
)
def test_it_explains_at_the_field_what_cannot_be_read(request_of_owner, field, value):
    filled = form(request_of_owner, Threshold.objects.get(detector="inventory.ship_by"), **{field: value})
    assert list(filled.errors) == [field]
