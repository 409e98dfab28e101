"""Tokens, and what is done about each refusal."""

import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import time_machine

from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from marketplaces.adapters.otto import auth, endpoints
from marketplaces.contract import Window
from tests.marketplaces.adapters.otto import simulated
from tests.marketplaces.adapters.otto.simulated import NOW, TOKEN, client_of

JSON = {"Content-Type": "application/json"}
HTML = b"<html><body>busy</body></html>"


def errors(code: str, detail: str = "no") -> bytes:
    return json.dumps({"errors": [{"code": code, "detail": detail, "logref": "abc123", "path": "/x"}]}).encode()


def tokens(otto) -> int:
    return len(otto.calls(TOKEN, "POST"))


def test_it_asks_for_one_token_with_all_scopes_in_the_form(otto, client):
    client.probe()
    assert "orders products shipments returns receipts availability" in client.probe()
    assert tokens(otto) == 1
    form = parse_qs(otto.seen[0].body.decode())
    assert form["grant_type"] == ["client_credentials"]
    assert form["scope"] == ["orders products shipments returns receipts availability"]


def test_it_asks_where_the_settings_say(otto):
    client_of(otto, settings={"token_path": "/v1/token", "scopes": "orders"}).probe()
    assert otto.seen[0].path == "/v1/token"
    assert parse_qs(otto.seen[0].body.decode())["scope"] == ["orders"]


def test_it_gets_a_new_token_shortly_before_the_told_end(otto, client):
    client.probe()
    auth.tokens._kept[client.api._key] = replace(client.api._token(), ends=0.0)
    client.probe()
    assert tokens(otto) == 2


def test_it_takes_five_minutes_where_a_token_does_not_tell_its_life(otto, client, monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    otto.refusals = [(200, json.dumps({"access_token": "t"}).encode(), JSON)]
    monkeypatch.setattr(simulated, "TOKEN", "/none")
    assert client.api._token().ends == 1000.0 + 300 - 30


def test_it_renews_the_token_once_when_it_is_refused(otto, client):
    client.probe()
    otto.refusals = [(401, errors("UNAUTHORIZED"), JSON)]
    client.probe()
    assert tokens(otto) == 2
    otto.refusals = [(401, errors("UNAUTHORIZED"), JSON)] * 2
    with pytest.raises(NeedsOperator, match="client id and secret"):
        client.probe()
    assert tokens(otto) == 3


def test_it_is_refused_a_token_that_is_older_than_its_life(otto, client):
    client.probe()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=False):
        assert otto.answer(otto.seen[-1]).status == 401


def test_it_needs_an_operator_when_one_scope_is_not_granted(otto):
    with pytest.raises(NeedsOperator, match="lacks one of the scopes"):
        client_of(otto, settings={"scopes": "orders price-reductions"}).probe()


def test_it_needs_an_operator_when_the_secret_is_wrong(otto):
    with pytest.raises(NeedsOperator, match="invalid_client"):
        client_of(otto, credentials={"client_secret": "old"}).probe()


@pytest.mark.parametrize(
    ("status", "body", "headers", "family", "word"),
    [
        (400, errors("INVALID_DATE"), JSON, Rejected, "INVALID_DATE no /x abc123"),
        (422, errors("SEMANTIC"), JSON, Rejected, "SEMANTIC"),
        (403, errors("FORBIDDEN"), JSON, NeedsOperator, "scope"),
        (404, errors("RESOURCE_NOT_FOUND"), JSON, Rejected, "404"),
        (409, errors("STATE_CONFLICT"), JSON, Rejected, "STATE_CONFLICT"),
        (413, errors("PAYLOAD_TOO_LARGE"), JSON, Rejected, "413"),
        (429, HTML, {"Content-Type": "text/html"}, RateLimited, "too many calls"),
        (500, HTML, {"Content-Type": "text/html"}, Transient, "500"),
        (504, HTML, {"Content-Type": "text/html"}, Transient, "504"),
        (200, HTML, {"Content-Type": "text/html"}, Transient, "JSON was expected"),
    ],
)
def test_it_sorts_a_refusal_by_what_to_do_next(otto, client, status, body, headers, family, word):
    otto.refusals = [(status, body, headers)] * 2
    with pytest.raises(family) as caught:
        list(client.returns(Window(NOW - timedelta(days=1), NOW)))
    assert type(caught.value) is family
    assert word in str(caught.value)


def test_it_reads_the_errors_of_delivery_information_which_have_another_shape(otto, client):
    told = {
        "type": "x",
        "title": "Bad Request",
        "status": 400,
        "validationErrors": [{"detail": "gone", "logref": "L1"}],
    }
    otto.refusals = [(400, json.dumps(told).encode(), JSON)]
    with pytest.raises(Rejected, match="Bad Request, gone L1"):
        client.probe()


def test_it_logs_that_an_interface_retires(otto, client, caplog):
    headers = {**JSON, "Deprecation": "true", "Sunset": "Sat, 01 Aug 2026 00:00:00 GMT", "Link": "<x>; rel=successor"}
    otto.refusals = [(200, b'{"resources": []}', headers)]
    with caplog.at_level(logging.WARNING, logger=auth.__name__):
        client.probe()
    assert "interface_retires path=/v4/orders" in caplog.text
    assert "01 Aug 2026" in caplog.text


def test_it_does_not_repeat_a_shipment_whose_answer_was_an_error_of_the_server(otto, client):
    client.probe()
    otto.refusals = [(503, HTML, {"Content-Type": "text/html"})] * 2
    with pytest.raises(Transient) as caught:
        client.api.call(endpoints.SHIP, body={})
    assert caught.value.code == "unknown_outcome"
    assert len(otto.calls("/v1/shipments", "POST")) == 1
