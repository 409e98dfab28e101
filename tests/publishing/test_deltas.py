"""From what is wanted to writes: newest intent wins, only differences from what was confirmed leave, all have an end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import FieldOwner, LearnedRule, OfferChange, OfferField, PublishBatch
from catalog.publishing import deltas
from catalog.services import publishing
from config.core import clock
from config.core.models import WorkItem
from marketplaces.contract import Outcome, OutcomeState
from marketplaces.models import Command
from marketplaces.services import batches
from tests.factories import NOON
from tests.publishing.conftest import field, offer, publish, wish

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ACCEPTED, CONFIRMED = Outcome(OutcomeState.ACCEPTED), Outcome(OutcomeState.CONFIRMED)
MISSING = Outcome(OutcomeState.UNKNOWN, "another quantity is shown")


def test_twenty_changes_in_a_minute_are_one_write_of_the_last_value(acting, remote):
    mug = offer(acting)
    for number in range(20):
        with clock.frozen(NOON + number * 3 * SECOND):
            publishing.want([wish(mug, 100 + number)])
            assert deltas.publish(acting.pk)["planned"] == 0
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert [command.payload["quantity"] for command in Command.objects.all()] == [119]
    assert [asked.split()[0] for asked in remote.asked] == ["send"]
    assert list(OfferChange.objects.order_by("pk").values_list("outcome", flat=True)) == ["superseded"] * 19 + [
        "confirmed"
    ]
    assert (field(mug).state, field(mug).confirmed) == ("confirmed", "119")


def test_a_wish_asks_for_one_run_when_the_field_has_been_quiet(acting):
    publishing.want([wish(offer(acting), 4), wish(offer(acting, "CUP"), 4)])
    assert list(WorkItem.objects.values_list("job", "due_at")) == [("catalog.publish", NOON + publishing.QUIET)]


def test_it_compares_with_what_was_confirmed_and_not_with_what_stood_in_our_tables(acting, remote):
    mug = offer(acting, quantity=1)
    publishing.want([wish(mug, 0)])
    with clock.frozen(NOON + MINUTE):
        remote.outcomes = [Outcome(OutcomeState.REJECTED, "try later")]
        publish(acting)
        assert field(mug).state == "rejected"
        publishing.want([wish(mug, 1)])
        publishing.want([wish(mug, 0)])
    with clock.frozen(NOON + 2 * MINUTE):
        assert publish(acting)["planned"] == 1
    assert (field(mug).state, field(mug).confirmed) == ("confirmed", "0")


def test_a_newer_wish_while_one_is_under_way_is_written_after_it(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, 9)])
    with clock.frozen(NOON + MINUTE):
        remote.outcomes = [ACCEPTED]
        deltas.publish(acting.pk)
        batches.send_planned(acting.pk)
        assert field(mug).state == "accepted"
        publishing.want([wish(mug, 8)])
        assert (field(mug).state, field(mug).sent) == ("planned", "9")
    with clock.frozen(NOON + 2 * MINUTE):
        publish(acting)
    assert [command.payload["quantity"] for command in Command.objects.order_by("pk")] == [9, 8]
    assert (field(mug).state, field(mug).confirmed) == ("confirmed", "8")


def test_what_was_taken_and_never_shown_is_sent_again_later_each_time_and_then_is_unknown(acting, remote):
    mug, at = offer(acting), NOON
    publishing.want([wish(mug, 4)])
    for attempt in range(4):
        remote.outcomes = [ACCEPTED, MISSING, MISSING, MISSING]
        for wait in (3 * HOUR, 5 * MINUTE, HOUR):
            at += wait
            with clock.frozen(at):
                publish(acting)
        assert field(mug).state == ("planned" if attempt < 3 else "unknown")
    assert "another quantity is shown" in field(mug).reason
    assert list(Command.objects.values_list("state", flat=True)) == ["parked"] * 4
    assert OfferChange.objects.get().confirmed_at is None


def test_only_accounts_that_may_act_are_written_to(acting, remote):
    mug = offer(acting)
    for stage in ("observe", "propose"):
        acting.stage = stage
        acting.save()
        publishing.want([wish(mug, 4 if stage == "observe" else 3)])
        with clock.frozen(NOON + MINUTE):
            assert publish(acting) == {"held": 1}
    assert not Command.objects.exists()
    assert field(mug).state == "planned"


def test_a_field_of_another_owner_is_never_written(acting, remote):
    mug, cup = offer(acting), offer(acting, "CUP")
    FieldOwner.objects.create(account=acting, field="quantity", owner="other", set_at=NOON)
    FieldOwner.objects.create(account=acting, listing=cup, field="quantity", owner="us", set_at=NOON)
    publishing.want([wish(mug, 4), wish(cup, 4)])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert (field(mug).state, field(mug).reason) == ("planned", "the quantity belongs to the other; nothing is written")
    assert (field(cup).state, Command.objects.get().subject) == ("confirmed", "sku:CUP")


def test_units_that_lie_with_the_marketplace_are_never_written(acting, remote):
    mug = offer(acting, fulfilment="marketplace")
    publishing.want([wish(mug, 4)])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert (field(mug).state, Command.objects.count()) == ("rejected", 0)


def test_a_refused_price_is_learned_and_not_sent_again_until_the_rule_is_waived(acting, remote):
    mug, cup = offer(acting), offer(acting, "CUP")
    publishing.want([wish(mug, Decimal("11.00"), "price")])
    with clock.frozen(NOON + MINUTE):
        remote.outcomes = [Outcome(OutcomeState.REJECTED, "below your minimum")]
        publish(acting)
        publishing.want([wish(cup, Decimal("11.00"), "price")])
    with clock.frozen(NOON + 2 * MINUTE):
        publish(acting)
        assert field(cup, "price").reason.endswith("below your minimum")
        assert (LearnedRule.objects.get().seen, Command.objects.count()) == (1, 1)
        LearnedRule.objects.update(is_waived=True)
        publishing.want([wish(cup, Decimal("12.00"), "price")])
        publishing.want([wish(cup, Decimal("11.00"), "price")])
    with clock.frozen(NOON + 3 * MINUTE):
        publish(acting)
    assert field(cup, "price").state == "confirmed"


def test_too_many_zeros_and_too_large_a_price_move_wait_for_a_person(acting, remote):
    mugs = [offer(acting, f"MUG-{number}") for number in range(22)]
    publishing.want([wish(mug, 0) for mug in mugs[:21]])
    publishing.want([wish(mugs[21], Decimal("5.00"), "price"), wish(mugs[0], Decimal("12.00"), "price")])
    with clock.frozen(NOON + MINUTE):
        assert publish(acting) == {"due": 23, "rejected": 0, "waiting": 22, "planned": 1}
    batch = PublishBatch.objects.get()
    assert (batch.items, len(batch.reasons)) == (22, 2)
    assert OfferField.objects.filter(state="waiting", batch=batch).count() == 22
    assert [command.kind for command in Command.objects.all()] == ["set_price"]


def test_zeros_in_small_portions_count_over_an_hour(acting, remote):
    mugs = [offer(acting, f"MUG-{number}") for number in range(22)]
    for minute, portion in enumerate((mugs[:11], mugs[11:])):
        with clock.frozen(NOON + minute * 10 * MINUTE):
            publishing.want([wish(mug, 0) for mug in portion])
        with clock.frozen(NOON + (minute * 10 + 1) * MINUTE):
            told = publish(acting)
        assert told["waiting"] == (0 if minute == 0 else 11)


def test_a_price_that_the_marketplace_cannot_have_is_refused_before_it_is_sent(acting, remote):
    mug, cup = offer(acting), offer(acting, "CUP")
    publishing.want([wish(mug, Decimal("0.99"), "price"), wish(cup, Decimal("500.01"), "price")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert field(mug, "price").reason == "the marketplace takes no price below 1; nothing is sent"
    assert field(cup, "price").reason == "the marketplace takes no price above 500; nothing is sent"
    assert not Command.objects.exists()
