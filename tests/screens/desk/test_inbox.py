"""The inbox and its tickets: order, bulk answers, the timeline, and where a suggested action leads."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.services import deadlines
from marketplaces.models import SyncState
from tests import factories
from tests.screens.desk.conftest import said
from tests.tickets.conftest import place_order
from tickets import links
from tickets.models import Breach, Threshold, Ticket
from tickets.rules import defaults, engine
from tickets.types import TYPES

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(noon, north):
    """An account whose orders were read just now, and limits as a new client has them."""
    Threshold.objects.all().delete()
    defaults.seed()
    account = factories.account("shop", connected_at=noon - timedelta(days=30))
    SyncState.objects.create(account=account, resource="orders", last_ok_at=noon)
    return account


@pytest.fixture
def three(shop) -> list[Ticket]:
    """An order past due, and two due soon of which the second is worth more."""
    place_order(shop, 1, due_in_hours="-1", total="5")
    place_order(shop, 2, due_in_hours="5", total="12")
    place_order(shop, 3, due_in_hours="5", total="15")
    engine.sweep("inventory")
    return list(Ticket.objects.order_by("pk"))


def test_it_leads_with_the_worst_and_within_it_the_dearest(three, owner, within_budget):
    Ticket.objects.filter(title__contains="O-0003").update(money_rank=Decimal(15))
    Ticket.objects.filter(title__contains="O-0002").update(money_rank=Decimal(12))
    answer = within_budget("inbox", lambda: owner.get("/tickets/"))
    titles = [row["cells"][1]["value"].title[:12] for row in answer.context["rows"]]
    assert titles == ["Order O-0001", "Order O-0003", "Order O-0002"]


def test_a_ticket_shows_the_evidence_of_its_opening_and_what_it_is_now(three, owner):
    now = {**three[0].evidence["shows"], "open_lines": 7}
    Breach.objects.filter(ticket=three[0]).update(evidence={**three[0].evidence, "shows": now})
    page = owner.get(f"/tickets/{three[0].pk}/")
    assert page.context["facts"] == [
        ("open_lines", "1", "7"), ("open_units", "2", ""), ("missed_cut_off", "0", ""),
        ("ship_by", "2 Oct 2026 11:00 UTC", ""), ("last_cut_off", deadlines.NO_CALENDAR, ""),
    ]  # fmt: skip
    assert "when it opened, <strong>7 now</strong>" in page.content.decode()


def test_it_resolves_many_with_one_answer_and_asks_for_the_answer(three, owner):
    ids = [three[0].pk, three[1].pk]
    silent = owner.post("/tickets/", {"action": "resolve", "pk": ids}, follow=True)
    assert said(silent) == ["say how it ended: one of the five answers"]
    assert Ticket.objects.filter(state="resolved").count() == 0
    answer = owner.post("/tickets/", {"action": "resolve", "pk": ids, "resolution": "wont_do"}, follow=True)
    assert said(answer) == ["2 resolved"]
    assert set(Ticket.objects.filter(pk__in=ids).values_list("state", "resolution")) == {("resolved", "wont_do")}
    assert Ticket.objects.get(pk=three[2].pk).state == "open"


def test_it_assigns_and_snoozes_many(three, owner, noon):
    ids = [ticket.pk for ticket in three]
    owner.post("/tickets/", {"action": "assign", "pk": ids, "assignee": "me"})
    owner.post("/tickets/", {"action": "snooze", "pk": ids[:1], "hours": "24"})
    assert set(Ticket.objects.values_list("assignee__username", flat=True)) == {"owner"}
    assert Ticket.objects.get(pk=ids[0]).snoozed_until == noon + timedelta(hours=24)
    mine = owner.get("/tickets/?view=mine").context["rows"]
    assert {row["pk"] for row in mine} == set(ids[1:])


def test_nothing_happens_when_no_row_is_ticked(three, owner):
    answer = owner.post("/tickets/", {"action": "resolve", "resolution": "fixed"}, follow=True)
    assert said(answer) == ["tick at least one row first"]


def test_it_shows_what_is_wrong_what_it_costs_and_leads_to_the_order(three, owner, within_budget):
    ticket = three[0]
    answer = within_budget("ticket", lambda: owner.get(f"/tickets/{ticket.pk}/"))
    order = ticket.action_params["order_id"]
    first, *_ = answer.context["actions"]
    assert (first[0].key, first[1]) == ("confirm_shipment", f"/orders/{order}/#ship")
    assert {"order", "clock"} <= {name for name, _ in answer.context["inputs"]}
    assert f"/orders/{order}/" in [link.address for link in answer.context["links"]]
    assert str(answer.context["money"]) == "5.00 EUR"


def test_it_keeps_what_people_say_on_the_timeline(three, owner):
    address = f"/tickets/{three[0].pk}/"
    owner.post(address, {"action": "comment", "text": "the courier lost it"})
    owner.post(address, {"action": "resolve", "resolution": "fixed", "text": "sent again"})
    lines = owner.get(address).context["timeline"].values_list("kind", "actor", "text")
    assert list(lines)[1:] == [("comment", "owner", "the courier lost it"), ("resolved", "owner", "sent again")]


def test_a_viewer_reads_tickets_and_cannot_close_one(three, viewer):
    assert viewer.get("/tickets/").context["can_act"] is False
    answer = viewer.post(f"/tickets/{three[0].pk}/", {"action": "resolve", "resolution": "fixed"})
    assert answer.status_code == 403
    assert Ticket.objects.filter(state="open").count() == 3


def test_it_refuses_a_button_that_the_page_does_not_have(three, owner):
    assert owner.post("/tickets/", {"action": "erase", "pk": three[0].pk}).status_code == 400
    assert Ticket.objects.count() == 3


def test_it_gives_every_suggested_action_a_page(three, shop):
    params = {
        "order_id": 1, "order": "O-1", "account_id": shop.pk, "account": shop.key, "resource": "orders",
        "remote_product_id": 1, "discrepancy_id": 1, "job": "tickets.drain", "sku": "MUG", "sku_id": 1,
        "kind": "upload", "upload_id": 1, "listing_id": 1, "metric": "late_shipments",
    }  # fmt: skip
    ticket = Ticket(action_params=params)
    lost = [action.key for _, kind in TYPES for action in kind.actions if not links.of_action(ticket, action.key)]
    assert lost == []
