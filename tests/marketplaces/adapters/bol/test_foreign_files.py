"""Answers as others keep them: several in one file, events beside each other, reports with blank lines on top."""

import json

from marketplaces.adapters.bol.mapping import MAPPERS
from marketplaces.canonical import Rejected
from marketplaces.contract import Page

SHIPMENT = {
    "shipmentId": "S-1",
    "shipmentDateTime": "2026-03-02T08:15:00+01:00",
    "order": {"orderId": "C-1"},
    "shipmentItems": [{"orderItemId": "7700100200"}],
}
PROCESS = {"processStatusId": "90011", "eventType": "UPDATE_OFFER", "status": "SUCCESS", "createTimestamp": 1772435709}
PUSHED = {
    "retailerId": 1000001,
    "timestamp": "2026-03-02T08:15:09+01:00",
    "event": {"resource": "PROCESS_STATUS", "type": "SUCCESS", "resourceId": "90011"},
}


def read(resource, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(MAPPERS[resource](Page(resource=resource, body=raw)))


def test_it_reads_several_pages_of_one_list():
    pages = [{"shipments": [SHIPMENT]}, {"shipments": [{**SHIPMENT, "shipmentId": "S-2"}]}]
    lines = "\n".join(json.dumps(page) for page in pages).encode()
    assert [row.shipment_id for row in read("order_changes", pages)] == ["S-1", "S-2"]
    assert [row.shipment_id for row in read("order_changes", lines)] == ["S-1", "S-2"]


def test_it_reads_lists_of_events_and_of_answers_to_writes():
    assert [row.extra["answer"] for row in read("order_changes", [PUSHED])] == ["SUCCESS"]
    assert [row.kind_raw for row in read("order_changes", [PROCESS])] == ["UPDATE_OFFER:SUCCESS"]


def test_it_reads_an_export_below_blank_lines():
    body = b"\r\n\r\nofferId,ean,bundlePricesPrice,stockAmount,fulfilmentType\r\nO-1,0000000000017,10.00,12,FBR\r\n"
    assert [(row.external_id, row.available) for row in read("stock", body)] == [("O-1", 12)]


def test_it_refuses_the_offers_of_others_as_our_own_prices():
    (refused,) = read("prices", {"offers": [{"offerId": "O-1", "retailerId": "1", "price": 9.95}]})
    assert isinstance(refused, Rejected)
    assert "ask for our own offers" in refused.reason


def test_it_reads_a_statement_in_utf_16():
    money = {"amount": -250.10, "currencyID": "EUR"}
    invoice = {
        "invoiceId": "900000001",
        "invoicePeriod": {"startDate": 1769900400000, "endDate": 1772233200000},
        "legalMonetaryTotal": {"payableAmount": money},
    }
    (row,) = read("settlements", json.dumps({"invoiceListItems": [invoice]}).encode("utf-16"))
    assert (row.external_id, str(row.total.amount)) == ("900000001", "250.1")


def test_it_names_the_attributes_that_a_reason_misses():
    """In Offer API v11 they stand in `missingAttributes` (its published description, version 11.3)."""
    reason = {
        "category": "CONTENT",
        "code": "4004-2",
        "description": "missing",
        "missingAttributes": [{"name": "Title"}],
    }
    told = {"countries": [{"countryCode": "NL", "reasons": [reason]}]}
    offer = {
        "offerId": "O-1",
        "countryAvailabilities": [{"countryCode": "NL", "forSale": False}],
        "notForSaleReasons": told,
    }
    (row,) = read("listings", {"offers": [offer]})
    assert [(issue.code, issue.attributes) for issue in row.issues] == [("4004-2", ("Title",))]
