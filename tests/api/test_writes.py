"""What a program may do, and that it happens once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.services import products
from config.api import idempotency
from config.api.models import Answer
from config.core import clock
from config.core.models import WorkItem
from marketplaces.models import SyncState
from tests import factories, lookalikes
from tests.factories import NOON
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(north, noon):
    return lookalikes.fill("mark")["tickets.Ticket"]


def post(client, address, body=None, key=""):
    headers = {"idempotency-key": key} if key else {}
    return client.post(f"/api/v1/{address}/", body if body is not None else {}, "application/json", headers=headers)


def said():
    return list(TicketEvent.objects.exclude(actor="mark").values_list("kind", "actor", "text").order_by("pk"))


def test_it_assigns_comments_snoozes_resolves_and_reopens_a_ticket(program, ticket, django_user_model):
    robot, at = program("tickets"), f"tickets/{ticket.pk}"
    assert post(robot, f"{at}/assign", {"to": "owner"}).json()["assignee"] == "owner"
    assert post(robot, f"{at}/comment", {"text": "looking"}).status_code == 200
    until = (NOON + timedelta(days=1)).isoformat()
    snoozed = post(robot, f"{at}/snooze", {"until": until, "reason": "waits"}).json()
    assert (snoozed["state"], snoozed["snoozed_until"]) == ("snoozed", "2026-10-03T12:00:00Z")
    assert post(robot, f"{at}/wake").json()["state"] == "open"
    resolved = post(robot, f"{at}/resolve", {"resolution": "fixed", "text": "done"}).json()
    assert (resolved["state"], resolved["resolution"]) == ("resolved", "fixed")
    assert post(robot, f"{at}/reopen", {"text": "again"}).json()["state"] == "open"
    assert said() == [
        ("assigned", "token robot", "to owner"), ("comment", "token robot", "looking"),
        ("snoozed", "token robot", "waits"), ("woke", "token robot", ""), ("resolved", "token robot", "done"),
        ("reopened", "token robot", "again"),
    ]  # fmt: skip


def test_it_refuses_what_a_ticket_cannot_and_changes_nothing(program, ticket):
    robot, at = program("tickets"), f"tickets/{ticket.pk}"
    past = post(robot, f"{at}/snooze", {"until": NOON.isoformat()})
    assert past.status_code == 422
    assert past.json()["error"]["details"] == {"until": ["choose a moment that is still to come"]}
    assert post(robot, f"{at}/resolve", {"resolution": "magic"}).status_code == 400
    assert post(robot, f"{at}/assign", {"to": "nobody"}).status_code == 400
    assert post(robot, "tickets/999999/wake").status_code == 404
    assert (said(), Ticket.objects.get().state) == ([], "open")


def test_it_does_a_write_once_per_key_and_answers_alike(program, ticket):
    robot, at = program("tickets"), f"tickets/{ticket.pk}/comment"
    first = post(robot, at, {"text": "once"}, key="k-1")
    again = post(robot, at, {"text": "once"}, key="k-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert said() == [("comment", "token robot", "once")]
    assert post(robot, at, {"text": "once"}, key="k-2").status_code == 200
    assert len(said()) == 2


def test_it_refuses_a_key_that_meant_another_request(program, ticket):
    robot, at = program("tickets"), f"tickets/{ticket.pk}/comment"
    post(robot, at, {"text": "once"}, key="k-1")
    other = post(robot, at, {"text": "twice"}, key="k-1")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "key_reused")
    assert len(said()) == 1
    assert post(program("tickets", name="second"), at, {"text": "twice"}, key="k-1").status_code == 200


def test_it_gives_a_key_back_when_the_write_was_refused(program, ticket):
    robot, at = program("tickets"), f"tickets/{ticket.pk}/snooze"
    body = {"until": (NOON + timedelta(hours=1)).isoformat()}
    with clock.frozen(NOON + timedelta(hours=2)):
        assert post(robot, at, body, key="k-1").status_code == 422
    assert post(robot, at, body, key="k-1").status_code == 200


@pytest.mark.parametrize("key", ["a b", "x" * 201, "ü"])
def test_it_refuses_a_key_that_is_none(program, ticket, key):
    assert post(program("tickets"), f"tickets/{ticket.pk}/wake", key=key).status_code == 400


def test_it_undoes_a_write_that_breaks_and_names_the_request(program, ticket, monkeypatch):
    monkeypatch.setattr("tickets.services.timeline.TicketEvent.save", lambda self: 1 / 0)
    answer = post(program("tickets"), f"tickets/{ticket.pk}/comment", {"text": "x"}, key="k-1")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert answer.json()["error"]["request_id"] == answer["X-Request-ID"]


def test_it_forgets_answers_after_a_week(program, ticket):
    kept = Answer.objects.count()
    post(program("tickets"), f"tickets/{ticket.pk}/wake", key="k-1")
    with clock.frozen(NOON + timedelta(days=7)):
        idempotency.prune()
        assert Answer.objects.count() == kept + 1
    with clock.frozen(NOON + timedelta(days=7, seconds=1)):
        idempotency.prune()
    assert Answer.objects.count() == 0


def test_it_runs_pauses_and_resumes_a_flow(program):
    account = factories.account("shop")
    flow = SyncState.objects.create(account=account, resource="orders")
    robot, at = program("sync"), f"flows/{flow.pk}"
    asked = post(robot, f"{at}/run").json()["work_item"]
    item = WorkItem.objects.get(pk=asked)
    assert (item.job, item.account_id) == (f"pull.{account.marketplace}.orders", account.pk)
    assert post(robot, f"{at}/run").json() == {"work_item": None}
    paused = post(robot, f"{at}/pause", {"reason": "stock-taking"}).json()
    assert (paused["is_paused"], paused["pause_reason"]) == (True, "stock-taking")
    refused = post(robot, f"{at}/run")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "paused")
    assert post(robot, f"{at}/resume").json()["is_paused"] is False


def test_it_runs_a_resource_that_was_never_pulled_and_refuses_an_unknown_one(program):
    factories.account("shop")
    robot = program("sync")
    assert post(robot, "accounts/shop/run", {"resource": "orders"}).json()["work_item"] is not None
    assert post(robot, "accounts/shop/run", {"resource": "moon"}).json()["error"]["code"] == "unknown_resource"
    assert post(robot, "accounts/shop/pause", {"reason": "holiday"}).json()["status"] == "paused"
    assert post(robot, "accounts/shop/run", {"resource": "orders"}).json()["error"]["code"] == "paused"
    assert post(robot, "accounts/shop/resume").json()["status"] == "active"


def test_it_asks_for_an_order_to_be_fetched_again(program):
    order = lookalikes.fill("mark")["inventory.Order"]
    asked = post(program("sync"), f"orders/{order.pk}/fetch").json()["work_item"]
    item = WorkItem.objects.get(pk=asked)
    assert (item.job, item.kwargs) == ("marketplaces.fetch_record", {"resource": "orders", "external_id": "L-1"})


def test_it_replays_a_flow_and_dismisses_a_row(program):
    rows = lookalikes.fill("mark")
    robot = program("replay")
    asked = post(robot, f"flows/{rows['marketplaces.SyncState'].pk}/replay").json()["work_item"]
    assert WorkItem.objects.get(pk=asked).job == "marketplaces.replay_flow"
    at = f"rejected-rows/{rows['marketplaces.RejectedRow'].pk}"
    assert post(robot, f"{at}/dismiss").json()["state"] == "dismissed"
    assert post(robot, f"{at}/dismiss").status_code == 422


def test_it_links_a_product_and_has_parked_rows_processed(program):
    remote = lookalikes.fill("mark")["catalog.RemoteProduct"]
    products.create(code="MUG", title="Mug")
    robot = program("catalog")
    assert post(robot, f"remote-products/{remote.pk}/link", {"sku": "NONE"}).status_code == 400
    assert post(robot, f"remote-products/{remote.pk}/link", {"sku": "MUG"}).status_code == 422
    linked = post(robot, f"remote-products/{remote.pk}/link", {"sku": "MUG", "instead_of": "L-1"}).json()
    assert (linked["sku"], linked["state"], linked["linked_by"]) == ("MUG", "linked", "token robot")
    assert WorkItem.objects.filter(job="inventory.reprocess_parked").count() == 1


def test_it_reconciles_and_accepts_a_difference(program):
    rows = lookalikes.fill("mark")
    robot = program("finance")
    at = f"discrepancies/{rows['finance.Discrepancy'].pk}"
    accepted = post(robot, f"{at}/accept", {"reason": "agreed by phone"}).json()
    assert (accepted["state"], accepted["closed_by"]) == ("accepted", "token robot")
    assert post(robot, f"{at}/resolve", {"reason": "x"}).status_code == 422
    tied = post(robot, f"settlements/{rows['finance.Settlement'].pk}/reconcile").json()
    assert tied["checked_at"] is not None
    assert set(post(robot, "settlements/reconcile-open").json()) == {
        "statements", "discrepancies_changed", "order_lines",
    }  # fmt: skip


def test_it_imports_bank_bookings_by_file_once(program):
    factories.account("shop")
    robot = program("finance")
    lines = b"account,booked_on,amount,currency,reference\nshop,2026-10-01,12.50,EUR,P1\nmoon,2026-10-01,1,EUR,P2\n"

    def send(content):
        file = SimpleUploadedFile("bank.csv", content, content_type="text/csv")
        return robot.post("/api/v1/deposits/import/", {"file": file}, headers={"idempotency-key": "b-1"})

    first = send(lines).json()
    assert (first["new"], first["known"], len(first["refused"])) == (1, 0, 1)
    assert send(lines).json() == first
    assert send(lines + b"\n").status_code == 409


def test_it_refuses_a_file_that_is_no_statement_and_keeps_nothing_of_it(program):
    factories.account("shop")
    file = SimpleUploadedFile("../../statement.txt", b"<html>sorry</html>")
    answer = program("finance").post("/api/v1/settlements/import/", {"account": "shop", "file": file})
    assert answer.status_code == 422
    assert "the document is a web page or XML, not data" in answer.json()["error"]["message"]
    assert program("read", name="reader").get("/api/v1/rejected-rows/").json()["results"] == []
