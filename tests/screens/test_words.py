"""Words of an offer are wished for on its page, shown on the SKU's page, in the queue and over the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError

from catalog.models import Mapping, OfferField
from catalog.publishing import typed
from catalog.services import products, publishing
from config.core import clock
from marketplaces.contract import Outcome, OutcomeState
from tests.catalog.test_words_by_mapping import mapped, sku
from tests.factories import NOON
from tests.marketplaces.conftest import at_noon, remote, shop
from tests.publishing.conftest import acting, field, offer, publish, wish

__all__ = ["acting", "at_noon", "mapped", "remote", "shop"]
pytestmark = pytest.mark.django_db


def ask(client, listing, name, value):
    answer = client.post(f"/listings/{listing.pk}/", {"action": "want", "field": name, "value": value})
    return [str(message) for message in get_messages(answer.wsgi_request)][-1:]


def test_words_are_wished_for_on_the_page_of_the_listing(owner, acting):
    mug = offer(acting)
    page = owner.get(f"/listings/{mug.pk}/").content.decode()
    assert "not taken: leave it out" in page
    assert ask(owner, mug, "title", " Blue mug ") == ["title is wished for; it counts when the marketplace shows it"]
    ask(owner, mug, "bullets", "Blue\n\n Round \n")
    ask(owner, mug, "attributes", "color: Blue\nsize: 0.3 l: heaped")
    assert dict(OfferField.objects.values_list("field", "wanted")) == {
        "title": "Blue mug", "bullets": '["Blue","Round"]', "attributes": '{"color":"Blue","size":"0.3 l: heaped"}',
    }  # fmt: skip
    assert set(OfferField.objects.values_list("asked_by", flat=True)) == {"owner"}
    assert "Blue | Round" in owner.get(f"/listings/{mug.pk}/").content.decode()


def test_a_field_that_the_marketplace_does_not_take_is_refused_at_once(owner, acting):
    assert ask(owner, offer(acting), "on_hold", "yes") == [f"{acting.label} takes no on_hold from us; leave it out"]
    with pytest.raises(ValidationError, match="not written as name: value"):
        typed.read("attributes", "color Blue")


def test_the_page_of_the_sku_shows_what_is_wanted_and_proven_in_every_store(owner, acting, remote, budget):
    sku = products.create(code="MUG-BLUE", title="Mug")
    here, there = offer(acting, sku=sku), offer(acting, "CUP", sku=sku, channel="BE")
    publishing.want([wish(here, "Blue mug", "title"), wish(there, ["https://images.example.invalid/1.jpg"], "images")])
    unseen = Outcome(OutcomeState.UNKNOWN, "the stall shows no pictures", is_final=True)
    remote.outcomes = [Outcome(OutcomeState.CONFIRMED), unseen]
    with clock.frozen(NOON + timedelta(minutes=1)):
        publish(acting)
    assert {field(here, "title").state, field(there, "images").state} == {"confirmed", "unknown"}
    with budget("sku"):
        page = owner.get("/products/MUG-BLUE/").content.decode()
    assert [
        told
        for told in ("Blue mug", "confirmed", "unknown", "the stall shows no pictures", "BE")
        if told.lower() not in page.lower()
    ] == []
    assert "the stall shows no pictures" in owner.get("/publishing/?field=images").content.decode()
    assert "Blue mug" not in owner.get("/publishing/?field=images").content.decode()


def test_words_go_over_the_api_as_on_the_page(owner, acting):
    mug = offer(acting, sku=products.create(code="MUG-BLUE", title="Mug"))
    wishes = [
        {"listing": mug.pk, "field": "description", "value": "Holds 0.3 l. " * 100},
        {"listing": mug.pk, "field": "images", "value": '["https://images.example.invalid/1.jpg"]'},
    ]
    answer = owner.post(
        "/api/v1/offer-fields/want/", json.dumps({"wishes": wishes}), content_type="application/json",
        headers={"Idempotency-Key": "words-1"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (200, {"changed": 2})
    told = owner.get("/api/v1/offer-fields/?q=MUG-BLUE&field=images").json()["results"]
    assert [(row["field"], row["wanted"], row["state"]) for row in told] == [
        ("images", '["https://images.example.invalid/1.jpg"]', "planned"),
    ]  # fmt: skip
    broken = [{"listing": mug.pk, "field": "images", "value": "one.jpg"}]
    refused = owner.post(
        "/api/v1/offer-fields/want/", json.dumps({"wishes": broken}), content_type="application/json",
        headers={"Idempotency-Key": "words-2"},
    )  # fmt: skip
    assert refused.status_code == 422


def test_the_mapping_is_asked_for_on_its_page_and_over_the_api(owner, mapped):
    offer(mapped, sku=sku("MUG"))
    assert "Have offers say it" in owner.get("/mapping/stall/").content.decode()
    version = Mapping.objects.get(marketplace="stall", state="active")
    answer = owner.post(
        f"/api/v1/mappings/{version.pk}/wish/",
        "{}",
        content_type="application/json",
        headers={"idempotency-key": "wish-1"},
    )
    assert (answer.status_code, answer.json()) == (200, {"changed": 2})
    assert owner.post("/mapping/stall/", {"action": "wish"}).status_code == 302
    assert set(OfferField.objects.values_list("field", flat=True)) == {"attributes", "title"}
