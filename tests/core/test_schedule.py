"""The catalogue becomes beat rows; an operator's decision wins; nothing grows with the number of clients."""

from datetime import UTC, datetime, timedelta

import pytest
from django_celery_beat.models import PeriodicTask

from config.core import clock, schedule, tasks, tenancy
from config.core.jobs import JOBS, QUEUES, SCOPES, Job, Scope, Target
from config.core.models import JobOutcome, JobOverride, JobRun, WorkItem
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(north, monkeypatch):
    row = Job(key="tests.tick", call="tests.x", why="to watch", every=timedelta(minutes=5), scope=Scope.ACCOUNT)
    monkeypatch.setitem(JOBS._items, row.key, row)
    return row


def row(key):
    with tenancy.in_public():
        return PeriodicTask.objects.get(name=key)


def test_it_makes_one_row_per_job_whatever_the_number_of_clients(job):
    schedule.compile_schedule()
    with tenancy.in_public():
        wanted = {key for key, each in JOBS if each.every} | {schedule.SWEEP}
        assert set(PeriodicTask.objects.filter(enabled=True).values_list("name", flat=True)) == wanted


def test_it_changes_nothing_when_compiled_again(job):
    schedule.compile_schedule()
    assert schedule.compile_schedule() == schedule.Compiled(0, 0)


def test_a_new_row_is_due_at_once_and_keeps_its_last_run_when_compiled_again(job):
    schedule.compile_schedule()
    assert datetime.now(UTC) - row(job.key).last_run_at >= timedelta(minutes=5)
    ran = datetime(2026, 9, 1, tzinfo=UTC)
    with tenancy.in_public():
        PeriodicTask.objects.filter(name=job.key).update(last_run_at=ran)
    schedule.compile_schedule()
    assert row(job.key).last_run_at == ran


def test_cadences_go_on_from_runs_that_the_schedule_did_not_start(job):
    schedule.compile_schedule()
    JobRun.objects.create(job=job.key, outcome=JobOutcome.OK, started_at=NOON - timedelta(minutes=4))
    JobRun.objects.create(job=job.key, outcome=JobOutcome.OK, started_at=NOON - timedelta(minutes=2))
    with clock.frozen(NOON):
        schedule.count_from_last_runs()
    assert abs(datetime.now(UTC) - row(job.key).last_run_at - timedelta(minutes=2)) < timedelta(seconds=30)


def test_it_tells_the_next_run_only_when_that_is_not_now():
    with clock.frozen(NOON):
        every = timedelta(minutes=5)
        assert schedule.next_run(every, NOON - timedelta(minutes=2)) == NOON + timedelta(minutes=3)
        assert schedule.next_run(every, NOON - timedelta(minutes=6)) is None
        assert schedule.next_run(every, None) is None
        assert schedule.next_run(None, NOON) is None


def test_it_lets_an_operators_cadence_win(job):
    with tenancy.in_public():
        JobOverride.objects.create(job=job.key, every_seconds=60, reason="peak season")
    schedule.compile_schedule()
    assert row(job.key).interval.every == 60


def test_it_switches_off_a_job_that_is_gone_and_keeps_its_row(job, monkeypatch):
    schedule.compile_schedule()
    monkeypatch.delitem(JOBS._items, job.key)
    assert schedule.compile_schedule().switched_off == 1
    assert row(job.key).enabled is False


def test_it_asks_for_one_item_per_account_and_not_again_while_that_is_open(job, monkeypatch):
    monkeypatch.setitem(SCOPES._items, "account", lambda _: [Target(1), Target(2)])
    assert tasks.fan_out(job.key, "north") == 2
    assert tasks.fan_out(job.key, "north") == 0
    assert set(WorkItem.objects.filter(job=job.key).values_list("account_id", flat=True)) == {1, 2}


def test_it_refuses_a_task_without_a_client(job):
    body = type("Probe", (tasks.TenantTask,), {"name": job.key})()
    for arguments in ((), ("north",), ("", 7)):
        with pytest.raises(tenancy.MissingTenant):
            body(*arguments)


def test_it_gives_every_job_a_known_queue_a_reason_and_a_body_that_exists():
    from django.utils.module_loading import import_string

    for key, each in JOBS:
        assert each.queue in QUEUES, key
        assert len(each.why) > 10, key
        assert callable(import_string(each.call)), key
