"""Which limit holds for a subject, how many samples it needs, and what cannot be one."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from tests import factories
from tests.tickets.conftest import place_order, sweep
from tickets.models import Threshold, Ticket
from tickets.rules import defaults
from tickets.services import thresholds

pytestmark = pytest.mark.django_db


def test_it_prefers_the_most_specific_enabled_limit(shop):
    Threshold.objects.create(
        detector="inventory.ship_by", account=shop, comparison="at_most", trigger=48, unit="hours", severity="S2",
        opens_after=1,
    )  # fmt: skip
    place_order(shop, 1, due_in_hours="40")
    place_order(factories.account("other"), 2, due_in_hours="40")
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.account, ticket.severity) == (shop, "S2")


def test_it_says_nothing_where_the_detector_is_switched_off(shop):
    Threshold.objects.filter(detector="inventory.ship_by").update(is_enabled=False)
    place_order(shop, 1, due_in_hours="1")
    assert sweep() == {"checked": 1}


def test_it_needs_the_stated_number_of_samples_to_open_or_to_clear(shop):
    order = place_order(shop, 1, due_in_hours="1")
    sweep()
    Threshold.objects.filter(detector="inventory.ship_by").update(min_samples=2)
    order.ship_by += timedelta(days=2)
    order.save()
    place_order(shop, 2, due_in_hours="1")
    assert sweep(5) == {"checked": 2}
    assert Ticket.objects.get().state == "open"


def test_it_seeds_each_default_once_and_leaves_a_changed_one_alone(db):
    row = Threshold.objects.get(detector="inventory.ship_by")
    thresholds.change(row.pk, trigger=Decimal(12))
    defaults.seed()
    row.refresh_from_db()
    assert (row.trigger, row.version) == (Decimal("12.0000"), 2)
    assert Threshold.objects.count() == len(defaults.DEFAULTS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ladder", [{"severity": "S9", "when": []}]),
        ("ladder", [{"severity": "S1", "when": [["value", "nearly", "1"]]}]),
        ("money_ladder", [["S1", "much"]]),
        ("clears_when", [["ok_runs"]]),
        ("detector", "inventory.nonsense"),
        ("opens_after", 0),
        ("warn", Decimal(23)),
    ],
)
def test_it_refuses_a_limit_that_cannot_be_read_when_it_is_saved(field, value):
    row = Threshold.objects.get(detector="inventory.ship_by")
    with pytest.raises(ValidationError):
        thresholds.change(row.pk, **{field: value})
    row.refresh_from_db()
    assert row.version == 1
