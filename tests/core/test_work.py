"""The queue of record: each wish is followed by a run, each failure by what its kind asks for."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from config.core import clock, runner, tenancy, work
from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from config.core.jobs import JOBS, Job
from config.core.models import JobRun, WorkItem
from tests.core.conftest import CALLS, FAILS

pytestmark = pytest.mark.django_db


def test_it_runs_an_item_once_and_keeps_what_it_counted(job, north):
    item = work.later(job.key, order_id=7)
    assert runner.run(north.schema_name, item) == "ok"
    assert runner.run(north.schema_name, item) == "skipped"
    assert CALLS == [{"order_id": 7}]
    assert JobRun.objects.get().counts == {"rows": 3}


def test_it_refuses_the_same_work_twice_while_the_first_is_open(job, north):
    first = work.later(job.key, order_id=7)
    assert work.later(job.key, order_id=7) is None
    runner.run(north.schema_name, first)
    assert work.later(job.key, order_id=7) is not None


@pytest.mark.django_db(transaction=True)
def test_a_wish_while_the_work_runs_makes_it_run_once_more(job, monkeypatch):
    first = work.later(job.key, order_id=7)
    running = work.claim(first)
    assert [work.later(job.key, order_id=7) for _ in range(3)] == [None, None, None]
    assert work.enqueue(job, account_id=None, kwargs={"order_id": 8}) is not None
    work.finish(running, "done")
    again = WorkItem.objects.get(state="ready", kwargs={"order_id": 7})
    assert runner.run("north", again.pk) == "ok"
    assert CALLS == [{"order_id": 7}]
    assert not WorkItem.objects.filter(kwargs={"order_id": 7}).exclude(state="done").exists()


@pytest.mark.django_db(transaction=True)
def test_a_tick_while_the_work_runs_is_no_wish(job):
    running = work.claim(work.enqueue(job, account_id=None, kwargs={}))
    assert work.enqueue(job, account_id=None, kwargs={}) is None
    work.finish(running, "done")
    assert WorkItem.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_wish_for_later_while_the_work_runs_keeps_its_time_and_a_retry_fulfils_it(job):
    soon = clock.now() + timedelta(minutes=3)
    running = work.claim(work.later(job.key))
    work.later(job.key, due_at=soon)
    work.finish(running, "dead", "it broke")
    again = WorkItem.objects.get(state="ready")
    assert (again.due_at, again.attempts) == (soon, 0)
    with clock.frozen(soon):
        running = work.claim(again.pk)
        work.later(job.key)
        work.postpone(running, soon, "throttled")
        work.finish(work.claim(again.pk), "done")
    assert set(WorkItem.objects.values_list("state", flat=True)) == {"dead", "done"}


def seen():
    """How many wishers have committed, as a body sees it that takes its time."""
    count = JobRun.objects.filter(job="fact").count()
    time.sleep(0.005)
    return {"seen": count}


@pytest.mark.django_db(transaction=True)
def test_every_wish_is_followed_by_a_run_that_sees_what_its_transaction_brought(job, monkeypatch):
    monkeypatch.setitem(JOBS._items, job.key, replace(job, call="tests.core.test_work.seen"))
    monkeypatch.setattr(work, "LEASE", timedelta(seconds=30))

    def wish(number):
        with tenancy.in_tenant("north"):
            for _ in range(10):
                with transaction.atomic():
                    work.later(job.key)
                    time.sleep(0.002 * number)
                    JobRun.objects.create(job="fact", started_at=clock.now(), outcome="ok")
        connection.close()

    wishers = [threading.Thread(target=wish, args=[number]) for number in range(4)]
    for wisher in wishers:
        wisher.start()
    while any(wisher.is_alive() for wisher in wishers) or WorkItem.objects.exclude(state="done").exists():
        for item in WorkItem.objects.filter(state="ready").values_list("pk", flat=True):
            runner.run("north", item)
    runs = JobRun.objects.filter(job=job.key).order_by("-pk")
    assert runs.first().counts == {"seen": 40}
    assert runs.count() <= 40


def test_it_keeps_two_long_wishes_apart_when_they_begin_alike(job):
    shared = [f"2026-09-{day:02}" for day in range(1, 31)]
    assert work.later(job.key, days=[*shared, "2026-10-01"]) is not None
    assert work.later(job.key, days=[*shared, "2026-10-02"]) is not None
    assert work.later(job.key, days=[*shared, "2026-10-02"]) is None


@pytest.mark.django_db(transaction=True)
def test_each_transaction_gets_its_own_run_when_a_waiting_one_might_not_see_its_rows(job, monkeypatch):
    monkeypatch.setitem(JOBS._items, job.key, replace(job, per_transaction=True))
    with transaction.atomic():
        assert work.later(job.key, days=["2026-10-01"]) is not None
        assert work.later(job.key, days=["2026-10-01"]) is None
    with transaction.atomic():
        assert work.later(job.key, days=["2026-10-01"]) is not None


def test_it_gives_a_parked_item_a_fresh_start(job, north):
    item = work.later(job.key)
    FAILS.append(Rejected("bad request"))
    assert runner.run(north.schema_name, item) == "failed"
    work.replay(WorkItem.objects.get())
    assert runner.run(north.schema_name, item) == "ok"


def test_it_comes_back_later_when_throttled_without_using_up_an_attempt(job, north):
    until = clock.now() + timedelta(minutes=3)
    item = work.later(job.key)
    FAILS.append(RateLimited("slow down", until=until))
    assert runner.run(north.schema_name, item) == "retry"
    stored = WorkItem.objects.get()
    assert (stored.state, stored.due_at, stored.attempts) == ("ready", until, 0)
    assert runner.run(north.schema_name, item) == "skipped"


def test_it_gives_up_when_the_attempts_are_spent(job, north):
    item = work.later(job.key)
    FAILS.extend([Transient("no answer"), Transient("no answer")])
    outcomes = []
    for hours in (0, 1):
        with clock.frozen(clock.now() + timedelta(hours=hours)):
            outcomes.append(runner.run(north.schema_name, item))
    assert outcomes == ["retry", "failed"]
    assert WorkItem.objects.get().state == "dead"


def test_it_asks_for_a_person_when_only_a_person_can_heal_it(job, north):
    item = work.later(job.key)
    FAILS.append(NeedsOperator("the token was revoked", code="auth_revoked"))
    assert runner.run(north.schema_name, item) == "paused"
    assert JobRun.objects.get().code == "auth_revoked"


def test_it_keeps_an_unforeseen_failure_with_its_name(job, north):
    item = work.later(job.key)
    FAILS.append(ZeroDivisionError("by zero"))
    assert runner.run(north.schema_name, item) == "failed"
    assert JobRun.objects.get().code == "ZeroDivisionError"


def test_it_finds_due_items_that_nobody_sent(job):
    work.later(job.key)
    WorkItem.objects.update(sent_at=None)
    work.later(job.key, due_at=clock.now() + timedelta(hours=1), later=True)
    assert work.sweep() == 1


def test_it_drops_an_item_that_waited_beyond_its_expiry(north, monkeypatch):
    row = Job(key="tests.body", call="tests.core.conftest.body", why="expires", expires=timedelta(minutes=5))
    monkeypatch.setitem(JOBS._items, row.key, row)
    CALLS.clear()
    item = work.later(row.key)
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert runner.run(north.schema_name, item) == "skipped"
    assert CALLS == []
    assert WorkItem.objects.get().last_error == "expired before a worker was free"


def test_it_closes_parked_rows_that_newer_work_makes_needless(job, north):
    item = work.later(job.key, account_id=7)
    FAILS.append(NeedsOperator("the token was revoked"))
    runner.run(north.schema_name, item)
    assert work.supersede(8, "tests.", why="resumed") == 0
    assert work.supersede(7, "tests.", why="resumed") == 1
    assert WorkItem.objects.get().last_error == "resumed"
