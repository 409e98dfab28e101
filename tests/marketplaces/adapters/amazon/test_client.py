"""The client's own ways round the marketplace's traps, over the wire."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from marketplaces.adapters.amazon.mapping import MAPPERS
from marketplaces.canonical import Fulfilment, OrderStatus
from marketplaces.contract import CommandKind, Outbound, OutcomeState, ReportState, ReportStatus, Window
from marketplaces.sandbox.facts import Answer
from tests.marketplaces.adapters.amazon.conftest import TODAY, Shop

WEEK = Window(TODAY - timedelta(days=7), TODAY)
DAY = Window(TODAY - timedelta(days=1), TODAY)


def refusal(status: int, code: str) -> Answer:
    return Answer(status, json.dumps({"errors": [{"code": code, "message": "no"}]}).encode())


def mapped(resource: str, pages) -> list:
    return [row for page in pages for row in MAPPERS[resource](page)]


def test_it_reads_many_orders_page_by_page_with_the_same_filters(shop: Shop):
    orders = mapped("orders", shop.client().orders(Window(TODAY - timedelta(days=20), TODAY)))
    asked = shop.sandbox.asked("/orders/2026-01-01/orders")
    assert len(asked) == -(-len(orders) // 100) > 3
    assert len({order.external_id for order in orders}) == len(orders)
    assert len({request.params["lastUpdatedAfter"] for request in asked}) == 1
    assert asked[0].params["marketplaceIds"].count(",") == 4


def test_it_asks_for_no_personal_data(shop: Shop):
    list(shop.client().orders(DAY))
    blocks = set(shop.sandbox.asked("/orders/2026-01-01/orders")[0].params["includedData"].split(","))
    assert blocks.isdisjoint({"BUYER", "RECIPIENT", "PAYMENT"})
    assert {"PROCEEDS", "FULFILLMENT", "PACKAGES"} <= blocks


def test_it_leaves_out_a_block_when_its_role_is_missing(shop: Shop):
    client = shop.client()
    for _ in range(2):
        shop.sandbox.instead.append(("/orders/2026-01-01/orders", refusal(403, "Unauthorized")))
    assert mapped("orders", client.orders(DAY))
    asked = ["TAX" in request.params["includedData"] for request in shop.sandbox.asked("/orders/2026-01-01/orders")]
    assert asked[:3] == [True, True, False]
    assert not any(asked[3:])


def test_it_asks_for_a_person_when_a_fresh_token_is_refused_too(shop: Shop):
    for _ in range(2):
        shop.sandbox.instead.append(("/fba/inventory", refusal(403, "Unauthorized")))
    with pytest.raises(NeedsOperator, match=r"getInventorySummaries: 403 .*role is missing"):
        list(shop.client().stock(WEEK))
    assert len(shop.sandbox.asked("/auth/o2/token")) == 2


def test_it_uses_one_token_for_many_calls_and_a_new_one_after_a_refusal(shop: Shop):
    client = shop.client()
    list(client.stock(WEEK))
    assert len(shop.sandbox.asked("/fba/inventory")) > 2
    assert len(shop.sandbox.asked("/auth/o2/token")) == 1
    shop.sandbox.instead.append(("/fba/inventory", refusal(403, "Unauthorized")))
    assert mapped("stock", client.stock(WEEK))
    assert len(shop.sandbox.asked("/auth/o2/token")) == 2


def test_it_renews_a_token_a_minute_before_it_ends(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    client = shop.client()
    client.probe()
    began = time.monotonic()
    for later, tokens in ((3500, 1), (3541, 2)):
        monkeypatch.setattr(time, "monotonic", lambda later=later: began + later)
        client.probe()
        assert len(shop.sandbox.asked("/auth/o2/token")) == tokens


@pytest.mark.parametrize(
    ("code", "advice"), [("invalid_grant", "connect the account again"), ("invalid_client", "enter the new secret")]
)
def test_it_says_what_to_do_about_a_refused_token(shop: Shop, code: str, advice: str):
    shop.sandbox.instead.append(("/auth/o2/token", Answer(400, json.dumps({"error": code}).encode())))
    with pytest.raises(NeedsOperator, match=advice) as stopped:
        shop.client().probe()
    assert stopped.value.code == code


@pytest.mark.parametrize(
    ("answer", "family", "code"),
    [
        (refusal(400, "InvalidInput"), Rejected, "invalid_request"),
        (refusal(404, "NotFound"), Rejected, "not_found"),
        (refusal(409, "Conflict"), Rejected, "conflict"),
        (refusal(413, "RequestTooLarge"), Rejected, "too_large"),
        (refusal(403, "MissingAuthenticationToken"), Rejected, "invalid_request"),
        (refusal(500, "InternalFailure"), Transient, "remote_down"),
        (Answer(501, b"<html>"), Transient, "remote_down"),
        (refusal(429, "QuotaExceeded"), RateLimited, "rate_limited"),
    ],
)
def test_it_sorts_every_answer_by_what_to_do_next(shop: Shop, answer: Answer, family: type, code: str):
    shop.sandbox.instead.append(("/sellers/", answer))
    with pytest.raises(family) as stopped:
        shop.client().probe()
    assert type(stopped.value) is family
    assert stopped.value.code == code


def test_it_waits_for_one_token_at_the_operations_rate_when_throttled(shop: Shop):
    shop.sandbox.instead.append(("/orders/2026-01-01/orders", refusal(429, "QuotaExceeded")))
    with pytest.raises(RateLimited) as stopped:
        list(shop.client().orders(DAY))
    assert 178 < (stopped.value.until - TODAY).total_seconds() < 197


def test_it_marks_the_end_of_a_pool_and_goes_on_with_the_next_one(shop: Shop):
    island = replace(shop, account=replace(shop.account, stores=("DE", "FR", "GB")))
    for _ in range(3):
        shop.sandbox.instead.append(("/fba/inventory", Answer(200, b'{"payload":{"inventorySummaries":[]}}')))
    pages = list(island.client().stock(WEEK))
    assert [(page.context["store"], page.mark) for page in pages] == [("DE", "AMAZON_GB"), ("GB", "")]
    (rest,) = island.client().stock(replace(WEEK, mark="AMAZON_GB"))
    assert rest.context["store"] == "GB"


def test_it_hands_a_page_of_stock_on_before_it_asks_for_the_next(shop: Shop):
    pages = shop.client().stock(WEEK)
    next(pages)
    assert len(shop.sandbox.asked("/fba/inventory")) == 1
    assert len([*pages]) + 1 == len(shop.sandbox.asked("/fba/inventory")) > 1


def test_it_begins_the_pool_again_when_the_page_token_has_died(shop: Shop):
    client = shop.client()
    whole = mapped("stock", client.stock(WEEK))
    answers = [answer for request, answer in shop.sandbox.seen if "/fba/inventory" in request.path]
    for answer in (answers[0], refusal(400, "InvalidInput")):
        shop.sandbox.instead.append(("/fba/inventory", answer))
    again = mapped("stock", client.stock(WEEK))
    told_twice = len(json.loads(answers[0].body)["payload"]["inventorySummaries"])
    assert (again[:told_twice], again[told_twice:]) == (whole[:told_twice], whole)


def test_it_asks_for_a_new_address_when_the_old_one_has_expired(shop: Shop):
    expired = Answer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    shop.sandbox.instead.append(("/storage/", expired))
    (first, *_) = shop.client().settlements(Window(TODAY - timedelta(days=20), TODAY))
    assert next(MAPPERS["settlements"](first)).currency == "EUR"
    assert len(shop.sandbox.asked("/storage/")) == len(shop.sandbox.asked("/documents/"))


def test_it_downloads_a_settlement_only_once(shop: Shop):
    client, span = shop.client(), Window(TODAY - timedelta(days=45), TODAY)
    seen = frozenset(page.document_id for page in client.settlements(span))
    assert len(seen) >= 2
    fetched = len(shop.sandbox.asked("/storage/"))
    assert list(client.settlements(Window(span.since, span.until, seen=seen))) == []
    assert len(shop.sandbox.asked("/storage/")) == fetched


def test_it_sends_a_page_token_alone(shop: Shop):
    client = shop.client()
    page = {"reports": [], "nextToken": "more"}
    shop.sandbox.instead.append(("/reports/2021-06-30/reports", Answer(200, json.dumps(page).encode())))
    shop.sandbox.instead.append(("/reports/2021-06-30/reports", Answer(200, b'{"reports": []}')))
    list(client.settlements(WEEK))
    assert [set(r.params) for r in shop.sandbox.asked("/reports/2021-06-30/reports")][1] == {"nextToken"}


def test_it_asks_once_for_the_reports_of_a_pull_however_often_it_is_restarted(shop: Shop):
    first = shop.client().request_report("listings", WEEK)
    assert len(first.split()) == 5
    for minutes in (1, 30, 90):
        with clock.frozen(TODAY + timedelta(minutes=minutes)):
            client = shop.client()
            assert client.find_report("listings", WEEK) == first
            assert client.request_report("listings", WEEK) == first
    created = [request for request in shop.sandbox.asked("/reports/2021-06-30/reports") if request.method == "POST"]
    assert len(created) == 5


def test_it_finishes_asking_when_it_was_interrupted_in_the_middle(shop: Shop):
    shop.sandbox.instead.append(("/reports/2021-06-30/reports", Answer(200, b'{"reports": []}')))
    shop.sandbox.instead.append(("/reports/2021-06-30/reports", Answer(202, b'{"reportId": "77"}')))
    shop.sandbox.instead.append(("/reports/2021-06-30/reports", refusal(429, "QuotaExceeded")))
    with pytest.raises(RateLimited):
        shop.client().request_report("returns", WEEK)
    span = {"dataStartTime": WEEK.since.isoformat(), "dataEndTime": WEEK.until.isoformat()}
    known = {
        "reportId": "77",
        "reportType": "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
        "processingStatus": "IN_QUEUE",
    }
    page = Answer(200, json.dumps({"reports": [{**known, **span, "createdTime": TODAY.isoformat()}]}).encode())
    shop.sandbox.instead.append(("/reports/2021-06-30/reports", page))
    remote_id = shop.client().request_report("returns", WEEK)
    assert remote_id.startswith(
        "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA=77 GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE="
    )


def test_it_takes_a_report_without_data_for_a_success_and_says_why_one_failed(shop: Shop):
    client = shop.client()
    for word, expected in (("CANCELLED", ReportStatus.EMPTY), ("FATAL", ReportStatus.FAILED)):
        body = {"reportId": "1", "processingStatus": word}
        shop.sandbox.instead.append(("/reports/2021-06-30/reports/1", Answer(200, json.dumps(body).encode())))
        state = client.report_state("order_changes", "x=1")
        assert state.status is expected
    assert "asked for too often" in state.reason


def test_it_tells_why_a_report_failed_and_keeps_no_file_of_it(shop: Shop, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = {"reportId": "1", "processingStatus": "FATAL", "reportDocumentId": "D-1"}
    address = {"url": f"{shop.client().api.host}/storage/D-1"}
    shop.sandbox.instead += [
        ("/reports/2021-06-30/reports/1", Answer(200, json.dumps(told).encode())),
        ("/documents/D-1", Answer(200, json.dumps(address).encode())),
        ("/storage/D-1", Answer(200, b"the span is too long")),
    ]
    assert shop.client().report_state("order_changes", "x=1").reason == "x: FATAL: the span is too long"
    assert list(tmp_path.iterdir()) == []


def test_it_keeps_no_file_of_a_pull_when_one_of_its_reports_cannot_be_had(shop: Shop, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    address = {"url": f"{shop.client().api.host}/storage/D-1"}
    shop.sandbox.instead += [
        ("/documents/D-1", Answer(200, json.dumps(address).encode())),
        ("/storage/D-1", Answer(200, b"sku\tprice\n")),
        ("/documents/D-2", Answer(404, b"{}")),
    ]
    with pytest.raises(NinefoldError):
        shop.client().download("listings", ReportState(ReportStatus.READY, "DE=D-1 FR=D-2"))
    assert list(tmp_path.iterdir()) == []


def test_it_reads_the_same_orders_by_both_versions_of_the_api(shop: Shop):
    new = mapped("orders", shop.client().orders(DAY))
    shop.settings["orders_api"] = "v0"
    old = mapped("orders", shop.client().orders(DAY))
    assert {o.external_id for o in old} == {o.external_id for o in new}
    by_id = {order.external_id: order for order in new}
    for order in old:
        twin = by_id[order.external_id]
        assert (order.total, order.ordered_at, order.channel) == (twin.total, twin.ordered_at, twin.channel)
        assert [line.item_total for line in order.lines] == [line.item_total for line in twin.lines]


def test_it_stops_at_an_order_page_that_brings_nothing_new(shop: Shop):
    shop.settings["orders_api"] = "v0"
    order = {"AmazonOrderId": "305-0000000-0000001", "PurchaseDate": "2026-04-01T00:00:00Z", "OrderStatus": "Pending"}
    circle = json.dumps({"payload": {"Orders": [order], "NextToken": "again"}}).encode()
    items = json.dumps({"payload": {"OrderItems": []}}).encode()
    shop.sandbox.instead.append(("/orders/v0/orders/305-0000000-0000001/orderItems", Answer(200, items)))
    shop.sandbox.instead += [("/orders/v0/orders", Answer(200, circle))] * 2
    assert len(list(shop.client().orders(DAY))) == 1


def test_it_halves_a_search_that_finds_more_than_the_marketplace_tells(shop: Shop):
    client = shop.client()
    whole = {row.external_id for row in mapped("prices", client.prices(WEEK))}
    body = json.dumps({"numberOfResults": 1500, "items": []}).encode()
    shop.sandbox.instead.append(("/listings/2021-08-01/items", Answer(200, body)))
    assert {row.external_id for row in mapped("prices", client.prices(WEEK))} == whole


def test_it_stops_asking_for_offers_when_the_whole_batch_is_throttled(shop: Shop):
    shop.subjects.append({"sku": "X", "channel": "DE", "item": "B0EXAMPLE1"})
    body = json.dumps({"responses": [{"status": {"statusCode": 429}, "body": {}}]}).encode()
    shop.sandbox.instead.append(("/itemOffers", Answer(200, body)))
    with pytest.raises(RateLimited):
        list(shop.client().offers(WEEK))


def test_it_says_unknown_when_the_answer_to_a_write_is_lost(shop: Shop):
    client, view = shop.client(), shop.view
    own = next(x for x in view.listings("DE") if x.fulfilment is Fulfilment.MERCHANT)
    patch = Outbound(kind=CommandKind.SET_STOCK, key="k", channel="DE", sku=own.product.sku, payload={"quantity": 4})
    client.probe()
    path = f"/listings/2021-08-01/items/{shop.account.settings['seller_id']}/{own.product.sku}"
    real = shop.sandbox.answer

    def lost(request):
        answer = real(request)
        return Answer(500, b"") if request.method == "PATCH" else answer

    shop.sandbox.answer = lost
    assert client.send(patch).state is OutcomeState.UNKNOWN
    assert client.read_back(patch, "").state is OutcomeState.CONFIRMED
    assert len([r for r in shop.sandbox.asked(path) if r.method == "PATCH"]) == 1


def test_it_never_writes_the_quantity_of_a_listing_from_their_warehouse(shop: Shop):
    network = next(x for x in shop.view.listings("DE") if x.fulfilment is Fulfilment.MARKETPLACE)
    command = Outbound(
        kind=CommandKind.SET_STOCK, key="k", channel="DE", sku=network.product.sku, payload={"quantity": 4}
    )
    outcome = shop.client().send(command)
    assert outcome.state is OutcomeState.REJECTED
    assert "warehouses" in outcome.reason
    assert [request for request, _ in shop.sandbox.seen if request.method == "PATCH"] == []


def test_it_finds_a_shipment_that_was_confirmed_before(shop: Shop):
    """Sent twice with another key: the marketplace refuses, the order shows the parcel, so it is done."""
    client = shop.client()
    order = next(
        row
        for row in mapped("orders", client.orders(WEEK))
        if row.fulfilment is Fulfilment.MERCHANT and row.status is OrderStatus.TO_SHIP
    )
    payload = {
        "carrier": "DHL", "tracking_number": "JD0123", "shipped_at": TODAY.isoformat(),
        "lines": {line.external_id: line.quantity for line in order.lines},
    }  # fmt: skip

    def confirm(key: str):
        return client.send(
            Outbound(
                kind=CommandKind.CONFIRM_SHIPMENT,
                key=key,
                channel=order.channel,
                external_id=order.external_id,
                payload=payload,
            )
        )

    assert confirm("one").state is OutcomeState.ACCEPTED
    assert confirm("one").state is OutcomeState.ACCEPTED
    assert confirm("two").state is OutcomeState.CONFIRMED
    shipped = shop.view.order(int(order.external_id[4:].replace("-", "")))
    assert [line.shipped for line in shipped.lines] == [line.quantity for line in order.lines]


def test_it_learns_the_rate_that_an_answer_tells_but_only_when_it_is_news(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    client, learned = shop.client(), []
    monkeypatch.setattr(client.api.session, "learn", lambda operation, rate: learned.append((operation, rate)))
    body = json.dumps({"payload": []}).encode()
    for told in ("0.016", "0.5", "0.5", "soon", "NaN"):
        shop.sandbox.instead.append(("/sellers/", Answer(200, body, headers={"x-amzn-RateLimit-Limit": told})))
        client.probe()
    assert learned == [("getMarketplaceParticipations", Decimal("0.5"))]
