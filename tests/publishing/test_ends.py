"""Whatever a marketplace does to our writes, and whatever wake-up is lost: each of them comes to an end that is shown."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog.models import Listing, OfferChange, OfferField
from catalog.publishing import deltas, drift
from catalog.services import publishing
from config.core import clock, runner, transport, work
from config.core.errors import RateLimited, Transient
from config.core.models import WorkItem
from marketplaces.contract import Outcome, OutcomeState, Page
from marketplaces.models import Command
from marketplaces.services import batches, commands
from tests.factories import NOON
from tests.publishing.conftest import field, offer, publish, wish

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ACCEPTED, CONFIRMED = Outcome(OutcomeState.ACCEPTED), Outcome(OutcomeState.CONFIRMED)
MISSING = Outcome(OutcomeState.UNKNOWN, "another quantity is shown")
REFUSED = Outcome(OutcomeState.REJECTED, "not this value")
NO_ANSWER = Transient("no answer came", code="unknown_outcome")
NOT_SENT = Transient("cannot be reached", code=transport.NOT_SENT)
ANSWERS = (ACCEPTED, CONFIRMED, MISSING, REFUSED, NO_ANSWER, NOT_SENT, "throttled")


def answers(drawn):
    """Throttling lasts a minute from when it is told, so it is made for its time."""
    return [RateLimited("slow down", until=NOON + HOUR) if each == "throttled" else each for each in drawn]


def let_pass(until, step=20 * MINUTE):
    """Sweepers run, and what is due runs; nothing else wakes anything up."""
    at = clock.now()
    while at < until:
        at = max(at + step, at + (at - NOON) / 3)
        with clock.frozen(at):
            drift.sweep()
            commands.sweep()
            for item in WorkItem.objects.filter(state="ready", due_at__lte=at).order_by("due_at", "id"):
                runner.run("north", item.pk)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3, phases=[Phase.generate])
@given(st.lists(st.sampled_from(ANSWERS), min_size=4, max_size=30))
def test_every_write_ends_confirmed_refused_or_given_to_a_person(acting, remote, drawn):
    for model in (OfferChange, OfferField, Command, WorkItem):
        model.objects.all().delete()
    Listing.objects.all().delete()
    mugs = [offer(acting, f"MUG-{number}") for number in range(4)]
    publishing.want([wish(mug, 47) for mug in mugs])
    remote.outcomes = answers(drawn)
    let_pass(NOON + timedelta(days=9))
    ends = set(Command.objects.values_list("state", flat=True))
    assert ends <= {"confirmed", "rejected", "parked", "superseded", "drifted"}, (ends, drawn)
    assert set(OfferField.objects.values_list("state", flat=True)) <= {"confirmed", "rejected", "unknown", "drifted"}


def test_a_write_that_cannot_leave_holds_up_no_other_one_and_is_parked_in_the_end(acting, remote, monkeypatch):
    poison = offer(acting, "POISON", changed_at=NOON - timedelta(days=3))
    others = [offer(acting, f"MUG-{number}") for number in range(3)]

    def broken(client, command):
        if command.external_id == "POISON":
            raise Transient("the page about this offer is broken", code="http_500")
        return Page(resource="stock", body=b"[]")

    monkeypatch.setattr("tests.marketplaces.stall.StallClient.offer", broken)
    monkeypatch.setattr(commands, "MOST_GIVEN_BACK", 2)
    publishing.want([wish(each, 4) for each in (poison, *others)])
    OfferField.objects.filter(listing=poison).update(live_at=None)
    let_pass(NOON + 30 * MINUTE, step=10 * MINUTE)
    assert {field(each).state for each in others} == {"confirmed"}
    assert field(poison).state == "planned"
    with clock.frozen(NOON + 30 * MINUTE):
        let_pass(NOON + timedelta(days=2), step=45 * MINUTE)
    assert (field(poison).state, field(poison).confirmed) == ("unknown", None)
    assert field(poison).reason == "it could not be sent 2 times: the page about this offer is broken"
    assert set(Command.objects.filter(subject="sku:POISON").values_list("state", flat=True)) == {"parked"}


def test_two_offers_under_one_seller_sku_are_written_each_for_itself(acting, remote):
    first, second = offer(acting, "A"), offer(acting, "B")
    Listing.objects.update(remote_id="MUG")
    publishing.want([wish(first, 4), wish(second, 3)])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert (field(first).confirmed, field(second).confirmed) == ("4", "3")
    assert {command.state for command in Command.objects.all()} == {"confirmed"}


def test_a_new_wish_does_not_wait_for_the_retry_of_another_one(acting, django_capture_on_commit_callbacks):
    mug, cup = offer(acting), offer(acting, "CUP")
    publishing.want([wish(mug, 4)])
    WorkItem.objects.all().delete()
    OfferField.objects.update(due_at=NOON + 2 * HOUR)
    deltas.ask_again(acting.pk)
    with django_capture_on_commit_callbacks(execute=True):
        publishing.want([wish(cup, Decimal("11.00"), "price")])
    assert list(WorkItem.objects.values_list("job", "due_at")) == [("catalog.publish", NOON + publishing.QUIET)]


def test_no_wish_brings_forward_what_was_put_back_by_throttling(acting, django_capture_on_commit_callbacks):
    item = work.later("catalog.publish", account_id=acting.pk)
    work.postpone(work.claim(item), NOON + HOUR, "slow down", counts=False)
    with django_capture_on_commit_callbacks(execute=True):
        publishing.want([wish(offer(acting), 4)])
    assert WorkItem.objects.get().due_at == NOON + HOUR


def test_a_failing_read_back_leaves_the_other_writes_of_its_run_alone(acting, remote):
    publishing.want([wish(offer(acting, name), 4) for name in ("A", "B")])
    with clock.frozen(NOON + MINUTE):
        remote.outcomes = [ACCEPTED, ACCEPTED, NO_ANSWER, CONFIRMED]
        with pytest.raises(Transient):
            publish(acting)
        assert sorted(Command.objects.values_list("state", flat=True)) == ["accepted", "confirmed"]
    with clock.frozen(NOON + 7 * MINUTE):
        assert batches.look_again(acting.pk)["confirmed"] == 2
