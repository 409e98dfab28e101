"""The rooms of publishing: queue, drift, held sets, comparisons, learned rules, and the fields on a listing's page."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import FieldOwner, LearnedRule, OfferField, ParityRun, PublishBatch
from catalog.publishing import parity
from catalog.services import publishing
from config.core import clock
from tests.factories import NOON
from tests.marketplaces.conftest import at_noon, remote, shop
from tests.publishing.conftest import acting, field, offer, publish, wish

__all__ = ["acting", "at_noon", "remote", "shop"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(acting, remote):
    """One confirmed quantity, one price that waits, one field that drifted, a learned rule and a comparison."""
    mug, cup, jug = offer(acting), offer(acting, "CUP"), offer(acting, "JUG")
    publishing.want([wish(mug, 4), wish(cup, Decimal("5.00"), "price", asked_by="anna"), wish(jug, 9)])
    with clock.frozen(NOON + timedelta(minutes=1)):
        publish(acting)
    OfferField.objects.filter(listing=jug).update(state="drifted", live="2", live_at=NOON + timedelta(hours=1))
    LearnedRule.objects.create(
        marketplace="stall",
        field="price",
        value="1",
        reason="below your minimum",
        first_seen_at=NOON,
        last_seen_at=NOON,
    )
    parity.compare(acting.pk)
    return acting


def test_the_rooms_show_what_is_wanted_confirmed_live_held_compared_and_learned(owner, busy, budget):
    with budget("publishing"):
        queue = owner.get("/publishing/").content.decode()
    assert all(word in queue for word in ("MUG", "12.30 EUR", "waiting for approval", "drifted", "confirmed"))
    assert "JUG" in owner.get("/publishing/drift/").content.decode()
    assert "more than 30% waits for a person" in owner.get("/publishing/held/").content.decode()
    assert "below your minimum" in owner.get("/publishing/rules/").content.decode()
    run = ParityRun.objects.get()
    assert f"/publishing/parity/{run.pk}/" in owner.get("/publishing/parity/").content.decode()
    assert "Fields compared" in owner.get(f"/publishing/parity/{run.pk}/").content.decode()
    page = owner.get(f"/listings/{OfferField.objects.get(listing__remote_id='MUG').listing_id}/").content.decode()
    assert "Wanted, confirmed, live" in page


def test_a_held_set_is_approved_and_a_drifted_field_restored_from_their_pages(owner, busy):
    batch = PublishBatch.objects.get()
    assert "from 12.3 to 5" in owner.get(f"/publishing/held/{batch.pk}/").content.decode()
    owner.post(f"/publishing/held/{batch.pk}/", {"action": "approve"})
    assert PublishBatch.objects.get().state == "approved"
    drifted = OfferField.objects.get(state="drifted")
    owner.post("/publishing/drift/", {"action": "restore", "pk": drifted.pk})
    assert (OfferField.objects.get(pk=drifted.pk).state, OfferField.objects.get(pk=drifted.pk).confirmed) == (
        "planned",
        "2",
    )
    owner.post("/publishing/rules/", {"action": "waive", "pk": LearnedRule.objects.get().pk})
    assert LearnedRule.objects.get().waived_by == "owner"


def test_a_partner_says_what_offers_should_say_once_per_idempotency_key(owner, acting):
    mug = offer(acting)
    wishes = {"wishes": [{"listing": mug.pk, "field": "quantity", "value": "3"}]}
    for _ in range(2):
        answer = owner.post(
            "/api/v1/offer-fields/want/", json.dumps(wishes), content_type="application/json",
            headers={"idempotency-key": "partner-1"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()) == (200, {"changed": 1})
    assert (field(mug).wanted, field(mug).cause) == ("3", "a partner's wish")
    wrong = {"wishes": [{"listing": mug.pk, "field": "quantity", "value": "many"}]}
    answer = owner.post("/api/v1/offer-fields/want/", json.dumps(wrong), content_type="application/json",
                        headers={"idempotency-key": "partner-2"})  # fmt: skip
    assert answer.status_code == 422


def test_a_program_says_who_may_change_a_field_and_only_in_words_that_are_known(owner, acting):
    mug = offer(acting)
    told = {"listing": mug.pk, "field": "price", "owner": "other", "on_drift": "adopt"}
    answer = owner.post("/api/v1/field-owners/give/", json.dumps(told), content_type="application/json",
                        headers={"idempotency-key": "owner-1"})  # fmt: skip
    assert answer.status_code == 200
    held = FieldOwner.objects.values_list("account", "listing", "field", "owner", "on_drift")
    assert list(held) == [(acting.pk, mug.pk, "price", "other", "adopt")]
    wrong = {**told, "owner": "nobody"}
    answer = owner.post("/api/v1/field-owners/give/", json.dumps(wrong), content_type="application/json",
                        headers={"idempotency-key": "owner-2"})  # fmt: skip
    assert answer.status_code == 422
    assert FieldOwner.objects.get().owner == "other"
