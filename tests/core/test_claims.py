"""A row of work is claimed by one worker, however many reach for it."""

import threading

import pytest
from django.db import connection, transaction

from config.core import clock, tenancy, work
from config.core.models import WorkItem

pytestmark = pytest.mark.django_db


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
