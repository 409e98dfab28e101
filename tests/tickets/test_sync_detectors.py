"""Technical issues: flows, credentials, parked work, refused writes."""

from datetime import timedelta

import pytest

from config.core import clock
from config.core.models import WorkItem
from marketplaces.models import Account, Command, Gap, RejectedRow, SyncRun, SyncState
from tests.tickets.conftest import keep_fresh, later
from tickets.detectors import flows
from tickets.models import Breach, Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db


def sweep(minutes=0):
    with later(minutes):
        return engine.sweep("sync")


def run(account, state, minutes_ago=0, resource="orders", **values):
    started = clock.now() - timedelta(minutes=minutes_ago)
    return SyncRun.objects.create(account=account, resource=resource, state=state, started_at=started, **values)


def flow(account, resource="orders", **values):
    SyncState.objects.filter(account=account, resource=resource).update(**values)


def test_it_says_nothing_while_every_flow_runs_well(shop):
    run(shop, "ok")
    sweep()
    assert (Ticket.objects.count(), Breach.objects.count()) == (0, 0)


@pytest.mark.parametrize(("failures", "tickets"), [(2, 0), (3, 1)])
def test_it_opens_when_a_flow_failed_three_times_in_a_row(shop, failures, tickets):
    for number in range(failures):
        run(shop, "failed", number)
    flow(shop, failures_in_a_row=failures, last_code="timeout", last_error="no answer within 30 s")
    sweep()
    assert Ticket.objects.count() == tickets


def test_it_says_which_flow_failed_and_why(shop):
    flow(shop, "settlements", failures_in_a_row=3, last_code="timeout", last_error="no answer within 30 s")
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.severity, ticket.scope_key) == ("technical_issue", "S3", "flow:shop/settlements")
    assert ticket.title == "Shop: settlements failed 3 times in a row"
    assert ticket.evidence["shows"] == {"error": "no answer within 30 s", "code": "timeout"}


def test_it_is_most_urgent_when_orders_are_blind_for_more_than_half_an_hour(shop, noon):
    flow(shop, failures_in_a_row=3, last_ok_at=noon - timedelta(minutes=30))
    sweep()
    assert Ticket.objects.get().severity == "S3"
    sweep(1)
    assert Ticket.objects.get().severity == "S1"


def test_it_is_urgent_when_settlements_are_blind_for_more_than_a_day(shop, noon):
    flow(shop, "settlements", failures_in_a_row=3, last_ok_at=noon - timedelta(minutes=1441))
    sweep()
    assert Ticket.objects.get(scope_key="flow:shop/settlements").severity == "S2"


def test_it_resolves_a_failed_flow_after_three_good_runs_and_no_open_gap(shop, noon):
    run(shop, "failed", 10)
    flow(shop, failures_in_a_row=3)
    gap = Gap.objects.create(account=shop, resource="orders", kind="time", revealed_by="orders", found_at=noon)
    sweep()
    flow(shop, failures_in_a_row=0)
    run(shop, "ok", 9)
    run(shop, "ok", 8)
    sweep(1)
    assert Ticket.objects.get().state == "open"
    run(shop, "ok", 7)
    sweep(2)
    assert Ticket.objects.get().state == "open"
    Gap.objects.filter(pk=gap.pk).update(state="filled")
    sweep(3)
    assert Ticket.objects.get().state == "resolved"


def test_it_counts_good_runs_only_since_the_last_bad_one(shop):
    for minutes, state in enumerate(["ok", "waiting", "ok", "failed", "ok", "ok"]):
        run(shop, state, minutes)
    (read,) = flows.read([f"{shop.pk}:orders"])
    assert (read.ok_runs, read.run_state) == (2, "ok")


def test_it_opens_a_stale_flow_after_two_evaluations_beyond_its_budget(shop, noon):
    budget = flows.budget(shop.marketplace, "orders")
    flow(shop, last_ok_at=noon - budget - timedelta(minutes=1))
    flow(shop, "settlements", is_paused=True)
    sweep()
    assert Ticket.objects.filter(scope_key="flow:shop/orders").count() == 0
    sweep(15)
    assert Ticket.objects.get(scope_key="flow:shop/orders").title == (
        f"Shop: no good run of orders since {noon - budget - timedelta(minutes=1):%d %b %H:%M} UTC"
    )


def test_it_does_not_call_a_paused_flow_stale(shop):
    flow(shop, last_ok_at=shop.connected_at, is_paused=True)
    keep = SyncState.objects.exclude(resource="orders")
    keep.update(is_paused=True)
    sweep()
    sweep(15)
    assert Ticket.objects.count() == 0


def test_it_opens_at_once_when_a_page_stopped_a_run_and_resolves_after_a_good_one(shop):
    run(shop, "stopped", 2, error="31 of 100 rows could not be read")
    sweep()
    ticket = Ticket.objects.get()
    assert ticket.evidence["shows"] == {"error": "31 of 100 rows could not be read"}
    run(shop, "ok", 1)
    sweep(1)
    ticket.refresh_from_db()
    assert ticket.state == "resolved"


def test_it_joins_what_happens_to_one_flow_into_one_ticket(shop):
    flow(shop, failures_in_a_row=3)
    run(shop, "stopped", 1)
    sweep()
    ticket = Ticket.objects.get()
    assert sorted(ticket.breaches.values_list("detector", flat=True)) == ["sync.failing", "sync.poisoned"]
    assert list(ticket.events.values_list("kind", flat=True)) == ["opened", "joined"]
    run(shop, "ok", 0)
    sweep(1)
    assert Ticket.objects.get().state == "open"
    assert ticket.events.last().kind == "cleared"
    assert ticket.events.last().text == "Shop: orders stopped at a page that cannot be read"


def test_it_names_rows_that_could_not_be_read_until_they_are_replayed(shop, noon):
    for number in range(9):
        RejectedRow.objects.create(
            account=shop, resource="orders", fingerprint=str(number), code="no_date", reason="no date", raw={},
            first_seen_at=noon, last_seen_at=noon,
        )  # fmt: skip
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.severity) == ("Shop: 9 rows of orders could not be read", "S4")
    RejectedRow.objects.update(state="replayed")
    sweep(1)
    sweep(2)
    assert Ticket.objects.get().state == "resolved"


@pytest.mark.parametrize(("age_in_hours", "severity"), [(5.9, None), (6, "S3"), (24, "S2")])
def test_it_opens_when_a_gap_is_not_filled_for_six_hours(shop, noon, age_in_hours, severity):
    found = noon - timedelta(hours=age_in_hours)
    Gap.objects.create(account=shop, resource="orders", kind="record", external_id="X", revealed_by="s", found_at=found)
    sweep()
    sweep(0)
    with later(16):
        keep_fresh(shop)
        Gap.objects.update(found_at=found + timedelta(minutes=16))
        engine.sweep("sync")
    assert list(Ticket.objects.values_list("severity", flat=True)) == ([severity] if severity else [])


@pytest.mark.parametrize(("days", "severity"), [(31, None), (30, "S4"), (14, "S3"), (7, "S2"), (1, "S1"), (-1, "S1")])
def test_it_warns_of_credentials_30_14_7_and_1_days_before_they_expire(shop, noon, days, severity):
    Account.objects.update(credentials_expire_on=noon.date() + timedelta(days=days))
    sweep()
    assert list(Ticket.objects.values_list("severity", flat=True)) == ([severity] if severity else [])


def test_it_resolves_once_the_credentials_are_valid_a_tenth_longer_than_the_limit(shop, noon):
    Account.objects.update(credentials_expire_on=noon.date() + timedelta(days=3))
    sweep()
    Account.objects.update(credentials_expire_on=noon.date() + timedelta(days=365))
    sweep(1)
    sweep(2)
    assert Ticket.objects.get().state == "resolved"


def test_it_opens_when_the_marketplace_refuses_an_account_and_gets_worse_after_half_an_hour(shop, noon):
    Account.objects.update(status="broken", status_reason="the grant was revoked", paused_at=noon)
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.severity) == ("Shop is refused: the grant was revoked", "S2")
    assert ticket.action == "reauthorise"
    sweep(30)
    assert Ticket.objects.get(scope_key="credentials:shop").severity == "S1"
    Account.objects.update(status="active")
    sweep(31)
    assert Ticket.objects.get(scope_key="credentials:shop").state == "resolved"


def test_it_counts_refused_writes_of_the_last_day(shop, noon):
    for number, (state, hours) in enumerate([("rejected", 1), ("parked", 23), ("rejected", 25), ("confirmed", 1)]):
        Command.objects.create(
            account=shop, kind="set_price", key=str(number), subject="MUG", state=state,
            planned_at=noon - timedelta(hours=hours),
        )  # fmt: skip
    sweep()
    assert Ticket.objects.get().title == "Shop: 2 writes were refused"


def test_it_names_work_that_gave_up_but_leaves_pulls_to_their_flow(shop, noon):
    for job in ("finance.reconcile_open", "pull.somewhere.orders"):
        WorkItem.objects.create(
            job=job, dedupe_key=job, queue="default", state="dead", due_at=noon, created_at=noon, finished_at=noon
        )
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.scope_key, ticket.title) == (
        "job:finance.reconcile_open",
        "1 runs of finance.reconcile_open gave up",
    )
    WorkItem.objects.update(state="done")
    sweep(1)
    assert Ticket.objects.get().state == "resolved"
