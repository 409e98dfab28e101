"""The engine's contract, clause by clause, on orders that wait to be shipped."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from config.core.jobs import JOBS
from tests.tickets.conftest import place_order, ship, sweep
from tickets.models import Breach, Threshold, Ticket, TicketEvent
from tickets.services import thresholds

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("due_in_hours", "severity"),
    [("24", "S4"), ("8.01", "S4"), ("8", "S3"), ("2", "S2"), ("0.01", "S2"), ("0", "S1"), ("-5", "S1")],
)
def test_it_warns_of_an_order_by_the_hours_left_to_ship_it(shop, due_in_hours, severity):
    place_order(shop, 1, due_in_hours=due_in_hours)
    assert sweep() == {"checked": 1, "opened": 1}
    assert Ticket.objects.get().severity == severity


def test_it_says_nothing_of_an_order_with_more_than_a_day_left(shop):
    place_order(shop, 1, due_in_hours="37")
    assert sweep() == {"checked": 1}
    assert (Ticket.objects.count(), Breach.objects.count()) == (0, 0)


def test_an_order_is_told_of_within_five_minutes_of_the_moment_at_which_its_day_begins_to_run_out(shop):
    looked_at = JOBS.get("tickets.sweep.inventory").every
    place_order(shop, 1, due_in_hours="24.05")
    assert sweep() == {"checked": 1, "warned": 1}
    assert looked_at + JOBS.get("tickets.drain").every <= timedelta(minutes=5)
    assert sweep(minutes=looked_at.total_seconds() / 60) == {"checked": 1, "opened": 1}


def test_it_counts_what_comes_near_the_limit_without_opening_anything(shop):
    for number, hours in enumerate(["24.1", "36", "36.1"]):
        place_order(shop, number, due_in_hours=hours)
    assert sweep() == {"checked": 3, "warned": 2}
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    "changes", [{"fulfilment": "marketplace"}, {"status": "shipped"}, {"status": "pending"}, {"status": "cancelled"}]
)
def test_it_leaves_orders_alone_that_are_not_ours_to_ship_now(shop, changes):
    place_order(shop, 1, due_in_hours="1", **changes)
    assert sweep() == {}


def test_it_keeps_one_ticket_for_one_order_however_often_it_looks(shop):
    place_order(shop, 1, due_in_hours="20")
    sweep()
    changed_at = Ticket.objects.get().changed_at
    assert sweep(1) == {"checked": 1, "continued": 1}
    assert Ticket.objects.get().changed_at == changed_at
    assert (Ticket.objects.count(), Breach.objects.count()) == (1, 1)


def test_it_raises_the_severity_as_the_hours_run_out_and_says_so(shop):
    place_order(shop, 1, due_in_hours="9")
    sweep()
    sweep(2 * 60)
    assert Ticket.objects.get().severity == "S3"
    assert list(TicketEvent.objects.values_list("kind", "text"))[1:] == [("severity", "S4 to S3")]


@pytest.mark.parametrize(("total", "severity"), [("19.99", "S4"), ("20", "S3"), ("100", "S2"), ("500", "S1")])
def test_it_takes_the_worse_of_the_rule_and_the_money_at_risk(shop, total, severity):
    place_order(shop, 1, due_in_hours="20", total=total)
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.money_per_day, ticket.currency) == (severity, Decimal(total), "EUR")


def test_it_keeps_the_rules_severity_where_the_money_is_less_urgent(shop):
    place_order(shop, 1, due_in_hours="1", total="50")
    sweep()
    assert Ticket.objects.get().severity == "S2"


def test_it_does_not_guess_what_money_is_worth_without_a_rate(shop):
    place_order(shop, 1, due_in_hours="20", total="9999", currency="TRY")
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.severity, ticket.money_per_day, ticket.currency, ticket.money_rank) == ("S4", 9999, "TRY", None)


def test_it_counts_only_the_open_part_of_a_line_as_at_risk(shop):
    order = place_order(shop, 1, due_in_hours="20", total="50", status="partially_shipped")
    order.lines.update(quantity_shipped=1)
    sweep()
    assert Ticket.objects.get().money_per_day == Decimal("25.0000")


def test_it_resolves_the_ticket_as_soon_as_the_order_is_shipped(shop):
    order = place_order(shop, 1, due_in_hours="1")
    sweep()
    ship(order)
    assert sweep(5) == {"checked": 1, "cleared": 1}
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.resolution) == ("resolved", "fixed_itself")
    assert Breach.objects.get().state == "cleared"


def test_it_resolves_a_postponed_order_only_after_two_evaluations_a_tenth_beyond_the_line(shop):
    order = place_order(shop, 1, due_in_hours="20")
    sweep()
    order.ship_by += timedelta(hours=6)
    order.save()
    sweep()
    assert Ticket.objects.get().state == "open"
    order.ship_by += timedelta(hours=4)
    order.save()
    thresholds.change(Threshold.objects.get(detector="inventory.ship_by").pk, spacing_minutes=15)
    sweep()
    assert Ticket.objects.get().state == "open"
    sweep(15)
    assert Ticket.objects.get().state == "resolved"


def test_it_reopens_the_same_ticket_when_the_cause_comes_back_within_seven_days(shop):
    order = place_order(shop, 1, due_in_hours="1")
    sweep()
    ship(order)
    sweep(5)
    order.lines.update(quantity_shipped=0)
    order.save()
    sweep(6 * 24 * 60)
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.reopen_count, ticket.resolution) == ("open", 1, "")


def test_it_opens_a_new_ticket_when_the_cause_comes_back_after_seven_days(shop):
    order = place_order(shop, 1, due_in_hours="1")
    sweep()
    ship(order)
    sweep(5)
    order.lines.update(quantity_shipped=0)
    order.save()
    sweep(5 + 7 * 24 * 60 + 1)
    assert sorted(Ticket.objects.values_list("state", "reopen_count")) == [("open", 0), ("resolved", 0)]


def test_it_marks_the_third_return_in_thirty_days_as_flapping_and_proposes_a_limit(shop):
    order = place_order(shop, 1, due_in_hours="20")
    sweep()
    for day in (1, 2, 3):
        assert not Ticket.objects.get().is_flapping
        ship(order)
        sweep(day * 24 * 60)
        order.lines.update(quantity_shipped=0)
        order.save()
        sweep(day * 24 * 60 + 10)
    ticket = Ticket.objects.get()
    assert (ticket.is_flapping, ticket.reopen_count) == (True, 3)
    proposal = TicketEvent.objects.get(kind="flapping")
    assert proposal.facts["proposed_trigger"] == "-16.1700"


def test_the_database_refuses_a_second_open_breach_of_one_subject(shop):
    place_order(shop, 1, due_in_hours="1")
    sweep()
    twin = Breach.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError, match="breach_one_open"), transaction.atomic():
        twin.save()


def test_the_database_refuses_a_second_open_ticket_of_one_identity(shop):
    place_order(shop, 1, due_in_hours="1")
    sweep()
    twin = Ticket.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError, match="ticket_one_open"), transaction.atomic():
        twin.save()


def test_it_keeps_the_evidence_of_the_moment_of_opening(shop, noon):
    order = place_order(shop, 1, due_in_hours="1.5", total="12.50")
    sweep()
    evidence = Ticket.objects.get().evidence
    rule = Threshold.objects.get(detector="inventory.ship_by")
    assert evidence["value"] == "1.5"
    assert evidence["as_of"] == {"order": noon.isoformat(), "clock": noon.isoformat()}
    assert evidence["formula"] == "inventory.ship_by/1"
    assert evidence["threshold"] == {"id": rule.pk, "version": 1, "comparison": "at_most", "trigger": "24"}
    assert evidence["money"] == "12.50 EUR"
    assert evidence["links"] == [
        {"kind": "order", "id": order.pk, "label": "O-0001"},
        {"kind": "raw", "account": shop.pk, "subject": "order:O-0001"},
    ]
    assert (Ticket.objects.get().action, Ticket.objects.get().action_params) == (
        "confirm_shipment",
        {"order_id": order.pk},
    )
    assert json.loads(json.dumps(evidence)) == evidence
