"""Settlement discrepancies, and statements or deposits that did not come."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finance.models import Deposit, Discrepancy, Settlement
from tests.tickets.conftest import keep_fresh, later, place_order
from tickets.detectors.finance import bank_days
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement(shop, noon):
    return Settlement.objects.create(
        account=shop, external_id="S-1", currency="EUR", total=Decimal("250.00"), imported_at=noon, page_id=4
    )


def difference(account, noon, key="k", **values):
    given = {"kind": "short_paid", "amount": Decimal("4.00"), "currency": "EUR", "severity": "S2", **values}
    return Discrepancy.objects.create(account=account, key=key, first_seen_at=noon, last_seen_at=noon, **given)


def sweep(account, minutes=0):
    with later(minutes):
        keep_fresh(account)
        return engine.sweep("finance")


def test_it_opens_a_ticket_for_a_difference_with_both_sides_and_the_raw_file(shop, noon, statement):
    line = place_order(shop, 1, due_in_hours="99").lines.get()
    found = difference(
        shop,
        noon,
        settlement=statement,
        order_line=line,
        order_ref="O-0001",
        evidence={"expected": "10", "settled": "6"},
    )
    sweep(shop)
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.severity, ticket.money_per_day) == ("settlement_discrepancy", "S2", Decimal("4.0000"))
    assert ticket.title == "Short-paid: O-0001, 4.00 EUR"
    assert ticket.scope_key == f"account:{shop.pk}/short_paid/line:{line.pk}"
    assert ticket.evidence["shows"] == {"kind": "short_paid", "key": "k", "expected": "10", "settled": "6"}
    assert [link["kind"] for link in ticket.evidence["links"]] == ["discrepancy", "settlement", "raw", "order_line"]
    assert ticket.action_params == {"discrepancy_id": found.pk}


@pytest.mark.parametrize(("amount", "severity"), [("-499.99", "S2"), ("-500", "S1"), ("500", "S1"), (None, "S2")])
def test_it_is_most_urgent_from_500_whichever_way_the_money_went(shop, noon, amount, severity):
    difference(shop, noon, amount=Decimal(amount) if amount else None)
    sweep(shop)
    assert Ticket.objects.get().severity == severity


def test_it_makes_one_ticket_of_two_differences_of_one_kind_on_one_line(shop, noon):
    line = place_order(shop, 1, due_in_hours="99").lines.get()
    difference(shop, noon, "a", order_line=line)
    difference(shop, noon, "b", order_line=line, severity="S1")
    difference(shop, noon, "c", order_line=line, kind="duplicate", severity="S3")
    sweep(shop)
    found = Ticket.objects.order_by("scope_key").values_list("severity", "money_per_day")
    assert list(found) == [("S3", Decimal("4.0000")), ("S1", Decimal("8.0000"))]


def test_it_gathers_the_differences_of_one_kind_on_one_statement(shop, noon, statement):
    for number in range(6):
        line = place_order(shop, number, due_in_hours="99").lines.get()
        difference(shop, noon, str(number), settlement=statement, order_line=line)
    difference(shop, noon, "other", kind="duplicate", settlement=statement)
    sweep(shop)
    parent = Ticket.objects.get(is_parent=True)
    assert (parent.children.count(), parent.money_per_day) == (6, Decimal("24.0000"))
    assert parent.title == "Shop: 6 differences between expected and settled"


@pytest.mark.parametrize("state", ["resolved", "accepted"])
def test_it_resolves_when_the_difference_is_gone_or_accepted(shop, noon, state):
    difference(shop, noon)
    sweep(shop)
    Discrepancy.objects.update(state=state)
    sweep(shop, 5)
    assert Ticket.objects.get().state == "resolved"


def test_it_misses_a_statement_after_the_chain_was_broken_for_a_day(shop, noon):
    difference(shop, noon, "EUR:1-3", kind="statement_gap", amount=None, currency="")
    sweep(shop, 24 * 60 - 1)
    sweep(shop, 24 * 60)
    assert Ticket.objects.count() == 0
    sweep(shop, 24 * 60 + 15)
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.severity) == ("statement_missing", "S2")
    assert ticket.title == "Shop: a statement is missing (EUR:1-3)"
    Discrepancy.objects.update(state="resolved")
    sweep(shop, 24 * 60 + 16)
    assert Ticket.objects.get().state == "resolved"


def test_it_counts_from_the_end_of_the_missing_period_whenever_the_gap_was_seen(shop, noon):
    until = (noon - timedelta(hours=24)).isoformat()
    difference(shop, noon, kind="statement_gap", amount=None, currency="", evidence={"until": until})
    sweep(shop)
    assert Ticket.objects.count() == 0
    sweep(shop, 15)
    assert Ticket.objects.get().evidence["value"] == "24.25"


def bank(account, booked_on, read_at, **values):
    given = {"currency": "EUR", "amount": Decimal("1.00"), **values}
    return Deposit.objects.create(account=account, booked_on=booked_on, imported_at=read_at, **given)


@pytest.mark.parametrize(("announced", "tickets"), [(date(2026, 9, 25), 1), (date(2026, 9, 28), 0)])
def test_it_misses_a_deposit_five_bank_days_after_it_was_announced(shop, noon, statement, announced, tickets):
    Settlement.objects.update(deposit_on=announced)
    bank(shop, date(2026, 9, 1), noon)
    sweep(shop)
    sweep(shop, 15)
    assert Ticket.objects.filter(type="statement_missing").count() == tickets


def test_it_cannot_miss_a_deposit_where_no_bank_file_was_ever_read(shop, statement):
    Settlement.objects.update(deposit_on=date(2026, 8, 1))
    assert sweep(shop) == {}


def test_it_counts_only_up_to_the_last_bank_file(shop, noon, statement):
    Settlement.objects.update(deposit_on=date(2026, 9, 21))
    bank(shop, date(2026, 9, 1), noon - timedelta(days=10))
    sweep(shop)
    sweep(shop, 15)
    assert Ticket.objects.count() == 0


def test_it_finds_the_deposit_of_a_statement_that_was_paid(shop, noon, statement):
    Settlement.objects.update(deposit_on=date(2026, 9, 1))
    bank(shop, date(2026, 9, 2), noon, settlement=statement, amount=Decimal("250.00"))
    assert sweep(shop) == {}


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 9, 25), date(2026, 9, 25), 0),
        (date(2026, 9, 25), date(2026, 9, 28), 1),
        (date(2026, 9, 25), date(2026, 10, 2), 5),
        (date(2026, 9, 26), date(2026, 9, 27), 0),
        (date(2026, 9, 28), date(2026, 9, 25), 0),
    ],
)
def test_it_counts_monday_to_friday_as_bank_days(start, end, days):
    assert bank_days(start, end) == days
