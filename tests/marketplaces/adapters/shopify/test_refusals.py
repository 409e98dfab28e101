"""What is done about each refusal, most of which come with status 200, and what a call is charged."""

import json
from datetime import timedelta

import pytest

from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from config.core.http import Call, Reply
from marketplaces.adapters.shopify import bulk, paging, queries
from marketplaces.adapters.shopify.errors import error_of
from marketplaces.adapters.shopify.sandbox.graphql import Refused, parse, pick
from marketplaces.contract import ReportStatus, Window
from tests.marketplaces.adapters.shopify.conftest import NOW

CALL = Call("POST", "https://x.example/admin/api/2026-04/graphql.json", operation="graphql", label="Orders")


def told(code: str, **throttle: object) -> Reply:
    cost = {"requestedQueryCost": 300, "actualQueryCost": None, "throttleStatus": throttle}
    body = {"errors": [{"message": code.title(), "extensions": {"code": code}}], "extensions": {"cost": cost}}
    return Reply(200, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("available", "rate", "seconds"), [(120, 100, 1.8), (299, 100, 1), (2000, 100, 1), (120, 0, 60), (100, 2.5, 80)]
)
def test_it_waits_for_the_cost_that_lacks_when_it_is_throttled_with_status_200(available, rate, seconds):
    error = error_of(told("THROTTLED", maximumAvailable=2000, currentlyAvailable=available, restoreRate=rate), CALL)
    assert isinstance(error, RateLimited)
    assert error.until == NOW + timedelta(seconds=seconds)


def test_it_comes_back_when_the_header_says_so_when_it_is_throttled_with_status_429():
    error = error_of(Reply(429, {"retry-after": "7"}), CALL)
    assert isinstance(error, RateLimited)
    assert error.until == NOW + timedelta(seconds=7)


@pytest.mark.parametrize(
    ("reply", "family", "code"),
    [
        (told("ACCESS_DENIED"), NeedsOperator, "access_denied"),
        (told("SHOP_INACTIVE"), NeedsOperator, "inactive"),
        (told("INTERNAL_SERVER_ERROR"), Transient, "transient"),
        (told("MAX_COST_EXCEEDED"), Rejected, "max_cost"),
        (told("undefinedField"), Rejected, "undefinedfield"),
        (Reply(200, {}, b'{"errors": "a bare text"}'), Rejected, "rejected"),
        (Reply(401, {}, b"{}"), NeedsOperator, "invalid_token"),
        (Reply(402, {}, b"{}"), NeedsOperator, "frozen"),
        (Reply(403, {}, b"{}"), NeedsOperator, "forbidden"),
        (Reply(404, {}, b"{}"), NeedsOperator, "unknown_shop"),
        (Reply(423, {}, b"{}"), NeedsOperator, "locked"),
        (Reply(503, {}, b"<html>"), Transient, "http_503"),
        (Reply(200, {"X-Shopify-API-Version": "2026-07"}, b'{"data": {}}'), NeedsOperator, "other_version"),
    ],
)
def test_it_sorts_a_refusal_by_what_to_do_next(reply, family, code):
    error = error_of(reply, CALL)
    assert type(error) is family
    assert error.code == code


def test_it_takes_an_answer_of_the_version_that_was_asked_for():
    assert error_of(Reply(200, {"X-Shopify-API-Version": "2026-04"}, b'{"data": {}}'), CALL) is None


def test_it_is_charged_what_the_last_answer_said(client):
    assert client.api._signed(queries.SHOP, {}).cost == queries.SHOP.cost
    list(client.stock(Window(NOW - timedelta(hours=1), NOW)))
    reckoned = parse(queries.STOCK.text, {"first": 100}).cost()
    assert client.api._signed(queries.STOCK, {}).cost == reckoned > 0


def test_it_halves_a_page_that_costs_too_much(client, view):
    assert parse(queries.STOCK.text, {"first": 5000}).cost() > 1000
    asked = paging.pages(client.api, queries.STOCK, ("productVariants",), size=5000, query=None)
    assert sum(len(found) for _, found in asked) == len(view.listings())


@pytest.mark.parametrize("query", queries.ALL, ids=lambda query: query.name)
def test_it_says_every_document_in_one_named_operation(query):
    document = parse(query.text, {})
    assert document.name == query.name
    assert len(document.fields) == 1


def test_it_gives_only_the_fields_that_were_asked_for_and_no_unknown_ones():
    assert pick({"a": 1, "b": {"c": 2}}, parse("{ b { c } }", {}).fields) == {"b": {"c": 2}}
    with pytest.raises(Refused, match="doesn't exist"):
        pick({"a": 1}, parse("{ z }", {}).fields)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"status": "COMPLETED", "url": "https://x.example/7.jsonl"}, ReportStatus.READY),
        ({"status": "COMPLETED", "url": None}, ReportStatus.EMPTY),
        ({"status": "RUNNING"}, ReportStatus.WAITING),
        ({"status": "FAILED", "errorCode": "TIMEOUT", "partialDataUrl": "https://x.example/p"}, ReportStatus.FAILED),
        ({"status": "FAILED", "errorCode": "ACCESS_DENIED"}, ReportStatus.BAD_REQUEST),
        ({"status": "EXPIRED"}, ReportStatus.FAILED),
        ({}, ReportStatus.FAILED),
    ],
)
def test_it_knows_where_a_bulk_operation_stands(found, status):
    assert bulk.state_of(found).status is status
