"""Jobs on the screen: run now, decisions of operators, and parked work that gets a fresh start."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django_celery_beat.models import PeriodicTask

from config.core import tenancy, work
from config.core.jobs import JOBS
from config.core.models import JobOverride, WorkItem
from tests.screens.desk.conftest import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(north):
    with tenancy.in_public():
        person = get_user_model().objects.create_superuser("operator", password="secret-of-tests")
        browser = Client(headers={"host": "localhost"})
        browser.force_login(person)
    return browser


def test_it_lists_every_job_with_its_reason(owner, within_budget):
    answer = within_budget("jobs", lambda: owner.get("/jobs/"))
    page = answer.content.decode()
    assert answer.context["count"] == len(JOBS)
    assert JOBS.get("tickets.drain").why in page


def test_it_runs_a_job_of_this_client_once(owner):
    owner.post("/jobs/", {"action": "run_now", "job": "tickets.drain"}, follow=True)
    again = owner.post("/jobs/", {"action": "run_now", "job": "tickets.drain"}, follow=True)
    assert WorkItem.objects.filter(job="tickets.drain").count() == 1
    assert said(again) == ["tickets.drain is waiting or running already"]


def test_a_client_cannot_change_what_runs_for_everybody(owner):
    for job, action in (("tickets.drain", "override"), ("marketplaces.prune_shared", "run_now")):
        owner.post(f"/jobs/{job}/", {"action": action, "reason": "quiet, please"})
    with tenancy.in_public():
        assert JobOverride.objects.count() == 0
        assert WorkItem.objects.count() == 0


def test_an_operator_changes_a_cadence_with_a_reason_and_takes_it_back(operator):
    address = "/jobs/tickets.drain/"
    silent = operator.post(address, {"action": "override", "is_enabled": "on", "minutes": "30"}, follow=True)
    assert said(silent) == ["say why; the next person will ask"]
    operator.post(address, {"action": "override", "is_enabled": "on", "minutes": "30", "reason": "too busy"})
    with tenancy.in_public():
        kept = JobOverride.objects.get()
        assert (kept.job, kept.every_seconds, kept.reason, kept.decided_by) == (
            "tickets.drain", 1800, "too busy", "operator",
        )  # fmt: skip
        assert PeriodicTask.objects.get(name="tickets.drain").interval.every == 1800
    operator.post(address, {"action": "forget"})
    with tenancy.in_public():
        declared = JOBS.get("tickets.drain").every.total_seconds()
        assert PeriodicTask.objects.get(name="tickets.drain").interval.every == declared


def test_an_operator_switches_a_job_off(operator):
    operator.post("/jobs/tickets.drain/", {"action": "override", "reason": "broken by the last update"})
    with tenancy.in_public():
        assert PeriodicTask.objects.get(name="tickets.drain").enabled is False


def test_it_starts_parked_work_again_unless_it_was_asked_for_anew(owner, noon):
    parked = [WorkItem.objects.get(pk=work.later("tickets.drain", dedupe=name)) for name in ("one", "two")]
    for item in parked:
        work.finish(item, "dead", "gave up")
    work.later("tickets.drain", dedupe="two")
    answer = owner.post("/jobs/parked/", {"action": "replay", "pk": [item.pk for item in parked]}, follow=True)
    assert said(answer) == ["1 started again; 1 were asked for anew meanwhile or have no job any more"]
    assert list(WorkItem.objects.filter(pk__in=[item.pk for item in parked]).order_by("pk").values_list("state", flat=True)) == [
        "ready", "dead",
    ]  # fmt: skip


def test_it_says_that_an_unknown_job_is_not_there(owner):
    assert owner.get("/jobs/nothing.like.this/").status_code == 404
