from datetime import timedelta

import pytest

from config.core.money import Money
from marketplaces.canonical import LineClass, OrderStatus
from marketplaces.sandbox import misbookings, scenarios, shelf_troubles, statements, truth
from marketplaces.sandbox.view import AccountView
from tests.marketplaces.sandbox.conftest import ACCOUNTS, TODAY

ONCE_PER_CLIENT = ("unregistered_product", "missing_payment", "token_revoked", "statement_gap", "plan_overcharge")
OF_STATEMENTS = {"missing_line", "duplicate_fee", "short_payment", "renamed_label", "statement_gap", "plan_overcharge"}


@pytest.fixture(scope="module")
def faults(world):
    return truth.faults(world, TODAY)


@pytest.fixture
def one(world, faults):
    """The first fault of a kind, with its account's view and the statement it names."""

    def find(kind, overlay):
        fault = next(fault for fault in faults if fault.kind == kind)
        view = AccountView(world, fault.account, TODAY, overlay)
        return fault, view

    return find


def served(view):
    return view.statements(since=TODAY - timedelta(days=120), until=TODAY)


def rows_of(view, serial):
    return view.statement(int(serial)).lines


def test_it_places_every_kind_within_the_history(faults):
    kinds = [fault.kind for fault in faults]
    assert OF_STATEMENTS | set(ONCE_PER_CLIENT) | {*misbookings.KINDS, *shelf_troubles.KINDS} | {
        "hidden_order",
        "late_shipment",
    } == set(kinds)
    assert all(kinds.count(kind) == 1 for kind in ONCE_PER_CLIENT)
    assert all(fault.at <= TODAY for fault in faults)


def test_it_knows_no_fault_when_it_is_asked_for_the_time_before(world):
    early = truth.faults(world, TODAY - timedelta(days=88))
    assert {fault.kind for fault in early} == {"unregistered_product"}


def test_it_does_at_most_one_thing_to_a_statement_and_leaves_most_alone(world, faults):
    hit = [(fault.account, fault.subjects[0]) for fault in faults if fault.kind in OF_STATEMENTS]
    count = sum(len(world.periods(account.key, TODAY)) for account in ACCOUNTS)
    assert len(set(hit)) == len(hit) < count / 2


def test_it_hides_an_order_from_the_list_but_not_from_its_id_or_its_statement(one, overlay):
    fault, view = one("hidden_order", overlay)
    serial = int(fault.subjects[0])
    listed = view.orders(since=TODAY - timedelta(days=120), until=TODAY, by="placed")
    assert serial not in {order.serial for order in listed}
    assert serial not in {e.order_serial for e in view.events(since=TODAY - timedelta(days=95), until=TODAY)}
    assert view.order(serial).status == OrderStatus.DELIVERED
    assert serial in {row.order_serial for statement in served(view) for row in statement.lines}


def test_it_drops_a_line_whose_amount_the_total_still_has(one, overlay):
    fault, view = one("missing_line", overlay)
    statement = view.statement(int(fault.subjects[0]))
    assert statement.total - statements.document_total(statement.lines, statement.currency) == fault.amount
    assert fault.amount.amount < 0


def test_it_charges_a_fee_twice_and_pays_accordingly(world, one, overlay):
    fault, view = one("duplicate_fee", overlay)
    statement = view.statement(int(fault.subjects[0]))
    line_serial = int(fault.subjects[2])
    rows = [r for r in statement.lines if r.line_serial == line_serial and r.amount == fault.amount and not r.is_refund]
    assert len(rows) == 2
    due = [row for row in world.due(fault.account, period_of(world, fault)) if row.line_serial == line_serial]
    assert len([row for row in due if row.line_class == rows[0].line_class and not row.is_refund]) == 1


def test_it_pays_a_principal_short_by_the_amount(world, one, overlay):
    fault, view = one("short_payment", overlay)
    line_serial = int(fault.subjects[2])

    def principal(rows):
        found = [r for r in rows if r.line_serial == line_serial and r.line_class == LineClass.PRINCIPAL]
        return found[0].amount

    due = principal(world.due(fault.account, period_of(world, fault)))
    assert principal(rows_of(view, fault.subjects[0])) - due == fault.amount
    assert fault.amount.amount < 0


def test_it_renames_the_label_of_one_line(one, overlay):
    fault, view = one("renamed_label", overlay)
    renamed = [row for row in rows_of(view, fault.subjects[0]) if row.renamed_to]
    assert [row.renamed_to for row in renamed] == [scenarios.STRANGE_LABEL]
    assert renamed[0].amount + renamed[0].vat == fault.amount


@pytest.mark.parametrize(
    ("kind", "line_class"),
    [
        ("fee_overcharge", LineClass.COMMISSION), ("overpaid", LineClass.PRINCIPAL),
        ("unexpected_fee", LineClass.CLOSING), ("refund_without_credit", LineClass.FEE_REVERSAL),
    ],
)  # fmt: skip
def test_it_books_a_line_wrongly_by_what_is_owed_to_us(world, one, overlay, kind, line_class):
    fault, view = one(kind, overlay)
    line_serial = int(fault.subjects[2])

    def booked(rows):
        return sum(row.amount.amount for row in rows if (row.line_serial, row.line_class) == (line_serial, line_class))

    due = booked(world.due(fault.account, period_of(world, fault)))
    assert booked(rows_of(view, fault.subjects[0])) - due == -fault.amount.amount
    statement = view.statement(int(fault.subjects[0]))
    assert statements.document_total(statement.lines, statement.currency) == statement.total


def test_it_never_tells_of_a_return_that_was_refunded_without_the_goods(world, one, overlay):
    fault, view = one("refund_without_return", overlay)
    told = {item.line_serial for item in view.returns(since=TODAY - timedelta(days=120), until=TODAY)}
    line_serial = int(fault.subjects[2])
    assert told
    assert line_serial not in told
    assert any(row.line_serial == line_serial and row.is_refund for row in rows_of(view, fault.subjects[0]))


def test_it_never_publishes_one_statement_between_two_others(one, overlay):
    fault, view = one("statement_gap", overlay)
    missing = int(fault.subjects[0])
    assert view.statement(missing) is None
    assert {missing - 1, missing + 1} <= {statement.serial for statement in served(view)}


def test_it_never_settles_the_line_whose_payment_is_missing(one, overlay):
    fault, view = one("missing_payment", overlay)
    line_serial = int(fault.subjects[1])
    assert line_serial not in {row.line_serial for statement in served(view) for row in statement.lines}
    order = view.order(int(fault.subjects[0]))
    assert order.shipped_at + scenarios.PAID_AFTER == fault.at
    assert isinstance(fault.amount, Money)


def test_it_leaves_exactly_the_forgotten_orders_open_past_their_deadline(world, faults, overlay):
    open_states = (OrderStatus.PENDING, OrderStatus.TO_SHIP, OrderStatus.PARTIALLY_SHIPPED)
    late = {
        (account.key, order.serial)
        for account in ACCOUNTS
        for order in AccountView(world, account.key, TODAY, overlay).orders(
            since=TODAY - timedelta(days=91), until=TODAY, by="placed"
        )
        if order.status in open_states and order.ship_by < TODAY
    }
    assert late == {(f.account, int(f.subjects[0])) for f in faults if f.kind == "late_shipment"}
    assert len(late) >= len(ACCOUNTS)


def test_it_revokes_the_token_of_one_account_for_one_day(world, faults, overlay):
    fault = next(fault for fault in faults if fault.kind == "token_revoked")
    moments = {timedelta(hours=-1): False, timedelta(hours=1): True, timedelta(hours=25): False}
    for shift, expected in moments.items():
        assert AccountView(world, fault.account, fault.at + shift, overlay).is_revoked() is expected
        other = next(account.key for account in ACCOUNTS if account.key != fault.account)
        assert AccountView(world, other, fault.at + shift, overlay).is_revoked() is False


def test_it_sells_the_products_that_nobody_registered(world, faults):
    skus = set(next(fault for fault in faults if fault.kind == "unregistered_product").subjects)
    assert len(skus) == 3
    sold = {line.product.sku for story in world.stories_of_days("wide", 0, 89) for line in story.lines}
    assert skus <= sold


def period_of(world, fault):
    periods = world.periods(fault.account, TODAY)
    return next(p for p in periods if world.statement(fault.account, p).serial == int(fault.subjects[0]))
