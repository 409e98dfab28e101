"""Many writes at once: planned as a set, sent by one client, read back until they show, looked at again later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock
from config.core.models import WorkItem
from marketplaces.contract import Outcome, OutcomeState
from marketplaces.models import Command
from marketplaces.services import batches
from tests.factories import NOON

pytestmark = pytest.mark.django_db
ACCEPTED, CONFIRMED = Outcome(OutcomeState.ACCEPTED), Outcome(OutcomeState.CONFIRMED)
MISSING = Outcome(OutcomeState.UNKNOWN, "another quantity is shown")


@pytest.fixture
def acting(shop):
    shop.stage = "act"
    shop.save()
    return shop


def planned(sku, quantity, **changes):
    return batches.Planned(
        field="quantity", value=quantity, key=f"{sku}:{quantity}", sku=sku, external_id=sku, **changes
    )  # fmt: skip


def states():
    return dict(Command.objects.values_list("key", "state"))


def test_it_plans_a_set_once_and_supersedes_older_unsent_writes_of_the_same_offers(acting):
    assert set(batches.plan(acting, "b1", [planned("MUG", 5), planned("CUP", 2)])) == {"MUG:5", "CUP:2"}
    assert set(batches.plan(acting, "b2", [planned("MUG", 4), planned("CUP", 2)])) == {"MUG:4"}
    assert states() == {"MUG:5": "superseded", "CUP:2": "planned", "MUG:4": "planned"}
    assert list(WorkItem.objects.values_list("job", flat=True)) == ["marketplaces.send_planned"]


def test_it_sends_a_batch_with_one_work_item_and_reads_it_back_with_another(acting, remote):
    batches.plan(acting, "b1", [planned("MUG", 5), planned("CUP", 2)])
    remote.outcomes = [ACCEPTED, ACCEPTED, CONFIRMED, CONFIRMED]
    assert batches.send_planned(acting.pk) == {"accepted": 2}
    assert WorkItem.objects.filter(job="marketplaces.look_again").count() == 1
    assert batches.look_again(acting.pk) == {"confirmed": 2}
    assert remote.asked == ["send CUP:2", "send MUG:5", "read_back CUP:2", "read_back MUG:5"]


def test_a_confirmed_write_is_looked_at_again_and_told_when_it_stands_no_more(acting, remote):
    batches.plan(acting, "b1", [planned("MUG", 5)])
    batches.send_planned(acting.pk)
    found = []
    for minutes in (5, 60, 24 * 60):
        remote.outcomes = [CONFIRMED if minutes < 60 * 24 else MISSING]
        with clock.frozen(NOON + timedelta(minutes=minutes)):
            found.append(batches.look_again(acting.pk))
    assert found == [{"confirmed": 1}, {"confirmed": 1}, {"drifted": 1}]
    assert Command.objects.get().reason == "another quantity is shown"
    with clock.frozen(NOON + timedelta(days=3)):
        assert batches.look_again(acting.pk) == {}


def test_it_sends_nothing_to_an_offer_that_the_marketplace_does_not_know(acting, remote):
    remote.has_no_offers = True
    batches.plan(acting, "b1", [planned("MUG", 5)])
    assert batches.send_planned(acting.pk) == {"rejected": 1}
    assert remote.asked == []
    assert Command.objects.get().reason == "Shop does not know this offer; nothing was sent"


def test_an_offer_that_was_seen_within_a_day_is_not_asked_for_again(acting, remote):
    remote.has_no_offers = True
    seen, long_ago = NOON - timedelta(hours=23), NOON - timedelta(hours=25)
    batches.plan(acting, "b1", [planned("MUG", 5, offer_seen_at=seen), planned("CUP", 5, offer_seen_at=long_ago)])
    assert batches.send_planned(acting.pk) == {"confirmed": 1, "rejected": 1}
    assert remote.asked == ["send MUG:5"]


def test_an_account_that_is_paused_keeps_its_batch(acting, remote):
    batches.plan(acting, "b1", [planned("MUG", 5)])
    acting.status = "paused"
    acting.save()
    assert batches.send_planned(acting.pk) == {"held": 1}
    assert states() == {"MUG:5": "planned"}
