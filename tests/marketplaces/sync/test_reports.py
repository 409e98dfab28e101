from __future__ import annotations

import json
from datetime import timedelta

import pytest

from config.core import clock
from config.core.errors import RateLimited, Rejected, Transient
from inventory.models import Order
from marketplaces.contract import ReportStatus
from marketplaces.models import RawPage, ReportJob, SyncRun, SyncState
from marketplaces.services import pulls
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def step(shop, moment):
    """One attempt of a fresh worker; returns when it wants to be called again, or None when it is done."""
    with clock.frozen(moment):
        try:
            pulls.pull(shop.pk, "returns")
        except RateLimited as error:
            return error.until
    return None


def run_until_done(shop, moment=NOON):
    following = step(shop, moment)
    while following:
        moment = following
        following = step(shop, moment)
    return moment


def test_a_report_of_ninety_minutes_is_created_once_and_stored_once_over_three_restarts(shop, remote):
    remote.loses_create_answer = True
    with pytest.raises(ConnectionResetError):
        step(shop, NOON)
    done = run_until_done(shop)
    assert [remote.asked.count(what) for what in ("create", "find", "download")] == [1, 1, 1]
    assert RawPage.objects.filter(document_id="doc-R1").count() == 1
    assert timedelta(minutes=90) <= done - NOON <= timedelta(minutes=96)
    assert ReportJob.objects.values_list("state", "creates").get() == ("stored", 1)
    covered = SyncState.objects.get(account=shop, resource="returns").covered
    assert covered == ((NOON - timedelta(days=10), NOON),)


def test_a_report_that_was_ready_when_the_worker_died_is_fetched_again_and_not_asked_for_again(shop, remote):
    remote.report_takes = timedelta(0)
    remote.report_body = b"not json but five pieces"
    remote.errors = [None, None, ConnectionError("killed in mid-download")]
    with pytest.raises(ConnectionError):
        step(shop, NOON)
    assert ReportJob.objects.get().state == "ready"
    remote.report_body = b"[]"
    run_until_done(shop)
    assert (remote.asked.count("create"), ReportJob.objects.get().state) == (1, "stored")


def test_a_report_of_ten_thousand_rows_costs_no_more_calls_than_one_of_none(shop, remote):
    remote.report_takes, remote.report_body = timedelta(0), b"[]"
    run_until_done(shop)
    of_none, remote.asked[:] = list(remote.asked), []
    row = {"at": NOON.isoformat(), "status": "to_ship", "qty": 1}
    remote.report_body = json.dumps([{"id": f"A-{number}", **row} for number in range(10_000)]).encode()
    remote.reports.clear()
    run_until_done(shop, NOON + timedelta(hours=1))
    assert (Order.objects.count(), remote.asked) == (10_000, of_none)


def test_waiting_for_a_report_keeps_one_run_open_and_frees_the_worker(shop, remote):
    first = step(shop, NOON)
    assert first == NOON + timedelta(seconds=20)
    step(shop, first)
    assert SyncRun.objects.values_list("state", "code").get() == ("waiting", "report_waiting")


def test_it_does_not_ask_before_the_next_poll_is_due(shop, remote):
    step(shop, NOON)
    asked = len(remote.asked)
    assert step(shop, NOON + timedelta(seconds=5)) == NOON + timedelta(seconds=20)
    assert len(remote.asked) == asked


def test_an_empty_report_is_a_success_that_covers_its_window(shop, remote):
    remote.report_status = [ReportStatus.EMPTY]
    assert step(shop, NOON) is None
    assert ReportJob.objects.get().state == "empty"
    assert SyncState.objects.get(account=shop, resource="returns").covered[0][1] == NOON
    assert RawPage.objects.count() == 0


def test_a_cooled_down_report_is_asked_for_once_more_after_half_an_hour(shop, remote):
    remote.report_status = [ReportStatus.COOL_DOWN]
    remote.report_takes = timedelta(0)
    assert step(shop, NOON) == NOON + timedelta(minutes=30)
    assert step(shop, NOON + timedelta(minutes=30)) is None
    assert remote.asked.count("create") == 2


def test_a_report_that_is_refused_is_not_asked_for_again(shop, remote):
    remote.report_status = [ReportStatus.BAD_REQUEST]
    with pytest.raises(Rejected, match="as the test wants it"):
        step(shop, NOON)
    assert ReportJob.objects.values_list("state", "reason").get() == ("failed", "as the test wants it")


def test_a_report_past_its_deadline_is_given_up_and_asked_for_once_more(shop, remote):
    remote.report_takes = timedelta(days=5)
    moment = NOON
    with pytest.raises(Transient, match="not delivered twice"):
        run_until_done(shop, moment)
    assert remote.asked.count("create") == 2
    assert ReportJob.objects.get().state == "abandoned"


def test_a_report_slower_than_usual_is_marked_before_it_is_late(shop, remote, caplog):
    for day in range(1, 7):
        asked = NOON - timedelta(days=day)
        ReportJob.objects.create(
            account=shop, resource="returns", window_start=asked, window_end=asked, state="stored",
            requested_at=asked, finished_at=asked + timedelta(minutes=10),
        )  # fmt: skip
    run_until_done(shop)
    assert ReportJob.objects.latest("pk").is_slow
    assert caplog.text.count("report_slow") == 1


def test_another_window_waits_for_the_report_that_is_open(shop, remote):
    step(shop, NOON)
    with clock.frozen(NOON), pytest.raises(RateLimited):
        pulls.read_missing(shop.pk, "returns", since=NOON - timedelta(days=2), until=NOON - timedelta(days=1))
    assert remote.asked.count("create") == 1
