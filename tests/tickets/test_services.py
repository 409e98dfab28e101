"""What people do with tickets, and what the screens ask about them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.core import clock
from finance.fx.models import Rate
from tests.tickets.conftest import keep_fresh, later, place_order, ship
from tickets import selectors, signals
from tickets.filters import TicketFilter
from tickets.models import Snooze, Ticket, TicketEvent
from tickets.rules import engine, exposure
from tickets.services import tickets

pytestmark = pytest.mark.django_db


def sweep(account, minutes=0):
    with later(minutes):
        keep_fresh(account)
        return engine.sweep("inventory")


@pytest.fixture
def order(shop):
    return place_order(shop, 1, due_in_hours="20")


@pytest.fixture
def ticket(shop, order):
    sweep(shop)
    return Ticket.objects.get()


@pytest.fixture
def crowd(shop):
    """Seven siblings under a parent."""
    for number in range(7):
        place_order(shop, number, due_in_hours="20", total=str(number))
    sweep(shop)
    return Ticket.objects.get(is_parent=True)


def said(ticket):
    return list(ticket.events.values_list("kind", "actor", "text"))[1:]


def test_it_assigns_a_person_and_takes_the_ticket_away_again(ticket):
    ada = get_user_model().objects.create(username="ada")
    assert tickets.assign(ticket.pk, to=ada, actor="bob").assignee == ada
    assert tickets.assign(ticket.pk, to=None, actor="bob").assignee is None
    assert said(ticket) == [("assigned", "bob", "to ada"), ("assigned", "bob", "to nobody")]


def test_it_keeps_a_remark_and_refuses_an_empty_one(ticket):
    tickets.comment(ticket.pk, text=" the carrier is late ", actor="ada")
    with pytest.raises(ValidationError, match="write something"):
        tickets.comment(ticket.pk, text="  ", actor="ada")
    assert said(ticket) == [("comment", "ada", "the carrier is late")]


def test_it_sleeps_until_its_time_comes(ticket, noon):
    tickets.snooze(ticket.pk, until=noon + timedelta(hours=2), actor="ada", reason="waits for the carrier")
    assert (selectors.inbox().count(), selectors.inbox(with_snoozed=True).count()) == (0, 1)
    with later(119):
        assert tickets.wake_due() == {"woken": 0}
    with later(120):
        assert tickets.wake_due() == {"woken": 1}
    ticket.refresh_from_db()
    assert (ticket.state, ticket.snoozed_until) == ("open", None)
    assert Snooze.objects.get().ended_at == noon + timedelta(hours=2)
    assert said(ticket) == [("snoozed", "ada", "waits for the carrier"), ("woke", "engine", "")]


def test_it_wakes_early_when_it_gets_worse(shop, ticket, noon):
    tickets.snooze(ticket.pk, until=noon + timedelta(hours=48), actor="ada")
    sweep(shop, 11 * 60)
    assert Ticket.objects.get().state == "snoozed"
    sweep(shop, 12 * 60)
    assert (Ticket.objects.get().state, Ticket.objects.get().severity) == ("open", "S3")
    assert Snooze.objects.get().ended_at == noon + timedelta(hours=12)


def test_it_refuses_to_sleep_into_the_past(ticket, noon):
    with pytest.raises(ValidationError, match="still to come"):
        tickets.snooze(ticket.pk, until=noon, actor="ada")
    ticket.refresh_from_db()
    assert (ticket.state, Snooze.objects.count()) == ("open", 0)


def test_it_resolves_with_one_of_five_answers_and_tells(ticket, django_capture_on_commit_callbacks):
    told = []
    signals.ticket_resolved.connect(keep := lambda ids, **_: told.append(ids))
    with django_capture_on_commit_callbacks(execute=True):
        tickets.resolve(ticket.pk, resolution="not_a_problem", actor="ada", text="collected by the buyer")
    signals.ticket_resolved.disconnect(keep)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.resolution, told) == ("resolved", "not_a_problem", [[ticket.pk]])
    assert said(ticket) == [("resolved", "ada", "collected by the buyer")]


@pytest.mark.parametrize("answer", ["", "whatever"])
def test_it_refuses_any_other_answer(ticket, answer):
    with pytest.raises(ValidationError, match="choose one of fixed, fixed_itself, not_a_problem, duplicate, wont_do"):
        tickets.resolve(ticket.pk, resolution=answer, actor="ada")
    ticket.refresh_from_db()
    assert ticket.state == "open"


def test_the_database_refuses_a_resolved_ticket_without_an_answer(ticket):
    with pytest.raises(IntegrityError, match="ticket_resolved_says_how"), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(state="resolved", resolved_at=clock.now())


def test_it_does_not_resolve_twice(ticket):
    tickets.resolve(ticket.pk, resolution="fixed", actor="ada")
    with pytest.raises(ValidationError, match="resolved already"):
        tickets.resolve(ticket.pk, resolution="fixed", actor="bob")


def test_it_believes_that_it_is_fixed_for_an_hour_and_then_what_it_measures(shop, ticket):
    tickets.resolve(ticket.pk, resolution="fixed", actor="ada")
    sweep(shop, 59)
    assert Ticket.objects.get().state == "resolved"
    sweep(shop, 60)
    assert (Ticket.objects.get().state, Ticket.objects.get().reopen_count) == ("open", 1)


@pytest.mark.parametrize("answer", ["not_a_problem", "wont_do", "duplicate"])
def test_it_does_not_argue_with_a_person_who_says_that_it_need_not_be_fixed(shop, ticket, answer):
    tickets.resolve(ticket.pk, resolution=answer, actor="ada")
    sweep(shop, 600)
    assert Ticket.objects.get().state == "resolved"


def test_it_reopens_for_a_person_unless_a_newer_one_is_open(shop, ticket, order):
    tickets.resolve(ticket.pk, resolution="wont_do", actor="ada")
    assert tickets.reopen(ticket.pk, actor="ada", text="it matters").state == "open"
    tickets.resolve(ticket.pk, resolution="wont_do", actor="ada")
    twin = Ticket.objects.get()
    twin.pk, twin.state, twin.resolution, twin.resolved_at = None, "open", "", None
    twin.save()
    with pytest.raises(ValidationError, match="a newer ticket"):
        tickets.reopen(ticket.pk, actor="ada")


def test_it_closes_the_children_with_their_parent(crowd):
    tickets.resolve(crowd.pk, resolution="wont_do", actor="ada")
    assert set(Ticket.objects.values_list("state", "resolution")) == {("resolved", "wont_do")}
    assert TicketEvent.objects.filter(kind="resolved", actor="ada").count() == 8


def test_it_closes_many_with_one_answer(crowd):
    ids = list(Ticket.objects.values_list("pk", flat=True))
    assert tickets.resolve_all(ids, resolution="fixed", actor="ada") == 8 - crowd.children.count()
    assert not Ticket.objects.exclude(state="resolved").exists()


def test_it_shows_the_worst_first_then_the_most_money_and_children_only_on_demand(shop, crowd):
    place_order(shop, 20, due_in_hours="1", total="1", ship_by=clock.now() + timedelta(hours=1))
    other = place_order(shop, 21, due_in_hours="2", total="300", ship_by=clock.now() - timedelta(days=3))
    sweep(shop)
    assert [ticket.severity for ticket in selectors.inbox()] == ["S1", "S2", "S4"]
    assert selectors.inbox().first().money_per_day == Decimal("300.0000")
    assert selectors.inbox(with_children=True).count() == 10
    assert selectors.about(kind="order", ids=[other.pk]).get() == selectors.inbox().first()


def test_it_compares_money_across_currencies_at_the_days_rate(shop, noon):
    exposure._rate.cache_clear()
    from config.core import tenancy

    with tenancy.in_public():
        Rate.objects.create(day=noon.date(), currency="TRY", per_eur=Decimal("50"), source="test")
    place_order(shop, 1, due_in_hours="20", total="1000", currency="TRY")
    place_order(shop, 2, due_in_hours="20", total="19")
    sweep(shop)
    exposure._rate.cache_clear()
    found = [(t.severity, t.money_per_day, t.currency, t.money_rank) for t in selectors.inbox()]
    assert found == [
        ("S3", Decimal("1000.0000"), "TRY", Decimal("20.0000")),
        ("S4", Decimal("19.0000"), "EUR", Decimal("19.0000")),
    ]
    said = {ticket.currency: ticket.evidence["money_rate"] for ticket in selectors.inbox()}
    today = noon.date().isoformat()
    assert said == {
        "TRY": {"to": "EUR", "rate": "0.02", "day": today, "source": "test"},
        "EUR": {"to": "EUR", "rate": "1", "day": today, "source": "identity"},
    }


def test_it_counts_every_type_also_where_there_is_none(shop, crowd):
    row = {each.type.key: each for each in selectors.counts()}
    assert list(row) == [
        "account_health", "data_upload", "margin_erosion", "missing_product_data", "missing_sku_cost",
        "missing_sku_data", "parity_drift", "pool_health", "settlement_discrepancy", "shipping_labels",
        "statement_missing", "stock_coverage", "stock_not_live", "technical_issue", "unshipped_order",
    ]  # fmt: skip
    orders = row["unshipped_order"]
    assert (orders.open, orders.snoozed, orders.hidden) == (7, 0, 0)
    assert orders.by_severity == {"S1": 0, "S2": 0, "S3": 0, "S4": 7}
    assert row["technical_issue"].open == 0


def test_it_always_says_how_much_is_hidden(shop):
    for number in range(30):
        place_order(shop, number, due_in_hours="5")
    sweep(shop)
    parent = Ticket.objects.get(is_parent=True)
    assert sum(each.hidden for each in selectors.counts()) == 5
    assert selectors.breaches(ticket_id=parent.pk).count() == 5
    assert selectors.children(parent_id=parent.pk).count() == 25


def test_it_publishes_how_often_a_detector_was_right(shop, order, ticket):
    tickets.resolve(ticket.pk, resolution="not_a_problem", actor="ada")
    for number in range(2, 6):
        ship(place_order(shop, number, due_in_hours="20"))
    late = place_order(shop, 9, due_in_hours="20")
    sweep(shop, 1)
    ship(late)
    sweep(shop, 2)
    with later(3):
        (found,) = (each for each in selectors.precision(until=clock.now()) if each.closed)
    assert (found.detector, found.closed, found.right, found.share) == ("inventory.ship_by", 2, 1, Decimal("0.50"))
    assert not found.is_digest_only
    assert selectors.Precision("x", 50, 24).is_digest_only
    assert not selectors.Precision("x", 49, 0).is_digest_only


def test_a_detector_that_is_mostly_wrong_interrupts_only_for_the_worst(shop, noon):
    Ticket.objects.bulk_create(
        Ticket(
            type="unshipped_order", scope_key=f"old:{number}", title="old", detector="inventory.ship_by", severity="S4",
            state="resolved", resolution="not_a_problem" if number < 26 else "fixed", resolved_at=noon, opened_at=noon,
            changed_at=noon,
        )
        for number in range(50)
    )  # fmt: skip
    place_order(shop, 1, due_in_hours="5")
    place_order(shop, 2, due_in_hours="-80", total="900")
    sweep(shop)
    waiting = Ticket.objects.filter(state="open").order_by("is_parent")
    assert list(waiting.values_list("severity", "is_parent", "overflow")) == [("S1", False, 0), ("S3", True, 1)]
    assert [breach.severity for breach in selectors.breaches(ticket_id=waiting[1].pk)] == ["S3"]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"type": ["unshipped_order"]}, 2),
        ({"type": ["technical_issue"]}, 0),
        ({"category": "operations"}, 2),
        ({"category": "finance"}, 0),
        ({"severity": ["S1", "S2"]}, 1),
        ({"state": ["resolved"]}, 0),
        ({"q": "o-0001"}, 1),
        ({"money_at_least": "50"}, 1),
        ({"is_assigned": "true"}, 0),
        ({"is_assigned": "false"}, 2),
        ({"opened_after": "2026-10-02T12:00:01Z"}, 0),
    ],
)
def test_it_narrows_the_inbox_down(shop, ticket, given, count):
    place_order(shop, 2, due_in_hours="1", total="50")
    sweep(shop)
    found = TicketFilter(given, queryset=selectors.inbox())
    assert found.is_valid()
    assert found.qs.count() == count
