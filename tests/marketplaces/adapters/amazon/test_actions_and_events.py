"""Pure halves: commands as their payloads, messages as notices."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from marketplaces.adapters.amazon import actions, events
from marketplaces.adapters.amazon.mapping import MAPPERS
from marketplaces.adapters.amazon.stores import find
from marketplaces.contract import CommandKind, Outbound, OutcomeState

DE = find("DE")
LISTING = {
    "productTypes": [{"productType": "MUG"}],
    "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 5}],
    "attributes": {
        "purchasable_offer": [
            {"marketplace_id": DE.external_id, "currency": "EUR", "audience": "ALL",
             "our_price": [{"schedule": [{"value_with_tax": Decimal("19.95")}]}],
             "minimum_seller_allowed_price": [{"schedule": [{"value_with_tax": Decimal(15)}]}]},
            {"marketplace_id": DE.external_id, "currency": "EUR", "audience": "B2B",
             "our_price": [{"schedule": [{"value_with_tax": Decimal("18.00")}]}]},
            {"marketplace_id": "ANOTHER", "currency": "GBP", "audience": "ALL"},
        ],
        "fulfillment_availability": [{"fulfillment_channel_code": "DEFAULT", "quantity": 5, "lead_time_to_ship_max_days": 2}],
    },
}  # fmt: skip


def price(**payload: str) -> Outbound:
    return Outbound(kind=CommandKind.SET_PRICE, key="k", channel="DE", sku="MUG", payload=payload)


def test_it_changes_the_price_for_all_and_keeps_every_other_offer():
    body = actions.request(price(price="24.90", currency="EUR"), DE, LISTING)
    assert body["productType"] == "MUG"
    (patch,) = body["patches"]
    assert (patch["op"], patch["path"]) == ("replace", "/attributes/purchasable_offer")
    everybody, business = patch["value"]
    assert everybody["our_price"] == [{"schedule": [{"value_with_tax": Decimal("24.90")}]}]
    assert everybody["minimum_seller_allowed_price"] == [{"schedule": [{"value_with_tax": Decimal(15)}]}]
    assert business["our_price"] == [{"schedule": [{"value_with_tax": Decimal("18.00")}]}]
    assert LISTING["attributes"]["purchasable_offer"][0]["our_price"][0]["schedule"][0]["value_with_tax"] == Decimal(
        "19.95"
    )


@pytest.mark.parametrize(
    "payload",
    [{"price": "0"}, {"price": "-1"}, {"price": "1.999"}, {"price": "9.90", "currency": "GBP"}, {"price": "x"}, {}],
)
def test_it_refuses_a_price_that_cannot_be_meant(payload):
    with pytest.raises(ValueError, match=r"price|number"):
        actions.request(price(**payload), DE, LISTING)


def test_it_changes_the_quantity_and_keeps_the_lead_time():
    command = Outbound(kind=CommandKind.SET_STOCK, key="k", channel="DE", sku="MUG", payload={"quantity": 17})
    (patch,) = actions.request(command, DE, LISTING)["patches"]
    assert patch["value"] == [{"fulfillment_channel_code": "DEFAULT", "quantity": 17, "lead_time_to_ship_max_days": 2}]


def test_it_gives_the_same_command_the_same_parcel_reference():
    first, second = actions.package_reference("order-1"), actions.package_reference("order-2")
    assert first == actions.package_reference("order-1") != second
    assert int(first) > 0


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ({"status": "ACCEPTED", "submissionId": "s"}, OutcomeState.ACCEPTED, ""),
        (
            {"status": "INVALID", "issues": [{"code": "90220", "message": "missing", "severity": "ERROR"}]},
            OutcomeState.REJECTED,
            "90220 missing",
        ),
        ({"status": "MELTED"}, OutcomeState.UNKNOWN, "unknown answer 'MELTED'; reading the listing back"),
    ],
)
def test_it_reads_the_answer_to_a_patch(answer, state, reason):
    outcome = actions.outcome(answer)
    assert (outcome.state, outcome.reason) == (state, reason)


ORDER = {
    "NotificationType": "ORDER_CHANGE",
    "EventTime": "2026-10-02T09:00:00Z",
    "Payload": {
        "OrderChangeNotification": {
            "SellerId": "A1EXAMPLE",
            "AmazonOrderId": "305-1112223-4445556",
            "OrderChangeType": "OrderStatusChange",
            "Summary": {"OrderStatus": "Shipped"},
        }
    },
    "NotificationMetadata": {"NotificationId": "note-1"},
}


@pytest.mark.parametrize(
    "message",
    [ORDER, {"detail": ORDER}, {"Body": json.dumps(ORDER)}, {"Type": "Notification", "Message": json.dumps(ORDER)}],
)
def test_it_reads_an_order_change_however_it_is_wrapped(message):
    (notice,) = events.read(json.dumps(message).encode(), {})
    assert (notice.event_id, notice.order_id, notice.seller) == (
        "ORDER_CHANGE:note-1",
        "305-1112223-4445556",
        "A1EXAMPLE",
    )
    (row,) = MAPPERS["order_changes"](notice.page)
    assert (row.external_id, row.order_id) == (notice.event_id, notice.order_id)


def test_it_reads_the_other_casing_and_says_what_to_fetch():
    message = {
        "notificationType": "REPORT_PROCESSING_FINISHED",
        "eventTime": "2026-10-02T09:00:00Z",
        "payload": {
            "reportProcessingFinishedNotification": {
                "sellerId": "A1EXAMPLE", "reportId": "7", "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
                "processingStatus": "DONE", "reportDocumentId": "amzn1.doc",
            }
        },
        "notificationMetadata": {"notificationId": "note-2"},
    }  # fmt: skip
    (notice,) = events.read(json.dumps(message).encode(), {})
    assert (notice.kind, notice.seller, notice.page.resource) == ("REPORT_PROCESSING_FINISHED", "A1EXAMPLE", "raw")
    assert notice.page.context["document_id"] == "amzn1.doc"


def test_it_keeps_a_notification_of_a_type_that_nobody_knows():
    body = json.dumps({**ORDER, "NotificationType": "MOON_PHASE_CHANGED"}).encode()
    (notice,) = events.read(body, {})
    assert (notice.kind, notice.page.resource) == ("MOON_PHASE_CHANGED", "raw")


@pytest.mark.parametrize("body", [b"", b"hello", b"[1, 2]", b"{}", b'{"detail": 5}', b"\xff", b"[" * 100_000])
def test_it_lets_a_message_go_that_is_no_notification(body):
    assert events.read(body, {}) == []


def test_it_takes_only_messages_for_the_accounts_own_seller():
    body = json.dumps(ORDER).encode()
    assert events.is_authentic(body, {}, {"seller_id": "A1EXAMPLE"})
    assert not events.is_authentic(body, {}, {"seller_id": "A1OTHER"})
    assert not events.is_authentic(body, {}, {})
