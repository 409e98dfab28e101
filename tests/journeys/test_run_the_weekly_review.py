"""A week is looked at, every question answered, and signed; afterwards it can only be read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from config.core import clock
from config.core.permissions import Role
from tests import factories
from tickets.health import seed
from tickets.models import HealthDay, ReviewItem, WeeklyReview
from tickets.services import incidents

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_the_weekly_review_is_run_and_signed(desk):
    seed.seed()
    ReviewItem.objects.filter(position__gt=2).update(is_active=False)
    shop = factories.account("shop")
    today = clock.now().date()
    days = [today - timedelta(days=ago) for ago in (2, 1, 0)]
    for day in days:
        HealthDay.objects.create(
            account=shop, metric="late_dispatch", day=day, value=Decimal("0.06"), numerator=6, denominator=100,
            samples=100, used=Decimal("1.5"), band="risk", as_of=clock.now(),
        )  # fmt: skip
    incidents.follow(days)
    page = desk(Role.OWNER)
    page.get_by_role("link", name="Channel health").first.click()
    expect(page.get_by_text("6.00%").first).to_be_visible()
    page.get_by_role("link", name="Weekly review").click()
    expect(page.get_by_text("Shop: orders late or cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Sign")).to_be_disabled()
    for title in ("Every order that exists is here", "Orders left in time and few were cancelled"):
        page.get_by_label(f"note on {title}").fill("looked at")
        page.get_by_role("button", name=f"answer: {title}").click()
        expect(page.get_by_text(f"Answered: {title}")).to_be_visible()
    page.get_by_label("what was decided").fill("a second carrier")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("nothing in it changes any more")).to_be_visible()
    expect(page.get_by_role("button", name="Sign", exact=True)).to_have_count(0)
    expect(page.get_by_text("a second carrier")).to_be_visible()
    assert WeeklyReview.objects.values_list("signed_by", "note").get() == ("owner", "a second carrier")
