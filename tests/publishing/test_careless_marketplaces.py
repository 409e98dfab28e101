"""Marketplaces that take a write and lose it, show it late, undo it or refuse it: each is found, nothing is done that is not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from catalog.models import FieldOwner, Listing, OfferField
from catalog.publishing import drift
from catalog.services import publishing
from config.core import clock
from marketplaces.models import Command, Traffic
from marketplaces.sandbox.carelessness import FATES, NAME
from marketplaces.services import commands
from tests.chaos.conftest import all_worlds, shops, street
from tests.publishing.conftest import wish
from tests.writes.conftest import Shop, shop

__all__ = ["all_worlds", "shop", "street"]
pytestmark = pytest.mark.django_db
DAYS = timedelta(days=2)
FAR_PRICE = timedelta(hours=1)
each = pytest.mark.parametrize(("adapter", "declared"), shops())
OF_TITLES = [case for case in shops() if "title" in case.values[0].writes]


def careless(shop: Shop, **settings: object) -> None:
    shop.street.sandbox.overlay.put("/".join(shop.owner), "_scenarios", NAME, settings)


def fates(shop: Shop) -> Counter[str]:
    return Counter(told["fate"] for _, told in shop.view.shelf(FATES))


def shown(shop: Shop, offer: OfferField) -> str:
    """What the marketplace shows at this moment, in our spelling."""
    row = offer.listing
    found = shop.view.listing(row.remote_id, row.channel) or shop.view.listing(row.remote_id)
    return str(found.quantity) if offer.field == "quantity" else f"{found.price.amount.normalize():f}"


def let_pass(shop: Shop, span: timedelta) -> None:
    """Everything that becomes due in this time, each at its time; at its end the clock stands and the sweepers ran.

    A test commits nothing, so that a wish for a job that is running is lost; the sweepers find what waits for it.
    """
    end = clock.now() + span
    shop.street.drain(end)
    clock._frozen.set(end)
    drift.sweep()
    commands.sweep()
    shop.street.drain(end)


@each
def test_every_marketplace_that_loses_delays_undoes_or_refuses_a_write_is_found_out(shop):
    shop.listing()
    mine = list(Listing.objects.filter(account=shop.account, status="active", fulfilment="merchant").order_by("pk")[:4])
    FieldOwner.objects.create(account=shop.account, field="quantity", on_drift="ask", set_at=clock.now())
    careless(shop, fates=["refused", "dropped", "delayed", "reverted"])
    publishing.want([wish(listing, 47) for listing in mine])
    let_pass(shop, timedelta(minutes=1))
    before = Counter(OfferField.objects.values_list("state", flat=True))
    assert before["rejected"] == 1
    assert before["confirmed"] == len(mine) - 3
    let_pass(shop, timedelta(hours=6))
    assert Counter(fates(shop)) == {"refused": 1, "dropped": 1, "delayed": 1, "reverted": 1, "taken": 1}
    states = {offer.state: shown(shop, offer) for offer in OfferField.objects.select_related("listing")}
    assert states["confirmed"] == "47"
    assert set(states) == {"confirmed", "rejected", "drifted"}
    assert states["drifted"] != "47"


@pytest.mark.parametrize(("adapter", "declared"), OF_TITLES[2:3])
def test_a_title_that_is_lost_undone_or_refused_is_found_out_too(shop):
    shop.listing()
    mine = list(Listing.objects.filter(account=shop.account, status="active", fulfilment="merchant").order_by("pk")[:4])
    careless(shop, fates=["refused", "dropped", "reverted"])
    publishing.want([wish(listing, f"Lamp {listing.pk}", "title") for listing in mine])
    let_pass(shop, timedelta(hours=6))
    states = Counter(OfferField.objects.values_list("state", flat=True))
    assert states == {"confirmed": len(mine) - 2, "rejected": 1, "drifted": 1}
    for offer in OfferField.objects.select_related("listing"):
        found = shop.view.listing(offer.listing.remote_id)
        assert (offer.state == "confirmed") == (found.title == offer.wanted), offer


@pytest.mark.parametrize(("adapter", "declared"), shops()[2:3])
def test_of_many_writes_none_is_shown_as_done_that_is_not(shop):
    shop.listing()
    mine = list(
        Listing.objects.filter(account=shop.account, status="active", fulfilment="merchant").order_by("pk")[:48]
    )
    careless(shop)
    publishing.want(wish(listing, 101) for listing in mine)
    let_pass(shop, DAYS)
    told = fates(shop)
    assert told["dropped"] + told["delayed"] + told["reverted"] + told["refused"] >= 5
    for offer in OfferField.objects.select_related("listing"):
        assert (offer.state == "confirmed") == (shown(shop, offer) == offer.wanted), offer
    ends = set(Command.objects.values_list("state", flat=True))
    assert ends <= {"confirmed", "rejected", "parked", "drifted", "superseded"}


@pytest.mark.parametrize(("adapter", "declared"), shops()[1:2])
def test_twenty_changes_in_a_minute_reach_the_marketplace_as_one_write_of_the_last_value(
    shop, django_capture_on_commit_callbacks
):
    listing = shop.listing()
    for number in range(20):
        with django_capture_on_commit_callbacks(execute=True):
            publishing.want([wish(listing, 100 + number)])
            let_pass(shop, timedelta(seconds=3))
    let_pass(shop, timedelta(minutes=5))
    command = Command.objects.get()
    written = Traffic.objects.filter(command_id=command.pk).exclude(method="GET")
    assert (command.state, command.payload["quantity"], written.count()) == ("confirmed", 119, 1)
    assert shown(shop, OfferField.objects.select_related("listing").get()) == "119"
