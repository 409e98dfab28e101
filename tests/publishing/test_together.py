"""Many changed offers of one account reach their marketplace in few calls, and each is told apart."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from catalog.models import Listing, OfferField
from catalog.services import publishing
from config.core import clock
from marketplaces.filters import TrafficFilter
from marketplaces.models import Command, Traffic
from marketplaces.services import batches
from tests.chaos.conftest import all_worlds, shops, street
from tests.publishing.conftest import wish
from tests.publishing.test_careless_marketplaces import careless, let_pass, shown
from tests.writes.conftest import Shop, shop

__all__ = ["all_worlds", "shop", "street"]
pytestmark = pytest.mark.django_db
BY_HUNDREDS = [case for case in shops() if case.values[0].writes["quantity"].together == 200]
TOGETHER = [case for case in shops() if case.values[0].writes["quantity"].together > 1]
MINUTE = timedelta(minutes=1)


def calls(shop: Shop) -> list[Traffic]:
    """Those that carried several writes."""
    return [
        call
        for call in Traffic.objects.filter(account=shop.account, method="POST").order_by("pk")
        if len(call.subjects) > 2
    ]


def mine(shop: Shop) -> list[Listing]:
    shop.listing()
    return list(Listing.objects.filter(account=shop.account, fulfilment="merchant").order_by("pk"))


@pytest.mark.parametrize(("adapter", "declared"), BY_HUNDREDS)
def test_450_changed_quantities_are_three_calls_and_those_that_nobody_knows_are_refused_alone(shop):
    found = [listing.remote_id for listing in mine(shop)]
    names = [*found, *(f"UNKNOWN-{number}" for number in range(450 - len(found)))]
    planned = (
        batches.Planned(
            field="quantity", value=61, key=f"write-{name}", sku=name, external_id=name, offer_seen_at=clock.now()
        )
        for name in names
    )
    batches.plan(shop.account, "b1", planned)
    assert batches.send_planned(shop.account.pk) == {"accepted": len(found), "rejected": 450 - len(found)}
    assert sorted(len(call.subjects) // 2 for call in calls(shop)) == [50, 200, 200]
    assert batches.send_planned(shop.account.pk) == {}
    assert len(calls(shop)) == 3
    write = Command.objects.get(key=f"write-{found[0]}")
    assert TrafficFilter({"command_id": write.pk}, Traffic.objects.all()).qs.get() in calls(shop)


@pytest.mark.parametrize(("adapter", "declared"), TOGETHER)
def test_of_a_call_to_a_careless_marketplace_each_write_ends_as_it_was_treated(shop):
    offers = mine(shop)[:60]
    careless(shop)
    publishing.want([wish(listing, 47) for listing in offers])
    let_pass(shop, MINUTE)
    let_pass(shop, timedelta(days=2))
    assert max(len(call.subjects) // 2 for call in calls(shop)) > 25
    ends = Counter(OfferField.objects.values_list("state", flat=True))
    assert ends["confirmed"] > 50
    assert ends["rejected"] >= 1
    for offer in OfferField.objects.select_related("listing"):
        assert (offer.state == "confirmed") == (shown(shop, offer) == offer.wanted), offer
