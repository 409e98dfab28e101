from __future__ import annotations

from functools import partial
from uuid import uuid4

import pytest

from config.core.errors import Transient
from marketplaces.models import InboxEvent
from marketplaces.services import events
from tests.marketplaces.services.test_events import HISTORY, body

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(shop):
    """The cache of keys outlives a test, so each test has an account of its own."""
    shop.key = f"shop-{uuid4().hex}"
    shop.save()
    return shop


@pytest.fixture
def push(shop, remote, at_north):
    remote.signature_keys = ["good"]
    return partial(deliver, at_north, f"/hooks/{shop.key}/")


def deliver(client, path, signature="good"):
    headers = {"Signature": signature}
    return client.post(path, body(*HISTORY[0]), content_type="application/json", headers=headers).status_code


def test_it_stores_a_signed_delivery_and_answers_at_once(push):
    assert push() == 202
    assert InboxEvent.objects.get().event_id == "E1"


def test_it_refuses_a_wrong_signature_and_stores_nothing(push):
    assert push(signature="forged") == 401
    assert not InboxEvent.objects.exists()


def test_it_asks_for_the_keys_once_for_many_deliveries(push, remote):
    for _ in range(3):
        push()
    assert remote.asked == ["keys"]


def test_it_asks_for_new_keys_at_most_once_a_minute_when_signatures_are_forged(push, remote):
    push()
    for _ in range(5):
        push(signature="forged")
    assert remote.asked == ["keys"]


def test_it_asks_to_come_back_when_the_keys_cannot_be_had(push, remote):
    remote.errors = [Transient("down")]
    assert push() == 503


def test_it_takes_deliveries_for_a_client_on_the_common_host(push, shop, client):
    assert deliver(client, f"/hooks/north/{shop.key}/") == 202
    assert deliver(client, f"/hooks/nobody/{shop.key}/") == 404
    assert deliver(client, f"/hooks/south/{shop.key}/") == 404


def test_it_knows_no_other_account(push, at_north):
    assert deliver(at_north, "/hooks/other/") == 404


def test_it_knows_no_account_whose_marketplace_pushes_nothing(push, remote, monkeypatch):
    monkeypatch.setattr(events, "are_pushed", lambda account: False)
    assert push() == 404
    assert remote.asked == []


def test_it_asks_for_keys_that_do_not_come_once_a_minute_however_often_somebody_knocks(push, remote):
    remote.errors = [Transient("down")]
    assert [push(), push(), push()] == [503, 503, 503]
    assert remote.asked == ["keys"]


def test_it_refuses_a_delivery_that_no_marketplace_would_send(push, shop, at_north):
    answer = at_north.post(f"/hooks/{shop.key}/", b" " * 1_000_001, content_type="application/json")
    assert answer.status_code == 413
