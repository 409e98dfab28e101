"""Parcels that were told: another number, and where they are, to the one parcel that is meant and never twice."""

from datetime import UTC, datetime

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.shopify import parcels
from marketplaces.contract import CommandKind, Outbound, OutcomeState

AT = datetime(2026, 3, 5, 11, 42, tzinfo=UTC)


def command(kind=CommandKind.CORRECT_TRACKING, **payload):
    return Outbound(kind=kind, key="w", external_id="9001", payload={"tracking_number": "T2", "was": ["T1"], **payload})


def news(state="delivered", **payload):
    return command(CommandKind.TELL_TRACKING, **{"state": state, "at": AT.isoformat(), "was": ["T2"], **payload})


def parcel(number, *told, status="SUCCESS", **more):
    events = [{"status": word, "happenedAt": at} for word, at in more.get("events", ())]
    return {
        "id": f"gid://shopify/Fulfillment/{number}", "status": status, "events": {"nodes": events},
        "trackingInfo": [{"company": "DHL", "number": each} for each in told],
    }  # fmt: skip


def order(*found):
    return {"id": "gid://shopify/Order/9001", "fulfillments": list(found)}


def test_it_changes_the_parcel_with_the_former_number_and_leaves_the_others_and_the_void_ones():
    found = order(parcel(1, "T0"), parcel(2, "T1"), parcel(3, "T1", status="CANCELLED"))
    assert parcels.request(command(carrier_code="DHL Express"), found) == {
        "fulfillmentId": "gid://shopify/Fulfillment/2", "tracking": {"company": "DHL Express", "number": "T2"},
    }  # fmt: skip


def test_it_finds_a_parcel_that_was_told_without_a_number():
    told = parcels.request(command(was=[""]), order(parcel(1, "T0"), parcel(2)))
    assert told["fulfillmentId"] == "gid://shopify/Fulfillment/2"


@pytest.mark.parametrize("found", [(), ("T9",), ("T1", "T1")])
def test_it_changes_nothing_when_it_is_not_one_parcel(found):
    shown = order(*(parcel(number, each) for number, each in enumerate(found)))
    with pytest.raises(Rejected, match=rf"shows {found.count('T1')} parcels with T1; look there"):
        parcels.request(command(), shown)


def test_a_number_is_confirmed_when_a_parcel_shows_it():
    assert parcels.outcome(command(), order(parcel(1, "T1"))).state is OutcomeState.UNKNOWN
    assert parcels.outcome(command(), order(parcel(1, "T2"))).state is OutcomeState.CONFIRMED


@pytest.mark.parametrize(("state", "word"), parcels.STATES.items())
def test_it_tells_where_a_parcel_is_in_the_shops_own_words(state, word):
    event = parcels.request(news(state), order(parcel(1, "T2")))["event"]
    assert event == {
        "fulfillmentId": "gid://shopify/Fulfillment/1", "status": word, "happenedAt": "2026-03-05T11:42:00+00:00",
    }  # fmt: skip


def test_it_has_no_word_for_customs_and_says_so():
    with pytest.raises(Rejected, match="no word for a parcel that is 'customs'"):
        parcels.request(news("customs"), order(parcel(1, "T2")))


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], OutcomeState.UNKNOWN),
        ([("DELIVERED", "2026-03-05T12:42:00+01:00")], OutcomeState.CONFIRMED),
        ([("DELIVERED", "2026-03-05T11:43:00Z"), ("IN_TRANSIT", "2026-03-05T11:42:00Z")], OutcomeState.UNKNOWN),
    ],
)
def test_news_are_confirmed_by_the_same_event_of_the_same_moment(events, state):
    assert parcels.outcome(news(), order(parcel(1, "T2", events=events))).state is state
