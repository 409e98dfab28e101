"""Degraded mode and faster polling: what is slowed, what never is, and that both end by themselves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import clock, paces
from config.core.jobs import JOBS, Job, Peak, Target
from config.core.models import JobRun, Pace, WorkItem
from marketplaces.services import flows
from tests import factories
from tests.tickets.test_pushes import lately, week
from tickets.rules import defaults, engine
from tickets.services import pushes

pytestmark = pytest.mark.django_db
HOURLY = Job(key="look", call="nowhere", why="a test", every=timedelta(hours=1), peak=Peak.LESS)


def slow(**changes):
    values = {"until": clock.now() + timedelta(hours=6), "reason": "a big day", "by": "olga", **changes}
    return paces.begin("degraded", **values)


def ran(job, *, minutes_ago, account_id=None):
    JobRun.objects.create(
        job=job.key, account_id=account_id, outcome="ok", started_at=clock.now() - timedelta(minutes=minutes_ago)
    )


def test_a_slowed_job_waits_until_its_longer_interval_has_passed(noon):
    slow()
    ran(HOURLY, minutes_ago=200)
    assert paces.on_time(HOURLY, [Target(None)]) == []
    with clock.frozen(noon + timedelta(minutes=40)):
        assert paces.on_time(HOURLY, [Target(None)]) == [Target(None)]


def test_only_the_account_that_is_meant_is_slowed(noon):
    slow(account_id=1)
    for account_id in (1, 2):
        ran(HOURLY, minutes_ago=60, account_id=account_id)
    assert paces.on_time(HOURLY, [Target(1), Target(2)]) == [Target(2)]


def test_it_ends_by_itself_or_when_somebody_ends_it(noon):
    pace = slow()
    ran(HOURLY, minutes_ago=60)
    with clock.frozen(noon + timedelta(hours=6)):
        assert not paces.active().exists()
    paces.end(pace, by="olga")
    assert paces.on_time(HOURLY, [Target(None)]) == [Target(None)]
    assert Pace.objects.values_list("reason", "decided_by", "ended_by").get() == ("a big day", "olga", "olga")


def test_orders_stock_and_shipments_are_never_slowed(noon):
    slow(factors={"less": "4", "least": "12"})
    held = {"orders", "order_changes", "stock"}
    for _, job in JOBS:
        if job.selects.get("resource") in held or job.queue == "push":
            assert (job.peak, paces.factor(job, None, paces.active())) == (Peak.NEVER, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"never": "4"}, {"less": "0.5"}, {"less": "many"}, {"less": "49"}, {}],
    ids=["held", "faster", "word", "more", "none"],
)
def test_it_refuses_factors_that_would_slow_what_buyers_wait_for(noon, wrong):
    with pytest.raises(ValidationError):
        slow(factors=wrong)
    assert not Pace.objects.exists()


@pytest.mark.parametrize("changes", [{"reason": " "}, {"until_days": 15}, {"until_days": 0}])
def test_it_wants_a_reason_and_an_end(noon, changes):
    if "until_days" in changes:
        changes = {"until": noon + timedelta(days=changes["until_days"])}
    with pytest.raises(ValidationError):
        slow(**changes)


def test_beginning_again_prolongs_what_runs(noon):
    slow()
    slow(until=noon + timedelta(hours=9), reason="it lasts")
    assert Pace.objects.values_list("reason", "until").get() == ("it lasts", noon + timedelta(hours=9))


def test_orders_are_read_more_often_while_pushed_events_are_lost_and_then_as_declared(noon):
    defaults.seed()
    shop = factories.account("shop", connected_at=noon)
    week(shop)
    lately(shop, orders=10, told=1)
    engine.sweep("sync")
    assert pushes.follow() == {"hurried": 1}
    job = JOBS.get(f"pull.{shop.marketplace}.orders")
    ran(job, minutes_ago=job.every.total_seconds() / 60 / 4, account_id=shop.pk)
    assert paces.factor(job, shop.pk, paces.active()) == Decimal("0.2")
    assert flows.hurry() >= 1
    assert WorkItem.objects.filter(job=job.key, account_id=shop.pk).count() == 1
    assert flows.hurry() == 0
    with clock.frozen(noon + timedelta(hours=1)):
        assert paces.factor(job, shop.pk, paces.active()) == 1
        assert flows.hurry() == 0
