"""The product's own words by upload and report, and the offer as a document that is replaced whole."""

import json
from datetime import timedelta

import pytest

from marketplaces.adapters.bol import documents, endpoints, words
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.canonical import Fulfilment
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.bol.simulated import NOW, client_of

PICTURES = ["https://images.example.invalid/1.jpg", "https://images.example.invalid/2.jpg"]


def write(kind: CommandKind, external_id: str, value: object) -> Outbound:
    field = Outbound(kind=kind, key="k").field
    return Outbound(kind=kind, key="write-1", external_id=external_id, payload={field: value})


def own(bol):
    return next(listing for listing in bol.view.listings() if listing.fulfilment is Fulfilment.MERCHANT)


def offer_id(bol) -> str:
    return ids.offer_id(own(bol).serial)


def uploads(bol) -> list[dict]:
    return [json.loads(request.body) for request, _, _ in bol.seen if request.path.endswith("/content/products")]


def test_it_uploads_a_title_with_the_ean_and_confirms_it_when_report_and_catalogue_say_so(bol):
    client, before = client_of(bol), own(bol)
    title = write(CommandKind.SET_TITLE, offer_id(bol), "Blauwe beker")
    sent = client.send(title)
    assert sent.state is OutcomeState.ACCEPTED
    assert uploads(bol) == [{
        "language": "nl",
        "attributes": [
            {"id": "EAN", "values": [{"value": before.product.ean, "unitId": ""}]},
            {"id": "Title", "values": [{"value": "Blauwe beker", "unitId": ""}]},
        ],
    }]  # fmt: skip
    assert client.read_back(title, sent.remote_ref).state is OutcomeState.ACCEPTED
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(title, sent.remote_ref).state is OutcomeState.CONFIRMED
    after = own(bol)
    assert (after.title, after.price, after.quantity) == ("Blauwe beker", before.price, before.quantity)


def test_pictures_are_proven_by_the_upload_report_alone(bol):
    client = client_of(bol)
    pictures = write(CommandKind.SET_IMAGES, offer_id(bol), PICTURES)
    sent = client.send(pictures)
    assert uploads(bol)[0]["assets"] == [
        {"url": PICTURES[0], "labels": ["FRONT"]}, {"url": PICTURES[1], "labels": ["OTHER"]},
    ]  # fmt: skip
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(pictures, sent.remote_ref).state is OutcomeState.CONFIRMED
    lost = client.read_back(pictures, "")
    assert (lost.state, lost.is_final) == (OutcomeState.UNKNOWN, True)
    assert "only the upload report tells of pictures" in lost.reason


def test_what_the_report_declines_is_refused_with_its_reason(bol):
    client = client_of(bol)
    broken = write(CommandKind.SET_IMAGES, offer_id(bol), ["http://images.example.invalid/1.jpg"])
    sent = client.send(broken)
    bol.at = NOW + timedelta(minutes=1)
    refused = client.read_back(broken, sent.remote_ref)
    assert refused.state is OutcomeState.REJECTED
    assert refused.reason == "http://images.example.invalid/1.jpg: DOWNLOAD_FAILED_404"


def test_words_of_another_supplier_are_not_taken_for_ours():
    product = {"attributes": [{"id": "Title", "values": [{"value": "Beker"}]}]}
    outcome = words.worded(write(CommandKind.SET_TITLE, "o", "Blauwe beker"), product, "7")
    assert (outcome.state, outcome.reason) == (OutcomeState.UNKNOWN, "the catalogue shows Title: Beker")
    assert words.worded(write(CommandKind.SET_TITLE, "o", "Beker"), None, "7").state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(("kind", "value"), [(CommandKind.SET_HOLD, "yes"), (CommandKind.SET_DELIVERY, "3-5d")])
def test_the_former_api_gets_the_whole_offer_so_that_nothing_is_cleared(bol, kind, value):
    client = client_of(bol, settings={"offers_api": "v10"})
    command = write(kind, offer_id(bol), value)
    before = client.offer(command).json()
    sent = client.send(command)
    assert sent.state is OutcomeState.ACCEPTED
    body = json.loads(next(request.body for request, _, _ in bol.seen if request.method == "PUT"))
    code = value if kind is CommandKind.SET_DELIVERY else "24uurs-22"
    assert body == {
        "reference": before["reference"], "economicOperatorId": "operator-1",
        "onHoldByRetailer": kind is CommandKind.SET_HOLD, "fulfilment": {"method": "FBR", "deliveryCode": code},
    }  # fmt: skip
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(command, sent.remote_ref).state is OutcomeState.CONFIRMED
    after = client.offer(command).json()
    kept = ("reference", "economicOperatorId", "pricing", "stock", "condition")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_a_careless_put_would_have_cleared_the_reference(bol):
    """The simulation clears what is left out, so that the test before this one can fail."""
    client = client_of(bol, settings={"offers_api": "v10"})
    command = write(CommandKind.SET_HOLD, offer_id(bol), "yes")
    careless = {"fulfilment": {"method": "FBR"}}
    client.api.call(endpoints.PUT_OFFER, parts={"id": command.external_id}, body=careless)
    assert "reference" not in client.offer(command).json()


def test_the_new_api_gets_only_what_changes_and_a_fulfilment_with_all_its_parts(bol):
    client = client_of(bol)
    hold = write(CommandKind.SET_HOLD, offer_id(bol), "yes")
    assert client.send(hold).state is OutcomeState.ACCEPTED
    assert json.loads(bol.seen[-1][0].body) == {"onHoldByRetailer": True}
    assert client.read_back(hold, "").state is OutcomeState.CONFIRMED
    later = write(CommandKind.SET_DELIVERY, offer_id(bol), "24uurs-21")
    assert client.send(later).state is OutcomeState.ACCEPTED
    assert json.loads(bol.seen[-1][0].body) == {"fulfilment": {
        "method": "FBR", "schedule": "BOL_DELIVERY_PROMISE",
        "deliveryPromise": {"minimumDaysToCustomer": 1, "maximumDaysToCustomer": 1, "ultimateOrderTime": "21:00"},
    }}  # fmt: skip
    assert client.read_back(later, "").state is OutcomeState.CONFIRMED
    refused = client.send(write(CommandKind.SET_DELIVERY, offer_id(bol), "VVB"))
    assert (refused.state, "former API" in refused.reason) == (OutcomeState.REJECTED, True)


def test_the_promise_of_goods_in_their_warehouse_is_not_ours(bol):
    network = next(listing for listing in bol.view.listings() if listing.fulfilment is Fulfilment.MARKETPLACE)
    command = write(CommandKind.SET_DELIVERY, ids.offer_id(network.serial), "1-2d")
    assert client_of(bol).send(command).state is OutcomeState.REJECTED


@pytest.mark.parametrize(
    ("offer", "hold", "promise"),
    [
        ({}, "", ""),
        ({"onHoldByRetailer": False, "fulfilment": {"method": "FBR", "deliveryCode": "1-8d"}}, "no", "1-8d"),
        ({"onHoldByRetailer": True, "fulfilment": {"deliveryPromise": {
            "minimumDaysToCustomer": 2, "maximumDaysToCustomer": 3, "ultimateOrderTime": "22:00"}}}, "yes", "2-3d"),
    ],
)  # fmt: skip
def test_it_reads_switch_and_promise_of_both_apis_in_one_spelling(offer, hold, promise):
    assert (documents.on_hold(offer), documents.delivery(offer)) == (hold, promise)
