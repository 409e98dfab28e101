"""Titles, texts, pictures and attributes: their wrapping, what is kept beside them, the preview, and what proves them."""

from __future__ import annotations

import json
import re
import tempfile
from decimal import Decimal

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.amazon import actions, words
from marketplaces.adapters.amazon.sandbox import definitions
from marketplaces.adapters.amazon.stores import LANGUAGES, STORES, find
from marketplaces.canonical import Fulfilment
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.amazon.conftest import Shop

DE = find("DE")
HERE = {"marketplace_id": DE.external_id}
PICTURE = "https://images.example.invalid/{}.jpg"
LISTING = {
    "productTypes": [{"productType": "MUG"}],
    "attributes": {
        "item_name": [
            {"value": "Becher", "language_tag": "de_DE", **HERE}, {"value": "Mug", "language_tag": "en_GB", **HERE},
            {"value": "Tasse", "language_tag": "fr_FR", "marketplace_id": "A13V1IB3VIYZZH"},
        ],
        "main_product_image_locator": [{"media_location": PICTURE.format(1), **HERE}],
        "other_product_image_locator_1": [{"media_location": PICTURE.format(2), **HERE}],
        "color": [{"value": "Blau", "language_tag": "de_DE", **HERE}],
    },
}  # fmt: skip


def write(kind: CommandKind, value: object, sku: str = "MUG") -> Outbound:
    made = Outbound(kind=kind, key="k", channel="DE", sku=sku)
    return Outbound(kind=kind, key="k", channel="DE", sku=sku, payload={made.field: value})


def test_it_wraps_a_title_in_the_language_of_the_listing_and_keeps_other_languages_and_stores():
    body = actions.request(write(CommandKind.SET_TITLE, "Blauer Becher"), DE, LISTING)
    assert body["productType"] == "MUG"
    (patch,) = body["patches"]
    assert (patch["op"], patch["path"]) == ("replace", "/attributes/item_name")
    assert [(row["value"], row["language_tag"]) for row in patch["value"]] == [
        ("Mug", "en_GB"), ("Tasse", "fr_FR"), ("Blauer Becher", "de_DE"),
    ]  # fmt: skip


def test_it_replaces_pictures_in_their_order_and_deletes_those_that_are_wanted_no_more():
    one = actions.request(write(CommandKind.SET_IMAGES, [PICTURE.format(9)]), DE, LISTING)["patches"]
    assert [(patch["op"], patch["path"].rpartition("/")[2]) for patch in one] == [
        ("replace", "main_product_image_locator"), ("delete", "other_product_image_locator_1"),
    ]  # fmt: skip
    assert one[0]["value"] == [{"media_location": PICTURE.format(9), **HERE}]
    assert words.shown("images", DE, LISTING) == [PICTURE.format(1), PICTURE.format(2)]


def test_it_writes_each_attribute_by_its_own_name_and_leaves_the_others():
    patches = actions.request(write(CommandKind.SET_ATTRIBUTES, {"material": "Ton"}), DE, LISTING)["patches"]
    assert patches == [{
        "op": "replace", "path": "/attributes/material",
        "value": [{"value": "Ton", "language_tag": "de_DE", **HERE}],
    }]  # fmt: skip
    assert words.shown("attributes", DE, LISTING) == {"color": "Blau"}


SCHEMA = {"properties": definitions.PROPERTIES}
TYPED = {"item_weight": "1.50 kilograms", "number_of_items": "4", "is_fragile": "yes", "color": "Blau"}


def test_it_writes_numbers_flags_and_units_as_their_product_type_has_them():
    body = actions.request(write(CommandKind.SET_ATTRIBUTES, TYPED), DE, LISTING, SCHEMA)
    assert {patch["path"].rpartition("/")[2]: patch["value"] for patch in body["patches"]} == {
        "item_weight": [{"value": Decimal("1.50"), "unit": "kilograms", **HERE}],
        "number_of_items": [{"value": 4, **HERE}],
        "is_fragile": [{"value": True, **HERE}],
        "color": [{"value": "Blau", "language_tag": "de_DE", **HERE}],
    }


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("item_weight", "1.5", "needs a unit after its number: grams, kilograms"),
        ("item_weight", "1.5 stone", "needs a unit after its number: grams, kilograms"),
        ("item_weight", "light kilograms", "'light' is not a number"),
        ("number_of_items", "1.5", "is not a whole number"),
        ("is_fragile", "true", "is neither yes nor no"),
        ("item_dimensions", "3 cm", "item_dimensions consists of height, length; no single text says that"),
    ],
)
def test_it_refuses_what_an_attribute_cannot_say_before_anything_is_sent(name, said, why):
    box = {"items": {"properties": {"height": {}, "length": {}, "marketplace_id": {}}}}
    schema = {"properties": {**definitions.PROPERTIES, "item_dimensions": box}}
    with pytest.raises(Rejected, match=re.escape(why)):
        actions.request(write(CommandKind.SET_ATTRIBUTES, {name: said}), DE, LISTING, schema)


def test_numbers_with_units_are_proven_by_what_the_listing_shows_and_the_type_is_asked_for_once(
    shop: Shop, monkeypatch, tmp_path
):
    sku, client = own(shop), shop.client()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = write(CommandKind.SET_ATTRIBUTES, TYPED, sku)
    for _ in range(2):
        assert client.send(told).state is OutcomeState.ACCEPTED
    assert list(tmp_path.iterdir()) == []
    assert client.read_back(told, "").state is OutcomeState.CONFIRMED
    other = write(CommandKind.SET_ATTRIBUTES, {"item_weight": "1.5 grams"}, sku)
    assert client.read_back(other, "").state is OutcomeState.UNKNOWN
    asked = [request.path for request, _ in shop.sandbox.seen if "/productTypes/" in request.path]
    assert len(asked) == 1


def test_every_store_has_a_language():
    assert set(LANGUAGES) == {store.code for store in STORES}


def own(shop: Shop) -> str:
    return next(x for x in shop.view.listings("DE") if x.fulfilment is Fulfilment.MERCHANT).product.sku


def test_what_the_preview_finds_wrong_is_refused_and_nothing_is_written(shop: Shop):
    sku = own(shop)
    outcome = shop.client().send(write(CommandKind.SET_TITLE, "T" * 201, sku))
    assert (outcome.state, outcome.reason) == (OutcomeState.REJECTED, "90000 The value is longer than 200 characters.")
    asked = [request.params for request, _ in shop.sandbox.seen if request.method == "PATCH"]
    assert [params.get("mode") for params in asked] == ["VALIDATION_PREVIEW"]


def test_a_title_leaves_price_units_and_other_words_as_they_are(shop: Shop):
    sku, client = own(shop), shop.client()
    before = client.offer(write(CommandKind.SET_TITLE, "x", sku)).json()
    assert client.send(write(CommandKind.SET_TITLE, "Blauer Becher", sku)).state is OutcomeState.ACCEPTED
    after = client.offer(write(CommandKind.SET_TITLE, "x", sku)).json()
    changed = {name for name in after["attributes"] if after["attributes"][name] != before["attributes"].get(name)}
    assert changed == {"item_name"}
    assert (after["offers"], after["fulfillmentAvailability"]) == (before["offers"], before["fulfillmentAvailability"])
    modes = [request.params.get("mode") for request, _ in shop.sandbox.seen if request.method == "PATCH"]
    assert modes == ["VALIDATION_PREVIEW", None]


def test_accepted_and_then_found_faulty_is_refused_by_the_issue_that_names_the_attribute():
    listing = {**LISTING, "issues": [
        {"code": "18155", "message": "The image is too small.", "severity": "ERROR",
         "attributeNames": ["main_product_image_locator"]},
        {"code": "90220", "message": "A word is not allowed.", "severity": "ERROR", "attributeNames": ["item_name"]},
    ]}  # fmt: skip
    outcome = actions.worded(write(CommandKind.SET_TITLE, "Wunderbecher"), DE, listing)
    assert (outcome.state, outcome.reason) == (OutcomeState.REJECTED, "90220 A word is not allowed.")
    assert actions.worded(write(CommandKind.SET_TITLE, " Becher "), DE, listing).state is OutcomeState.CONFIRMED
    waiting = actions.worded(write(CommandKind.SET_DESCRIPTION, "Hält warm"), DE, listing)
    assert waiting.state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(
    "spoilt", [[], "x", {"item_name": "x"}, {"item_name": [1, {}]}, {"item_name": [{"value": {}}]}]
)
def test_it_reads_no_words_from_attributes_of_another_shape(spoilt):
    assert words.content(DE, {"attributes": spoilt}) == {}


def test_it_sends_texts_as_they_are(shop: Shop):
    text = "Hält 0,3 l „warm“.\n\nGröße: ø 8 cm"
    sku = own(shop)
    shop.client().send(write(CommandKind.SET_DESCRIPTION, text, sku))
    body = json.loads(next(request.body for request, _ in shop.sandbox.seen if request.method == "PATCH"))
    assert body["patches"][0]["value"] == [{"value": text, "language_tag": "de_DE", **HERE}]
