"""Title, description and pictures belong to the product; what the shop does to a text is no difference."""

import json

from marketplaces.adapters.shopify import words
from marketplaces.contract import CommandKind, Outbound, OutcomeState


def write(kind: CommandKind, number: object, value: object) -> Outbound:
    field = Outbound(kind=kind, key="k").field
    return Outbound(kind=kind, key="write-1", external_id=str(number), payload={field: value})


def sent(exchanges, name: str) -> list[dict]:
    bodies = [json.loads(each.request_body) for each in exchanges if each.operation == "graphql"]
    return [body["variables"] for body in bodies if body["operationName"] == name]


def test_a_description_comes_back_as_markup_and_is_confirmed(client, view, exchanges):
    listing = view.listings()[0]
    text = "Holds a litre & keeps warm.\n\nMade of stoneware."
    description = write(CommandKind.SET_DESCRIPTION, listing.serial, text)
    assert client.send(description).state is OutcomeState.ACCEPTED
    (variables,) = sent(exchanges, "SetProduct")
    assert set(variables["product"]) == {"id", "descriptionHtml"}
    shown = client.offer(description).json()["data"]["productVariant"]["product"]
    assert shown["descriptionHtml"] == "<p>Holds a litre &amp; keeps warm.</p><p>Made of stoneware.</p>"
    assert client.read_back(description, "").state is OutcomeState.CONFIRMED
    other = write(CommandKind.SET_DESCRIPTION, listing.serial, text.replace("stoneware", "glass"))
    assert client.read_back(other, "").state is OutcomeState.UNKNOWN


def test_pictures_are_sent_without_variants_and_end_as_unknown_for_nothing_proves_them(client, view, exchanges):
    listing = view.listings()[0]
    pictures = write(CommandKind.SET_IMAGES, listing.serial, ["https://images.example.invalid/1.jpg"])
    assert client.send(pictures).state is OutcomeState.ACCEPTED
    (variables,) = sent(exchanges, "SetFiles")
    assert set(variables["input"]) == {"files"}
    outcome = client.read_back(pictures, "")
    assert (outcome.state, outcome.is_final) == (OutcomeState.UNKNOWN, True)
    assert "no reading proves ours" in outcome.reason


def test_what_the_shop_does_not_take_is_refused(client, view):
    listing = view.listings()[0]
    too_long = client.send(write(CommandKind.SET_TITLE, listing.serial, "T" * 256))
    assert (too_long.state, too_long.reason) == (OutcomeState.REJECTED, "title Title is blank or too long")
    no_link = client.send(write(CommandKind.SET_IMAGES, listing.serial, ["ftp://images.example.invalid/1.jpg"]))
    assert no_link.state is OutcomeState.REJECTED
    assert client.send(write(CommandKind.SET_TITLE, 1, "Mug")).state is OutcomeState.REJECTED


def test_the_title_is_the_products_and_not_that_of_one_variant():
    variant = {"title": "Blue", "product": {"title": "Mug", "descriptionHtml": "<p>Round</p>"}}
    assert words.content(variant) == {"title": "Mug", "description": "<p>Round</p>"}
    assert words.content({"product": None}) == {}
