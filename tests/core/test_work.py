"""The queue of record: claimed once, returned once when a worker dies, parked after that."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from config.core import bulk, clock, runner, tenancy, work
from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from config.core.jobs import JOBS, Job
from config.core.models import JobRun, WorkItem
from config.core.upsert import Table

pytestmark = pytest.mark.django_db
CALLS: list[dict] = []
FAILS: list[Exception] = []


def body(**kwargs):
    CALLS.append(kwargs)
    if FAILS:
        raise FAILS.pop(0)
    return {"rows": 3}


@pytest.fixture
def job(north, monkeypatch):
    CALLS.clear()
    FAILS.clear()
    row = Job(key="tests.body", call="tests.core.test_work.body", why="a body to watch", max_attempts=2)
    monkeypatch.setitem(JOBS._items, row.key, row)
    monkeypatch.setattr(work, "LEASE", timedelta(milliseconds=10))
    return row


def lose_the_lease(*, with_the_database=False):
    """The lease just ran out, of a worker that was last seen after (or before) the database started."""
    seen = "pg_postmaster_start_time() - interval '1 second'" if with_the_database else "now() - 2 * interval '10 ms'"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE core_workitem SET lease_until = {seen} + interval '10 ms'")  # noqa: S608 - constants


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


def test_it_returns_a_lost_item_once_and_then_parks_it(job):
    item = work.later(job.key)
    assert work.claim(item).attempts == 1
    assert work.claim(item) is None
    lose_the_lease()
    assert work.claim(item).lost == 1
    lose_the_lease()
    assert runner.run("north", item) == "lost"
    parked = WorkItem.objects.get()
    assert (parked.state, parked.lost) == ("dead", 2)
    assert "lost its worker twice" in parked.last_error
    assert CALLS == []
    assert runner.run("north", item) == "skipped"


def test_work_that_lost_its_worker_twice_is_told_and_leaves_a_run(job, monkeypatch):
    told = []
    monkeypatch.setitem(runner.ON_FAILURE._items, "test", lambda *failure: told.append(failure))
    item = work.later(job.key, account_id=7)
    for _ in range(2):
        work.claim(item)
        lose_the_lease()
    assert runner.run("north", item) == "lost"
    [(dead, error, outcome)] = told
    assert (dead.pk, dead.account_id, error.code, outcome) == (item, 7, "lost_worker", "lost")
    run = JobRun.objects.get()
    assert (run.outcome, run.code, run.account_id, run.work_item_id) == ("lost", "lost_worker", 7, item)


def test_a_parked_row_whose_job_is_gone_leaves_a_run_and_troubles_no_hook(job, monkeypatch):
    item = work.later(job.key)
    monkeypatch.delitem(JOBS._items, job.key)
    assert runner.run("north", item) == "lost"
    assert JobRun.objects.get().message == "no job is called 'tests.body' any more"


def test_it_does_not_count_a_lease_that_was_lost_with_the_database(job):
    item = work.later(job.key)
    for _ in range(3):
        work.claim(item)
        lose_the_lease(with_the_database=True)
    assert runner.run("north", item) == "lost"
    assert JobRun.objects.get().code == "attempts_spent"
    assert WorkItem.objects.values_list("state", "lost", "last_error").get() == (
        "dead", 0, "used up its attempts without an answer; look at its arguments, then replay it",
    )  # fmt: skip


def test_a_worker_that_was_taken_for_dead_changes_nothing_any_more(job):
    item = work.later(job.key)
    first = work.claim(item)
    lose_the_lease()
    second = work.claim(item)
    work.finish(first, "done")
    work.postpone(first, clock.now(), "too late")
    assert (work.renew(first), work.renew(second)) == (False, True)
    assert WorkItem.objects.values_list("state", "attempts").get() == ("leased", 2)
    work.finish(second, "done")
    assert WorkItem.objects.get().state == "done"


@pytest.mark.parametrize("away", [OperationalError("gone"), InterfaceError("closed"), redis.ConnectionError("no")])
def test_it_comes_back_when_a_server_of_our_own_was_away(job, north, away):
    item = work.later(job.key)
    FAILS.append(away)
    assert runner.run(north.schema_name, item) == "retry"
    assert JobRun.objects.get().code == "server_away"
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert runner.run(north.schema_name, item) == "ok"


def rows_of_a_dying_server(pid):
    """Enough rows that the first chunk is on its way when the server ends the connection."""
    for number in range(20_000):
        if number == 15_000:
            with psycopg.connect(settings.EMBEDDED.database_url, autocommit=True) as another:
                another.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        yield ("tests.copied", clock.now(), f"{number}", "ok")


COPIED = Table(
    name="core_jobrun", columns=("job", "started_at", "message", "outcome"), key=("job", "message"), newer=None
)


def land_and_lose_the_database(**kwargs):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    bulk.land(COPIED, rows_of_a_dying_server(pid) if not JobRun.objects.exists() else [])


@pytest.mark.django_db(transaction=True)
def test_it_comes_back_when_the_database_goes_away_in_the_middle_of_a_copy(job, monkeypatch):
    monkeypatch.setitem(JOBS._items, job.key, replace(job, call="tests.core.test_work.land_and_lose_the_database"))
    monkeypatch.setattr(work, "LEASE", timedelta(seconds=30))
    item = work.later(job.key)
    assert runner.run("north", item) == "retry"
    assert JobRun.objects.values_list("job", "code").get() == (job.key, "server_away")
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert runner.run("north", item) == "ok"


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
    row = Job(key="tests.body", call="tests.core.test_work.body", why="expires", expires=timedelta(minutes=5))
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


@pytest.mark.django_db
def test_a_run_takes_over_what_waits_for_the_same_job_and_account_and_gives_it_back_when_it_fails(job):
    mine = [work.later(job.key, account_id=7, days=[day]) for day in ("a", "b")]
    other = work.later(job.key, account_id=8, days=["c"])
    with transaction.atomic():
        work.absorb(job.key, 7)
        transaction.set_rollback(True)
    assert set(WorkItem.objects.values_list("pk", "state")) == {(pk, "ready") for pk in (*mine, other)}
    assert work.absorb(job.key, 7) == [{"days": ["a"]}, {"days": ["b"]}]
    assert set(WorkItem.objects.values_list("pk", "state")) == {(mine[0], "done"), (mine[1], "done"), (other, "ready")}
    assert work.claim(mine[0]) is None


def marking(item_id, marked, done):
    """Another process that marks the row as sent, or absorbs it, and takes its time."""
    with tenancy.in_tenant("north"), transaction.atomic():
        WorkItem.objects.filter(pk=item_id).update(sent_at=clock.now())
        marked.set()
        done.wait(5)
    connection.close()


def claimed_beside(job, held_for):
    """What a worker gets that claims while another process holds the row for so many seconds."""
    item_id, marked, done = work.later(job.key), threading.Event(), threading.Event()
    holder = threading.Thread(target=marking, args=[item_id, marked, done])
    holder.start()
    marked.wait(5)
    release = threading.Timer(held_for, done.set)
    release.start()
    found = work.claim(item_id)
    release.cancel()
    done.set()
    holder.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_a_claim_waits_for_whoever_marks_the_row_so_that_no_message_is_lost(job):
    assert claimed_beside(job, held_for=0.2).state == "leased"


@pytest.mark.django_db(transaction=True)
def test_a_claim_leaves_a_row_to_whoever_holds_it_longer(job, monkeypatch):
    monkeypatch.setattr(work, "_WAIT_BRIEFLY", "SET LOCAL lock_timeout = '50ms'")
    assert claimed_beside(job, held_for=3) is None
    assert WorkItem.objects.get().state == "ready"
