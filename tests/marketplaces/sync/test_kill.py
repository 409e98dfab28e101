"""A worker that is killed in the middle: the database is what a power cut would leave, and the work is taken up again."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now

from config.core import runner, tenancy, work
from config.core.jobs import JOBS, Job, Scope
from config.core.models import WorkItem
from inventory.models import Order
from marketplaces import sinks
from marketplaces.models import RawPage, SyncState
from marketplaces.sinks import Applied
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)
PULL = Job(
    key="pull.stall.orders", call="marketplaces.tasks.pull", why="read orders", scope=Scope.ACCOUNT,
    kwargs={"resource": "orders"}, selects={"marketplace": "stall", "resource": "orders"},
)  # fmt: skip


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def die_when_landing(rows, source):
    die()
    return Applied()


@pytest.fixture
def item(shop, remote, monkeypatch):
    monkeypatch.setattr(JOBS, "_items", {**JOBS._items, PULL.key: PULL})
    monkeypatch.setattr(work, "send", lambda *_: None)
    monkeypatch.setattr(work, "LEASE", timedelta(milliseconds=500))
    for number in range(6):
        remote.put(f"A-{number}", NOON - timedelta(minutes=60 - number))
    remote.per_page = 2
    return work.enqueue(PULL, account_id=shop.pk, kwargs={})


def run_in_child_and_be_killed(item):
    """The child has connections of its own; the parent sees only what was committed."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        runner.run("north", item)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def lose_the_lease(item):
    with tenancy.in_tenant("north"):
        WorkItem.objects.filter(pk=item).update(lease_until=Now() - timedelta(milliseconds=1))


def stored():
    with tenancy.in_tenant("north"):
        return sorted(Order.objects.values_list("external_id", flat=True))


def test_killed_between_rows_and_cursor_it_leaves_neither_and_the_next_worker_lands_each_row_once(item, remote):
    sinks._SINKS["Order"].append(die_when_landing)
    try:
        run_in_child_and_be_killed(item)
    finally:
        sinks._SINKS["Order"].remove(die_when_landing)
    with tenancy.in_tenant("north"):
        assert SyncState.objects.get().covered == ((NOON - timedelta(days=10), NOON - timedelta(days=3)),)
        pages = RawPage.objects.count()
    assert stored() == []
    lose_the_lease(item)
    assert runner.run("north", item) == "ok"
    assert stored() == [f"A-{number}" for number in range(6)]
    with tenancy.in_tenant("north"):
        assert SyncState.objects.get().covered == ((NOON - timedelta(days=10), NOON),)
        assert RawPage.objects.count() >= pages
        assert RawPage.objects.filter(applied_at=None).count() == 0


def test_a_worker_that_dies_twice_parks_the_item_with_its_arguments_until_a_person_replays_it(item, remote):
    remote.before_page = die
    for _ in range(2):
        run_in_child_and_be_killed(item)
        lose_the_lease(item)
    assert runner.run("north", item) == "lost"
    with tenancy.in_tenant("north"):
        parked = WorkItem.objects.get(pk=item)
        assert (parked.state, parked.lost, parked.account_id) == ("dead", 2, 1)
        assert "lost its worker twice" in parked.last_error
        work.replay(parked)
    remote.before_page = None
    assert runner.run("north", item) == "ok"
    assert len(stored()) == 6
