"""An order is late; a person opens its ticket by keyboard, says a word about it and resolves it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from config.core import clock
from marketplaces.models import SyncState
from tests import factories
from tests.tickets.conftest import place_order
from tickets.models import Threshold, Ticket
from tickets.rules import defaults, engine

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def late():
    Threshold.objects.all().delete()
    defaults.seed()
    account = factories.account("shop", connected_at=clock.now())
    SyncState.objects.create(account=account, resource="orders", last_ok_at=clock.now())
    place_order(account, 1, due_in_hours="-1", total="25")
    engine.sweep("inventory")
    return Ticket.objects.get()


def test_it_is_resolved_from_the_inbox_by_keyboard(late, desk):
    page = desk()
    page.goto("/tickets/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{late.pk}/")
    expect(page.locator(".nf-figure").first).to_have_text("25.00 EUR")
    expect(page.get_by_role("link", name="Confirm the shipment")).to_be_visible()
    page.get_by_label("comment").fill("the courier came late")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_text("the courier came late")).to_be_visible()
    page.get_by_label("How did it end?").select_option("fixed")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Resolved: fixed")).to_be_visible()
    page.goto("/tickets/")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    late.refresh_from_db()
    assert (late.state, late.resolution) == ("resolved", "fixed")
    assert list(late.events.values_list("kind", "actor"))[1:] == [("comment", "owner"), ("resolved", "owner")]
