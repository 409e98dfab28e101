"""The engine's contract, clause by clause, on orders that wait to be shipped."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.core.jobs import JOBS
from marketplaces.models import SyncState
from tests import factories
from tests.tickets.conftest import keep_fresh, later, place_order, ship
from tickets.models import Breach, PendingCheck, Threshold, Ticket, TicketEvent
from tickets.rules import defaults, engine, pending
from tickets.services import thresholds

pytestmark = pytest.mark.django_db


def sweep(minutes=0):
    with later(minutes):
        SyncState.objects.update(last_ok_at=engine.clock.now())
        return engine.sweep("inventory")


def leaves():
    return Ticket.objects.filter(is_parent=False)


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
