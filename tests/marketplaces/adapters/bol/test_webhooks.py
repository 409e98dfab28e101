"""Pushed events: signature, content, and the subscription behind them."""

import json
from datetime import timedelta

from marketplaces.adapters.bol import events
from marketplaces.adapters.bol.sandbox import ids, sandbox_event, sandbox_headers
from marketplaces.canonical import ChangeKind
from tests.marketplaces.adapters.bol.simulated import NOW, days

URL = "https://north.example/hooks/bol"


def pushed(bol, kind):
    return next(e for e in bol.view.events(since=NOW - days(9), until=NOW) if e.kind == kind)


def test_it_trusts_a_push_that_is_signed_with_a_key_of_bol(bol, client):
    body = sandbox_event(bol.view, pushed(bol, ChangeKind.SHIPPED))
    keys = client.signature_keys()
    assert events.is_authentic(body, sandbox_headers(body), keys)
    assert not events.is_authentic(body + b" ", sandbox_headers(body), keys)
    assert not events.is_authentic(body, {}, keys)
    assert not events.is_authentic(body, sandbox_headers(body), {"1": keys["0"]})
    assert not events.is_authentic(body, {"Signature": 'keyId=0, algorithm="none", signature=AAAA'}, keys)
    assert not events.is_authentic(body, {"signature": 'keyId=0, algorithm="rsa-sha256", signature=???'}, keys)


def test_it_reads_whose_delivery_a_push_tells(bol):
    event = pushed(bol, ChangeKind.DELIVERED)
    (notice,) = events.read(sandbox_event(bol.view, event), {})
    assert (notice.kind, notice.seller, notice.order_id) == (
        "delivered", "1000001", ids.order_id(event.order_serial),
    )  # fmt: skip
    assert notice.happened_at == event.happened_at.replace(microsecond=0)


def test_it_gives_a_repeated_push_the_same_id(bol):
    body = sandbox_event(bol.view, pushed(bol, ChangeKind.CANCELLED))
    first, again = events.read(body, {})[0], events.read(body, {})[0]
    assert first.event_id == again.event_id
    assert first.event_id.startswith("ORDER:CHANGE:C")


def test_it_reads_nothing_from_a_body_that_is_no_event():
    assert events.read(b"<html>", {}) == []
    assert events.read(b"{}", {}) == []


def test_it_creates_keeps_and_revives_one_subscription(bol, client):
    assert client.ensure_subscription(URL) == "created"
    assert client.ensure_subscription(URL) == "kept"
    key, kept = next(bol.view.shelf("subscriptions"))
    bol.view.put("subscriptions", key, {**kept, "enabled": False})
    bol.at = NOW + timedelta(minutes=1)
    assert client.ensure_subscription(URL) == "enabled"
    assert json.loads(bol.seen[-1][0].body)["resources"] == ["ORDER", "PROCESS_STATUS", "SHIPMENT"]
    assert [kept["enabled"] for _, kept in bol.view.shelf("subscriptions")] == [True]
