"""Titles, texts, pictures and attributes travel the pipeline like prices: wished, bounded, written, read back, held, drifted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from catalog.models import FieldOwner, LearnedRule, ListingIssue, OfferField, ParityRun
from catalog.publishing import deltas, drift, learning, parity, revenue
from catalog.publishing.likeness import Shown
from catalog.publishing.revenue import Earned
from catalog.services import products, publishing
from config.core import clock
from marketplaces.canonical import EDITED
from marketplaces.contract import Outcome, OutcomeState
from marketplaces.models import Command
from marketplaces.services import batches, commands
from tests.factories import NOON
from tests.publishing.conftest import field, offer, publish, wish

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PICTURES = ["https://images.example.invalid/1.jpg", "https://images.example.invalid/2.jpg"]


def show(account, name, value, at, listing="MUG"):
    return drift.observe(account.pk, [Shown("NL", listing, name, value)], at)


def test_every_kind_of_words_leaves_as_a_command_of_its_own_and_is_confirmed_by_its_read_back(acting, remote):
    mug = offer(acting, title="Mug")
    wishes = {"title": "Blue mug", "description": "Holds 0.3 l.", "bullets": ["Blue", "Round"],
              "attributes": {"color": "Blue"}, "delivery": "1-2d"}  # fmt: skip
    publishing.want(wish(mug, value, name) for name, value in wishes.items())
    with clock.frozen(NOON + MINUTE):
        assert publish(acting)["planned"] == 5
    sent = {command.kind: command.payload for command in Command.objects.all()}
    assert {kind: payload[kind.removeprefix("set_")] for kind, payload in sent.items()} == {
        f"set_{name}": value for name, value in wishes.items()
    }
    rows = OfferField.objects.values_list("field", "state", "confirmed")
    assert set(rows) == {
        ("title", "confirmed", "Blue mug"), ("description", "confirmed", "Holds 0.3 l."),
        ("bullets", "confirmed", '["Blue","Round"]'), ("attributes", "confirmed", '{"color":"Blue"}'),
        ("delivery", "confirmed", "1-2d"),
    }  # fmt: skip


def test_a_newer_title_replaces_an_older_one_and_no_description(acting, remote):
    mug = offer(acting)
    for minute, title in enumerate(("Blue mug", "Green mug")):
        with clock.frozen(NOON + 2 * minute * MINUTE):
            publishing.want([wish(mug, title, "title"), wish(mug, "Holds 0.3 l.", "description")])
        with clock.frozen(NOON + (2 * minute + 1) * MINUTE):
            deltas.publish(acting.pk)
    states = Command.objects.order_by("kind", "pk").values_list("kind", "state")
    assert list(states) == [("set_description", "planned"), ("set_title", "superseded"), ("set_title", "planned")]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("title", "T" * 41, "no title longer than 40 characters"), ("title", "Mu", "no title shorter than 3"),
        ("bullets", ["a", "b", "c"], "no more than 2 bullets; these are 3"),
        ("delivery", "tomorrow", "no delivery 'tomorrow'; it is one of 1-2d, 3-5d"),
        ("on_hold", "yes", "takes no on_hold from us; leave it out"),
    ],
)  # fmt: skip
def test_what_the_marketplace_cannot_show_is_never_sent(acting, remote, name, value, why):
    mug = offer(acting)
    publishing.want([wish(mug, value, name)])
    with clock.frozen(NOON + MINUTE):
        assert publish(acting)["rejected"] == 1
    assert field(mug, name).state == "rejected"
    assert why in field(mug, name).reason
    assert not Command.objects.exists()


def test_an_empty_text_is_no_wish(acting):
    with pytest.raises(ValidationError, match="empty"):
        publishing.want([wish(offer(acting), "  ", "title")])


def test_words_that_belong_to_somebody_else_rest_with_the_reason(acting, remote):
    mug = offer(acting)
    FieldOwner.objects.create(account=acting, field="description", owner="other", set_at=NOON)
    publishing.want([wish(mug, "Holds 0.3 l.", "description")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert (field(mug, "description").state, Command.objects.count()) == ("planned", 0)
    assert "belongs to the other" in field(mug, "description").reason


def test_what_nothing_shows_ends_as_unknown_with_the_reason_and_is_not_asked_for_again(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, PICTURES, "images")])
    unseen = Outcome(OutcomeState.UNKNOWN, "the stall shows no pictures", is_final=True)
    remote.outcomes = [Outcome(OutcomeState.ACCEPTED), unseen]
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    found = field(mug, "images")
    assert (found.state, found.reason, found.confirmed) == ("unknown", "the stall shows no pictures", None)
    with clock.frozen(NOON + 30 * HOUR):
        commands.sweep()
        batches.send_planned(acting.pk)
        batches.look_again(acting.pk)
    assert [asked.split()[0] for asked in remote.asked] == ["send", "read_back"]
    assert field(mug, "images").state == "unknown"


def test_a_reading_that_differs_only_in_what_the_marketplace_alters_is_no_drift(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, "Holds 0.3 l & keeps warm.", "description")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    later = NOON + 2 * HOUR
    assert show(acting, "description", "<p>Holds 0.3 l &amp;  keeps warm.</p>", later) == 0
    assert field(mug, "description").live == "Holds 0.3 l & keeps warm."
    assert parity.compare(acting.pk) == {"compared": 1, "drifted": 0}
    assert show(acting, "description", "<p>Holds 0.5 l.</p>", later + HOUR) == 1
    found = field(mug, "description")
    assert found.state == "drifted"
    assert "shows <p>Holds 0.5 l.</p> instead of Holds 0.3 l & keeps warm." in found.reason


def test_a_drift_of_words_says_that_the_marketplace_edited_them_itself(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, "Holds 0.3 l.", "description")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    edited = {"listing": mug, "code": EDITED, "severity": "info", "first_seen_at": NOON, "last_seen_at": NOON}
    issue = ListingIssue.objects.create(**edited, message="the marketplace edited the content itself on 2026-11-20")
    assert show(acting, "description", "A mug.", NOON + 2 * HOUR) == 1
    why = "the marketplace shows A mug. instead of Holds 0.3 l."
    assert field(mug, "description").reason == f"{why}; {issue.message}"


def test_of_attributes_only_those_that_we_wished_for_can_drift(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, {"color": "Blue"}, "attributes")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    assert show(acting, "attributes", '{"color":"Blue","weight":"1 kg"}', NOON + 2 * HOUR) == 0
    assert show(acting, "attributes", '{"color":"Green","weight":"1 kg"}', NOON + 3 * HOUR) == 1
    assert field(mug, "attributes").live == '{"color":"Green"}'
    drift.settle([field(mug, "attributes").pk], how="adopt", by="anna")
    assert field(mug, "attributes").wanted == '{"color":"Green"}'


def test_foreign_words_are_asked_about_and_restored_when_a_person_says_so(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, "Blue mug", "title")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    with clock.frozen(NOON + 2 * HOUR):
        assert show(acting, "title", "Cheap mug", clock.now()) == 1
        assert drift.settle() == 0
        assert drift.settle([field(mug, "title").pk], how="restore", by="anna") == 1
        publish(acting)
    assert [command.payload["title"] for command in Command.objects.order_by("pk")] == ["Blue mug", "Blue mug"]
    assert field(mug, "title").state == "confirmed"


def test_a_refused_text_is_not_sent_twice_however_long_it_is(acting, remote):
    mug, cup = offer(acting), offer(acting, "CUP")
    text = "Holds 0.3 l. " * 120
    publishing.want([wish(mug, text, "description")])
    remote.outcomes = [Outcome(OutcomeState.REJECTED, "claims are not allowed")]
    with clock.frozen(NOON + MINUTE):
        publish(acting)
    rule = LearnedRule.objects.get()
    assert rule.value == learning.remembered(text.strip())
    assert len(rule.value.encode()) < learning.LONGEST
    with clock.frozen(NOON + HOUR):
        publishing.want([wish(cup, text, "description")])
    with clock.frozen(NOON + HOUR + MINUTE):
        publish(acting)
    assert field(cup, "description").state == "rejected"
    assert "refused this before" in field(cup, "description").reason
    assert Command.objects.count() == 1


def test_other_words_for_much_of_the_revenue_wait_for_a_person_and_count_each_product_once(acting, remote, monkeypatch):
    mug, cup = (offer(acting, code, sku=products.create(code=code, title=code)) for code in ("MUG", "CUP"))
    earned = [Earned(mug.sku_id, "NL", "EUR", Decimal(20)), Earned(cup.sku_id, "NL", "EUR", Decimal(80))]
    monkeypatch.setattr(revenue, "earned", lambda account_id: earned)
    publishing.want([wish(mug, "Blue mug", "title"), wish(mug, "Holds 0.3 l.", "description")])
    with clock.frozen(NOON + MINUTE):
        assert deltas.publish(acting.pk)["planned"] == 2
    publishing.want([wish(cup, "Blue cup", "title")])
    with clock.frozen(NOON + 2 * HOUR):
        assert deltas.publish(acting.pk)["waiting"] == 1
    assert "offers with 80.0% of 30 days' revenue would get another price or other words" in field(cup, "title").reason


def test_words_that_were_never_read_are_unread_in_a_comparison_and_never_equal(acting):
    publishing.want([wish(offer(acting), "Holds 0.3 l.", "description")])
    parity.compare(acting.pk)
    run = ParityRun.objects.get()
    assert (run.compared, run.equal, run.unread) == (1, 0, 1)
