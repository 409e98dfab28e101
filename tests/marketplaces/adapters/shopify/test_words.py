"""Title, description and pictures belong to the product; what the shop does to a text is no difference."""

import json

import pytest

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


FIRST, SECOND = "https://images.example.invalid/1.jpg?size=l", "https://images.example.invalid/2.png"


def medium(number: int, **changes) -> dict:
    known = {
        "id": f"gid://shopify/MediaImage/{number}",
        "mediaContentType": "IMAGE",
        "status": "READY",
        "mediaErrors": [],
    }
    return {**known, "image": {"url": f"https://cdn.example.invalid/{number}.jpg"}, **changes}


def showing(*media: dict) -> dict:
    return {"product": {"id": "gid://shopify/Product/1", "media": {"nodes": list(media)}}}


def test_pictures_are_sent_without_variants_and_proven_by_the_names_of_their_files(client, view, exchanges):
    listing = view.listings()[0]
    pictures = write(CommandKind.SET_IMAGES, listing.serial, [FIRST, SECOND])
    assert client.read_back(pictures, "").state is OutcomeState.UNKNOWN
    assert client.send(pictures).state is OutcomeState.ACCEPTED
    (variables,) = sent(exchanges, "SetFiles")
    assert set(variables["input"]) == {"files"}
    assert [file["filename"] for file in variables["input"]["files"]] == [
        f"{words.mark(FIRST)}.jpg",
        f"{words.mark(SECOND)}.png",
    ]
    assert client.read_back(pictures, "").state is OutcomeState.CONFIRMED
    turned = write(CommandKind.SET_IMAGES, listing.serial, [SECOND, FIRST])
    assert client.read_back(turned, "").reason == "the shop shows other pictures; asked again later"


def test_a_picture_that_the_product_has_is_kept_by_its_id_and_so_is_its_film():
    stored = medium(7, image={"url": f"https://cdn.example.invalid/{words.mark(FIRST)}_5f0c.jpg?v=2"})
    film = medium(9, mediaContentType="VIDEO", image=None)
    told = words.files(write(CommandKind.SET_IMAGES, 1, [SECOND, FIRST]), showing(film, medium(8), stored))
    assert [file.get("id", file.get("originalSource")) for file in told["input"]["files"]] == [
        SECOND,
        stored["id"],
        film["id"],
    ]


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"status": "PROCESSING", "image": None}, OutcomeState.ACCEPTED, "the shop is still fetching the pictures"),
        (
            {"status": "FAILED", "image": None, "mediaErrors": [{"code": "IMAGE_DOWNLOAD_FAILURE", "message": "Not found"}]},
            OutcomeState.REJECTED, "the shop could not take a picture: IMAGE_DOWNLOAD_FAILURE Not found",
        ),
        ({}, OutcomeState.UNKNOWN, "the shop shows other pictures; asked again later"),
    ],
)  # fmt: skip
def test_pictures_that_are_not_shown_are_not_done(changes, state, reason):
    outcome = words.outcome(write(CommandKind.SET_IMAGES, 1, [FIRST]), showing(medium(7, **changes)))
    assert (outcome.state, outcome.reason) == (state, reason)


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
