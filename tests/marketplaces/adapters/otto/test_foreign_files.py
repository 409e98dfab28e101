"""Answers as others keep them: several in one file, in other character sets, or of another resource."""

import json

from marketplaces.adapters.otto.mapping import MAPPERS
from marketplaces.canonical import Rejected, Settlement
from marketplaces.contract import Page


def read(resource, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(MAPPERS[resource](Page(resource=resource, body=raw)))


def test_it_reads_several_pages_of_one_list():
    pages = [{"resources": {"variations": [{"sku": sku, "quantity": 3}]}} for sku in ("MUG-1", "MUG-2")]
    assert [row.sku for row in read("stock", pages)] == ["MUG-1", "MUG-2"]


def test_it_refuses_as_an_offer_what_tells_nothing_of_one():
    (refused,) = read("listings", [{"sku": "MUG-1", "quantity": 2}])
    assert isinstance(refused, Rejected)
    assert "nothing of a variation is told" in refused.reason


def test_it_reads_an_account_statement_in_utf_16():
    body = "Buchungsdatum;Buchungsart;Betrag\r\n01.09.2026;PROVISION;1.234,50\r\n01.09.2026;AUSZAHLUNG;-8.765,50\r\n"
    head, line = read("settlements", body.encode("utf-16"))
    assert isinstance(head, Settlement)
    assert [str(row.amount) for row in (line.amount, head.total)] == ["-1234.50", "8765.50"]


def test_it_reads_the_state_of_a_unit_as_the_marketplace_spells_it():
    """`fulfillmentStatus`, with two l: so do its interface description and every published answer (21 November 2026)."""
    unit = {"positionItemId": "u1", "fulfillmentStatus": "SENT", "product": {"sku": "LAMP-BLK"}}
    (order,) = read(
        "orders", {"orderNumber": "k7", "orderDate": "2026-03-02T09:15:00.000+0000", "positionItems": [unit]}
    )
    assert (order.status, order.lines[0].quantity_shipped) == ("shipped", 1)
