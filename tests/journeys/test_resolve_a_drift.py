"""Somebody changed two prices of ours at the marketplace: one is written again, the other one is taken over."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from catalog import sinks
from catalog.models import OfferField
from catalog.publishing import deltas
from catalog.services import publishing
from config.core import clock
from config.core.money import Money
from config.core.permissions import Role
from marketplaces.canonical import Listing as Told
from marketplaces.canonical import ListingStatus
from marketplaces.models import Command
from tests import factories
from tests.publishing.conftest import field, offer, wish

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def shown(account, listing, price, at):
    """The marketplace shows the offer with this price."""
    told = Told(
        external_id=listing.external_id, channel=listing.channel, sku=listing.remote_id, title="", quantity=5,
        status=ListingStatus.ACTIVE, price=Money(Decimal(price), "EUR"), changed_at=at,
    )  # fmt: skip
    sinks.listings([told], factories.source(account, "listings", at))


def test_a_person_restores_one_foreign_price_and_adopts_another(desk):
    account = factories.account("shop", connected_at=clock.now(), stage="act")
    yesterday = clock.now() - timedelta(days=1)
    with clock.frozen(yesterday):
        mug, cup = (offer(account, name, price=Decimal("11.00"), changed_at=yesterday) for name in ("MUG", "CUP"))
        publishing.want([wish(mug, Decimal("11.00"), "price"), wish(cup, Decimal("11.00"), "price")])
    for listing in (mug, cup):
        shown(account, listing, "10.50", clock.now() - timedelta(minutes=1))
    page = desk(Role.OPERATIONS)
    page.goto("/publishing/drift/")
    expect(page.get_by_text("the marketplace shows 10.5 instead of 11")).to_have_count(2)
    for name, button, told in (("MUG", "Restore ours", "on their way back"), ("CUP", "Adopt theirs", "taken over")):
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
        page.get_by_role("button", name=button).click()
        expect(page.get_by_text(told)).to_be_visible()
        expect(page.get_by_role("row").filter(has_text=name)).to_have_count(0)
    assert (field(mug, "price").state, field(mug, "price").wanted) == ("planned", "11")
    assert (field(cup, "price").state, field(cup, "price").wanted) == ("confirmed", "10.5")
    assert set(OfferField.objects.values_list("asked_by", flat=True)) == {"operations"}
    deltas.publish(account.pk)
    assert Command.objects.get().payload["price"] == "11"
    page.goto(f"/listings/{mug.pk}/")
    expect(page.get_by_text("restored after a foreign change").first).to_be_visible()
