from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock, runner, work
from config.core.errors import RateLimited, Transient
from config.core.models import WorkItem
from inventory.models import Order
from marketplaces import signals, sinks
from marketplaces.models import RawPage, RejectedRow, SyncRun, SyncState
from marketplaces.services import pulls
from marketplaces.sinks import Applied
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def stored():
    return sorted(Order.objects.values_list("external_id", flat=True))


def flow(shop, resource="orders"):
    return SyncState.objects.get(account=shop, resource=resource)


@pytest.fixture
def heard():
    """Names and facts of the pipeline's signals, in the order in which they were sent."""
    found = []

    def listen(name):
        def receive(sender, signal, **facts):
            found.append((name, facts))

        return receive

    names = ["run_finished", "run_failed", "run_poisoned", "rows_rejected", "flow_recovered"]
    receivers = {name: listen(name) for name in names}
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver)
    yield found
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)


def test_it_lands_orders_and_covers_the_time_it_read(shop, remote):
    remote.put("A-1", NOON - timedelta(days=9))
    remote.put("A-2", NOON - timedelta(hours=1))
    assert pulls.pull(shop.pk, "orders") == {"windows": 2, "rows": 2, "written": 2, "rejected": 0}
    assert stored() == ["A-1", "A-2"]
    assert flow(shop).covered == ((NOON - timedelta(days=10), NOON),)
    assert flow(shop).watermark == NOON - timedelta(hours=1)
    assert [run.state for run in SyncRun.objects.all()] == ["ok", "ok"]
    assert RawPage.objects.filter(subjects__contains=["order:A-1"]).count() == 1


def test_it_stores_a_row_dated_five_days_before_the_watermark(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=1))
    pulls.pull(shop.pk, "orders")
    later = NOON + timedelta(minutes=5)
    remote.put("A-old", NOON - timedelta(days=5), listed_at=(NOON + timedelta(minutes=1)).isoformat())
    with clock.frozen(later):
        pulls.pull(shop.pk, "orders")
    assert stored() == ["A-1", "A-old"]
    assert flow(shop).watermark == NOON - timedelta(minutes=1)


def test_it_reads_a_record_again_that_became_visible_late(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=30))
    pulls.pull(shop.pk, "orders")
    remote.put("A-2", NOON - timedelta(minutes=20))
    with clock.frozen(NOON + timedelta(minutes=5)):
        pulls.pull(shop.pk, "orders")
    assert stored() == ["A-1", "A-2"]


def test_it_writes_nothing_and_archives_nothing_twice_when_the_same_pages_come_again(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=1))
    pulls.pull(shop.pk, "orders")
    pages = RawPage.objects.count()
    with clock.frozen(NOON + timedelta(minutes=4)):
        assert pulls.pull(shop.pk, "orders")["written"] == 0
    assert RawPage.objects.count() == pages
    assert flow(shop).covered == ((NOON - timedelta(days=10), NOON + timedelta(minutes=4)),)


def test_it_leaves_rows_and_cursor_as_they_were_when_a_sink_dies_half_way(shop, remote):
    def dies(rows, source):
        raise Transient("the disk is full")

    remote.put("A-1", NOON - timedelta(minutes=1))
    sinks._SINKS["Order"].append(dies)
    try:
        with pytest.raises(Transient, match="disk is full"):
            pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    finally:
        sinks._SINKS["Order"].remove(dies)
    assert stored() == []
    assert flow(shop).covered == ()
    assert RawPage.objects.get().applied_at is None
    assert SyncRun.objects.get().state == "failed"
    pulls.pull(shop.pk, "orders")
    assert stored() == ["A-1"]


def test_it_tells_of_the_run_after_it_is_stored(shop, remote, heard, django_capture_on_commit_callbacks):
    remote.put("A-1", NOON - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    run = SyncRun.objects.get()
    facts = {"run_id": run.pk, "account_id": shop.pk, "resource": "orders", "changed": 1}
    assert heard == [("run_finished", facts)]


def test_it_keeps_a_rejected_row_with_its_reason_and_lands_the_rest_of_the_page(shop, remote):
    for number in range(9):
        remote.put(f"A-{number}", NOON - timedelta(minutes=9 - number))
    del remote.orders["A-4"]["qty"]
    counts = pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    assert counts == {"windows": 1, "rows": 9, "written": 8, "rejected": 1}
    row = RejectedRow.objects.get()
    assert (row.external_id, row.reason) == ("A-4", "field qty is missing; the order cannot be read")
    assert row.raw["id"] == "A-4"
    assert row.page is not None


def test_it_counts_a_rejected_row_again_and_keeps_it_once(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=9))
    del remote.orders["A-1"]["qty"]
    for _ in range(3):
        pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    assert RejectedRow.objects.values_list("attempts", "state").get() == (3, "open")


def test_it_stops_at_a_poisoned_page_and_stores_none_of_its_window(
    shop, remote, heard, django_capture_on_commit_callbacks
):
    for number in range(20):
        remote.put(f"A-{number:02}", NOON - timedelta(minutes=30 - number))
    for number in range(5):
        del remote.orders[f"A-{number:02}"]["qty"]
    with django_capture_on_commit_callbacks(execute=True):
        counts = pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    assert counts == {"windows": 1, "rows": 0, "written": 0, "rejected": 5}
    assert (stored(), flow(shop).covered) == ([], ())
    run = SyncRun.objects.get()
    assert (run.state, run.code) == ("stopped", "poisoned_page")
    assert "field qty is missing" in run.error
    assert [name for name, _ in heard] == ["run_poisoned", "rows_rejected"]
    assert len(heard[1][1]["ids"]) == 5


def test_it_does_not_call_a_page_poisoned_for_a_fifth_of_its_rows(shop, remote):
    for number in range(25):
        remote.put(f"A-{number:02}", NOON - timedelta(minutes=30 - number))
    for number in range(5):
        del remote.orders[f"A-{number:02}"]["qty"]
    assert pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)["written"] == 20


def test_it_counts_words_of_the_marketplace_that_it_does_not_know(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=3), status="on_a_camel")
    remote.put("A-2", NOON - timedelta(minutes=2), status="on_a_camel")
    pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    assert SyncRun.objects.get().unknown_values == {"Order.status:on_a_camel": 2}
    assert stored() == ["A-1", "A-2"]


def test_it_keeps_the_pages_it_paid_for_and_waits_when_the_limit_is_reached(shop, remote):
    remote.per_page = 1
    for number in range(4):
        remote.put(f"A-{number}", NOON - timedelta(minutes=40 - 10 * number))
    remote.errors = [None, None, RateLimited("slow down", until=NOON + timedelta(minutes=1))]
    with pytest.raises(RateLimited):
        pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    run = SyncRun.objects.get()
    assert (run.state, run.pages, stored()) == ("waiting", 2, [])


def test_it_gets_through_a_window_that_is_longer_than_its_budget_of_calls(shop, remote):
    remote.per_page = 1
    for number in range(64):
        remote.put(f"A-{number:02}", NOON - timedelta(days=6) + timedelta(hours=2 * number))
    moment, attempts = NOON, 0
    while flow_until(shop) < NOON and attempts < 60:
        moment, attempts = moment + timedelta(seconds=10), attempts + 1
        remote.errors = [None] * 8 + [RateLimited("slow down", until=moment)]
        with clock.frozen(moment):
            try:
                pulls.pull(shop.pk, "orders")
            except RateLimited:
                continue
    assert len(stored()) == 64


def flow_until(shop):
    found = SyncState.objects.filter(account=shop, resource="orders").first()
    return found.covered[-1][1] if found and found.covered else NOON - timedelta(days=30)


def test_it_tells_that_a_flow_recovered(shop, remote, heard, django_capture_on_commit_callbacks):
    SyncState.objects.create(account=shop, resource="orders", failures_in_a_row=4, last_error="down", last_code="x")
    with django_capture_on_commit_callbacks(execute=True):
        pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    assert [name for name, _ in heard] == ["flow_recovered", "run_finished"]
    assert (flow(shop).failures_in_a_row, flow(shop).last_error) == (0, "")


def test_it_leaves_a_paused_account_and_a_paused_flow_alone(shop, remote):
    SyncState.objects.create(account=shop, resource="orders", is_paused=True)
    assert pulls.pull(shop.pk, "orders") == {"skipped": 1}
    shop.status = "paused"
    shop.save()
    assert pulls.pull(shop.pk, "stock") == {"skipped": 1}
    assert remote.asked == []


def test_it_reads_each_document_once(shop, remote):
    remote.documents["S-1"] = b"S-1;2026-09-01T00:00:00+00:00;2026-09-15T00:00:00+00:00;30.00\nA-1;10.00\nA-2;20.00\n"
    pulls.pull(shop.pk, "settlements")
    with clock.frozen(NOON + timedelta(hours=6)):
        pulls.pull(shop.pk, "settlements")
    assert remote.asked == ["document S-1"]


def test_it_hands_a_settlement_and_its_lines_over_in_that_order_and_in_batches(shop, remote):
    seen = []

    def watch(rows, source):
        seen.append((type(rows[0]).__name__, len(rows), source.page_id))
        return Applied(inserted=len(rows))

    body = "S-1;2026-09-01T00:00:00+00:00;2026-09-15T00:00:00+00:00;12000\n" + "A-1;1\n" * 12_000
    remote.documents["S-1"] = body.encode()
    former = {kind: sinks._SINKS[kind] for kind in ("Settlement", "SettlementLine")}
    sinks._SINKS.update({kind: [watch] for kind in former})
    try:
        pulls.pull(shop.pk, "settlements")
    finally:
        sinks._SINKS.update(former)
    page = RawPage.objects.get(document_id="S-1").pk
    assert seen == [
        ("Settlement", 1, page), ("SettlementLine", 5000, page), ("SettlementLine", 5000, page),
        ("SettlementLine", 2000, page),
    ]  # fmt: skip


def test_a_failing_payment_step_leaves_one_order_and_one_task_that_is_tried_again(shop, remote, monkeypatch):
    def fails():
        raise Transient("the books are away")

    remote.put("A-1", NOON - timedelta(minutes=1))
    pulls.pull(shop.pk, "orders")
    step = work.later("finance.reconcile_open")
    with monkeypatch.context() as broken:
        broken.setattr("finance.services.reconcile.reconcile_open", fails)
        assert runner.run("north", step) == "retry"
    with clock.frozen(NOON + timedelta(hours=1)):
        pulls.pull(shop.pk, "orders")
        assert WorkItem.objects.filter(job="finance.reconcile_open").get().state == "ready"
        assert runner.run("north", step) == "ok"
    assert stored() == ["A-1"]


def test_it_marks_the_run_of_a_dead_worker_as_failed_when_it_starts_again(shop, remote):
    dead = SyncRun.objects.create(account=shop, resource="orders", started_at=NOON - timedelta(hours=1))
    pulls.pull(shop.pk, "orders")
    dead.refresh_from_db()
    assert (dead.state, dead.code) == ("failed", "lost_worker")


def test_it_keeps_what_the_archive_is_asked_for_even_when_bodies_were_dropped_from_memory(shop, remote, monkeypatch):
    from marketplaces.sync import fetch

    monkeypatch.setattr(fetch, "HELD_BYTES", 10)
    remote.per_page = 1
    remote.put("A-1", NOON - timedelta(minutes=2))
    remote.put("A-2", NOON - timedelta(minutes=1))
    pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    assert stored() == ["A-1", "A-2"]
