"""Work whose worker or database died: returned once, parked after that, and never run by two."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from config.core import bulk, clock, runner, work
from config.core.jobs import JOBS
from config.core.models import JobRun, WorkItem
from config.core.upsert import Table
from tests.core.conftest import CALLS, FAILS, lose_the_lease

pytestmark = pytest.mark.django_db


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
    monkeypatch.setitem(
        JOBS._items, job.key, replace(job, call="tests.core.test_lost_workers.land_and_lose_the_database")
    )
    monkeypatch.setattr(work, "LEASE", timedelta(seconds=30))
    item = work.later(job.key)
    assert runner.run("north", item) == "retry"
    assert JobRun.objects.values_list("job", "code").get() == (job.key, "server_away")
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert runner.run("north", item) == "ok"
