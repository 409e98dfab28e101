"""The list of what stands still: each with why, and with what a person can do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import FieldOwner, LearnedRule, OfferField
from catalog.publishing import blocked
from catalog.services import publishing
from config.core import clock
from marketplaces.contract import Outcome, OutcomeState
from tests.api.conftest import program
from tests.factories import NOON
from tests.publishing.conftest import acting, at_noon, offer, publish, remote, shop, wish
from tests.screens.conftest import owner, sign_in

__all__ = ["acting", "at_noon", "owner", "program", "remote", "shop", "sign_in"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(acting, remote):
    """A price that is held, one refused before, one refused now, units given up, units of another tool, one on its way."""
    held, known, refused, lost, foreign, fine = (offer(acting, name) for name in ("A", "B", "C", "D", "E", "F"))
    LearnedRule.objects.create(
        marketplace="stall", field="price", value="11", reason="too low", first_seen_at=NOON, last_seen_at=NOON
    )
    FieldOwner.objects.create(account=acting, listing=foreign, field="quantity", owner="other", set_at=NOON)
    publishing.want([
        wish(held, Decimal("5.00"), "price"), wish(known, Decimal("11.00"), "price"), wish(refused, 4),
        wish(foreign, 4),
    ])  # fmt: skip
    with clock.frozen(NOON + timedelta(minutes=1)):
        remote.outcomes = [Outcome(OutcomeState.REJECTED, "not now")]
        publish(acting)
        publishing.want([wish(lost, 4), wish(fine, 4)])
    OfferField.objects.filter(listing=lost).update(state="unknown", reason="the marketplace never showed the change")
    return acting


def test_it_lists_what_stands_still_with_its_reason_and_what_to_do(stuck):
    found = blocked.offers(OfferField.objects.all()).order_by("listing__remote_id")
    assert [(row.listing.remote_id, blocked.label(row)) for row in found] == [
        ("A", "held for approval"), ("B", "refused before"), ("C", "refused"), ("D", "given up"), ("E", "not ours to write"),
    ]  # fmt: skip
    assert all(row.reason for row in found)
    assert blocked.to_do(found[1]) == "wish for another value, or waive the rule under Learned rules"


def test_the_screen_its_file_and_the_api_show_the_same_list(stuck, owner, program):
    page = owner.get("/publishing/blocked/").content.decode()
    file = owner.get("/publishing/blocked/?format=csv")
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert "a second person approves or declines its set under Held" in page
    assert (len(rows), "What to do" in rows[0]) == (6, True)
    told = program().get("/api/v1/blocked-offers/?block=given_up").json()["results"]
    assert [(row["reason"], row["block"]) for row in told] == [("the marketplace never showed the change", "given_up")]
    assert told[0]["to_do"].startswith("compare the offer at the marketplace")
