"""A late order's ticket leads to the form that tells its parcel; a listing's page takes a new price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from catalog import sinks as catalog
from catalog.models import Listing
from config.core import clock
from config.core.money import Money
from config.core.permissions import Role
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.canonical import Listing as Told
from marketplaces.models import Command, SyncState
from tests import factories
from tests.tickets.conftest import place_order
from tickets.models import Threshold, Ticket
from tickets.rules import defaults, engine

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def account():
    return factories.account("shop", connected_at=clock.now(), stage="act")


def test_the_ticket_of_a_late_order_leads_to_the_form_that_tells_its_parcel(account, desk):
    Threshold.objects.all().delete()
    defaults.seed()
    SyncState.objects.create(account=account, resource="orders", last_ok_at=clock.now())
    place_order(account, 1, due_in_hours="-1", total="25")
    engine.sweep("inventory")
    page = desk(Role.OPERATIONS)
    page.goto(f"/tickets/{Ticket.objects.get().pk}/")
    page.get_by_role("link", name="Confirm the shipment").click()
    page.get_by_label("Carrier").select_option("DHL")
    page.get_by_label("Tracking number").fill("00340434161094022115")
    page.get_by_role("button", name="Confirm the shipment").click()
    expect(page.get_by_text("is on its way to be told")).to_be_visible()
    expect(page.locator("#ship .nf-list")).to_contain_text("shipped, DHL, 00340434161094022115")
    expect(page.get_by_role("button", name="Confirm the shipment")).to_have_count(0)
    assert Command.objects.values_list("kind", "state", "asked_by").get() == (
        "confirm_shipment", "planned", "operations",
    )  # fmt: skip


def test_a_new_price_is_written_from_the_page_of_the_listing(account, desk):
    told = Told(
        external_id="A1", channel=account.stores[0], sku="MUG-BLUE", title="Blue mug", status=ListingStatus.ACTIVE,
        price=Money(Decimal("19.95"), "EUR"), quantity=7, changed_at=clock.now(), fulfilment=Fulfilment.MERCHANT,
    )  # fmt: skip
    catalog.listings([told], factories.source(account, "listings"))
    page = desk(Role.OPERATIONS)
    page.goto(f"/listings/{Listing.objects.get().pk}/")
    expect(page.get_by_label("New price in EUR")).to_have_value("19.95")
    page.get_by_label("New price in EUR").fill("17.50")
    page.get_by_role("button", name="Write the price").click()
    expect(page.get_by_text("17.50 EUR is on its way")).to_be_visible()
    expect(page.locator("#write .nf-list").last).to_contain_text("Set price: 17.50 EUR")
    assert Command.objects.get().payload["price"] == "17.50"
