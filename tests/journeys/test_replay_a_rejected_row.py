"""A row could not be read; the mapping is fixed; a person replays it and the order is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from config.core import clock
from inventory.models import Order
from marketplaces.models import Account, RejectedRow
from marketplaces.services import pulls
from tests.marketplaces import stall

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rejected():
    """Nine orders pulled; one names its quantity in a way that the mapping does not know."""
    stall.install()
    remote, now = stall.renew(), clock.now()
    shop = Account.objects.create(
        key="shop", marketplace=stall.KEY, label="Shop", stores=["NL"], connected_at=now,
        history_from=now - timedelta(days=10),
    )  # fmt: skip
    shop.credentials.create(name="token", value="t0p-secret")
    for number in range(9):
        remote.put(f"A-{number}", now - timedelta(minutes=19 - number))
    remote.orders["A-1"] = {**remote.orders["A-1"], "pieces": 1}
    del remote.orders["A-1"]["qty"]
    pulls.pull(shop.pk, "orders")
    return RejectedRow.objects.get()


@pytest.fixture
def fixed(monkeypatch, rejected):
    former = stall.MAPPERS["orders"]

    def mapper(page):
        yield from former(stall.Page(resource="orders", body=page.body.replace(b'"pieces"', b'"qty"')))

    monkeypatch.setitem(stall.MAPPERS, "orders", mapper)


def test_it_stores_the_order_after_a_person_replays_it(fixed, desk):
    assert Order.objects.count() == 8
    page = desk()
    page.goto("/sync/")
    page.get_by_role("link", name="Rejected rows 1 wait for a fix").click()
    page.locator("tbody a").first.click()
    expect(page.locator(".nf-raw")).to_contain_text('"pieces": 1')
    page.get_by_role("button", name="Replay this page").click()
    expect(page.get_by_text("Replayed: 1 rows were stored")).to_be_visible()
    expect(page.get_by_text("This piece was replayed and is stored.")).to_be_visible()
    page.goto("/sync/rejected/")
    expect(page.get_by_text("Everything that came could be read.")).to_be_visible()
    assert Order.objects.filter(external_id="A-1").exists()
    assert RejectedRow.objects.get().state == "replayed"
