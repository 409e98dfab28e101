"""Tokens, media types, and what is done about each refusal."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from marketplaces.adapters.bol import endpoints
from marketplaces.contract import Window
from tests.marketplaces.adapters.bol.simulated import NOW, client_of, days


def problem(status: int, title: str, **more: object) -> bytes:
    return json.dumps({"title": title, "status": status, "detail": title, **more}).encode()


def test_it_fetches_one_token_for_many_calls(bol, client):
    client.probe()
    client.probe()
    assert [request.path for request, _, _ in bol.seen].count("/token") == 1


def test_it_names_the_retailer_when_it_is_probed(client):
    assert client.probe() == "bol NL, BE (1000001)"


def test_it_renews_the_token_once_when_bol_says_that_it_has_expired(bol, client):
    client.probe()
    bol.refusals = [(401, problem(401, "Expired JWT"), {})]
    client.probe()
    assert [request.path for request, _, _ in bol.seen].count("/token") == 2


def test_it_gives_up_after_one_renewal(bol, client):
    bol.refusals = [(401, problem(401, "Expired JWT"), {})] * 2
    with pytest.raises(NeedsOperator, match="expired"):
        client.probe()


def test_it_refuses_a_token_that_is_older_than_its_life(bol, client):
    client.probe()
    token = bol.seen[-1][0]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=300), tick=False):
        assert bol._answer(token).status == 401


def test_it_needs_an_operator_when_the_credentials_are_wrong(bol, client):
    client.probe()
    client = client_of(bol, credentials={"client_id": "demo-bol", "client_secret": "old"})
    with pytest.raises(NeedsOperator, match="invalid_client"):
        client.probe()


@pytest.mark.parametrize(
    ("status", "body", "headers", "family"),
    [
        (403, problem(403, "Forbidden"), {}, NeedsOperator),
        (400, problem(400, "Bad Request", violations=[{"name": "page", "reason": "too high"}]), {}, Rejected),
        (406, problem(406, "Not Acceptable"), {}, Rejected),
        (429, b"", {"Retry-After": "30"}, RateLimited),
        (507, b"<html>", {}, Transient),
        (200, b"<html>busy</html>", {"Content-Type": "text/html"}, Transient),
    ],
)
def test_it_sorts_a_refusal_by_what_to_do_next(bol, client, status, body, headers, family):
    bol.refusals = [(status, body, headers)] * 2
    with pytest.raises(family) as caught:
        client.probe()
    assert type(caught.value) is family
    assert status != 400 or "page too high" in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"X-RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Reset": str(int((NOW + timedelta(seconds=45)).timestamp()))}, 45),
        ({}, 60),
    ],
)
def test_it_knows_when_to_come_back(bol, client, headers, seconds):
    bol.refusals = [(429, problem(429, "Too Many Requests"), headers)]
    with pytest.raises(RateLimited) as caught:
        client.probe()
    assert caught.value.until == NOW + timedelta(seconds=seconds)


def test_it_names_one_media_type_per_call_and_a_content_type_only_with_a_body(bol, client):
    list(client.prices(Window(NOW, NOW)))
    client.request_report("listings", Window(NOW, NOW))
    sent = {request.path: request.headers for request, _, _ in bol.seen}
    assert sent["/retailer/offers"]["Accept"] == endpoints.V11
    assert "Content-Type" not in sent["/retailer/offers"]
    assert sent["/retailer/offers/export"]["Content-Type"] == endpoints.V10


def test_it_exports_the_offers_of_an_account_that_is_still_on_v10(bol):
    client = client_of(bol, settings={"offers_api": "v10"})
    remote_id = client.request_report("listings", Window(NOW, NOW))
    assert client.report_state("listings", remote_id).status == "waiting"
    bol.at = NOW + timedelta(minutes=1)
    state = client.report_state("listings", remote_id)
    page = client.download("listings", state)
    with page.open() as file:
        lines = file.read().decode().splitlines()
    assert len(lines) == 1 + len(bol.view.listings())
    bol.at = NOW + days(8)
    assert client.report_state("listings", remote_id).status == "failed"
