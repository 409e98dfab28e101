"""An account is paused with a reason and resumed; before that, everything else is slowed down for a peak."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from config.core import clock, paces
from config.core.models import WorkItem
from config.core.permissions import Role
from marketplaces.models import Account
from tests import factories

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_an_account_is_slowed_down_then_paused_and_resumed(desk):
    shop = factories.account("shop", connected_at=clock.now())
    page = desk(Role.OPERATIONS)
    page.goto("/health/peaks/")
    page.locator("select[name=account]").select_option("shop")
    page.get_by_label("Because").fill("the biggest day of the year")
    page.get_by_role("button", name="Slow down").click()
    expect(page.get_by_text("Shop runs slower until")).to_be_visible()
    assert paces.active().get().account_id == shop.pk
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("Everything runs as declared.")).to_be_visible()
    page.goto("/sync/accounts/shop/")
    page.get_by_label("Pause, because").fill("the seller moves house")
    page.get_by_role("button", name="Pause the account").click()
    expect(page.get_by_text("This account is paused.")).to_be_visible()
    assert Account.objects.values_list("status", "status_reason").get() == ("paused", "the seller moves house")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("catches up on every flow")).to_be_visible()
    assert Account.objects.get().status == "active"
    assert WorkItem.objects.filter(job__startswith="pull.", account_id=shop.pk).exists()
