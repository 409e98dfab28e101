"""A variation is posted whole; its task and the later check of its content decide when words count."""

import json
from datetime import timedelta
from decimal import Decimal

from marketplaces.adapters.otto import words
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.otto.simulated import NOW

MINUTE = timedelta(minutes=1)


def write(kind: CommandKind, sku: str, value: object) -> Outbound:
    field = Outbound(kind=kind, key="k").field
    return Outbound(kind=kind, key="write-1", external_id=sku, payload={field: value})


def sku(otto) -> str:
    return otto.view.listings()[0].product.sku


def test_it_posts_the_whole_variation_with_one_change(otto, client):
    title = write(CommandKind.SET_TITLE, sku(otto), "Tischlampe Nova")
    before = client.offer(title).json()["productVariations"][0]
    sent = client.send(title)
    assert (sent.state, sent.remote_ref) == (OutcomeState.ACCEPTED, "task-1")
    (body,) = json.loads(otto.calls("/v5/products", "POST")[0].body, parse_float=Decimal)
    assert body["productDescription"]["productLine"] == "Tischlampe Nova"
    before["productDescription"]["productLine"] = "Tischlampe Nova"
    assert body == before
    otto.at = NOW + 5 * MINUTE
    after = client.offer(title).json()["productVariations"][0]
    assert after == before


def test_it_waits_for_the_task_and_then_for_the_check_of_the_content(otto, client):
    title = write(CommandKind.SET_TITLE, sku(otto), "Tischlampe Nova")
    sent = client.send(title)
    assert "not to be asked before" in client.read_back(title, sent.remote_ref).reason
    otto.at = NOW + MINUTE
    checked = client.read_back(title, sent.remote_ref)
    assert (checked.state, checked.reason) == (OutcomeState.ACCEPTED, "shown, and still being checked")
    otto.at = NOW + 3 * MINUTE
    assert client.read_back(title, sent.remote_ref).state is OutcomeState.CONFIRMED


def test_what_is_shown_and_not_online_is_not_done():
    variation = {"sku": "LAMP", "productDescription": {"productLine": "Nova"}}
    verdict = {"status": "REJECTED", "errors": [{"code": "600007", "title": "The brand is blocked"}]}
    outcome = words.outcome(write(CommandKind.SET_TITLE, "LAMP", "Nova"), variation, verdict, "task-1")
    assert (outcome.state, outcome.reason) == (
        OutcomeState.UNKNOWN, "shown, but not online: 600007 The brand is blocked",
    )  # fmt: skip


def test_a_task_that_failed_refuses_the_words(otto, client):
    long = write(CommandKind.SET_TITLE, sku(otto), "T" * 71)
    sent = client.send(long)
    otto.at = NOW + MINUTE
    refused = client.read_back(long, sent.remote_ref)
    assert (refused.state, "productLine is too long" in refused.reason) == (OutcomeState.REJECTED, True)


def test_a_variation_that_is_not_known_is_not_made_up(client, otto):
    refused = client.send(write(CommandKind.SET_TITLE, "NOBODY-KNOWS", "Nova"))
    assert refused.state is OutcomeState.REJECTED
    assert otto.calls("/v5/products", "POST") == []


def test_attributes_and_media_of_others_stay():
    variation = {
        "productDescription": {"attributes": [
            {"name": "Farbe", "values": ["Rot"]}, {"name": "Höhe", "values": ["30 cm"]},
        ]},
        "mediaAssets": [{"type": "IMAGE", "location": "https://a/1.jpg"}, {"type": "PDF", "location": "https://a/1.pdf"}],
    }  # fmt: skip
    told = words.document(write(CommandKind.SET_ATTRIBUTES, "LAMP", {"Farbe": "Blau"}), variation)
    assert words.shown("attributes", told) == {"Höhe": "30 cm", "Farbe": "Blau"}
    media = words.document(write(CommandKind.SET_IMAGES, "LAMP", ["https://a/2.jpg"]), variation)["mediaAssets"]
    assert [(asset["type"], asset["location"]) for asset in media] == [
        ("IMAGE", "https://a/2.jpg"), ("PDF", "https://a/1.pdf"),
    ]  # fmt: skip


def test_the_switch_is_written_and_read_as_active_status(otto, client):
    hold = write(CommandKind.SET_HOLD, sku(otto), "yes")
    assert client.read_back(hold, "").state is OutcomeState.UNKNOWN
    assert client.send(hold).state is OutcomeState.ACCEPTED
    assert json.loads(otto.calls("/v5/products/active-status", "POST")[0].body) == {
        "status": [{"sku": sku(otto), "active": False}]
    }
    assert client.read_back(hold, "").state is OutcomeState.CONFIRMED
    refused = client.send(write(CommandKind.SET_HOLD, "NOBODY-KNOWS", "yes"))
    assert refused.state is OutcomeState.REJECTED
