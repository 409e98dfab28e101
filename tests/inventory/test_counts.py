"""Counts that need a second person, and offers that change to a marketplace's warehouse in two steps."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from catalog.models import Listing
from catalog.services import products
from inventory.models import CountState, FulfilmentSwitch, StockMove
from inventory.services import counts, offers, switches
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_it_books_a_small_difference_at_once_as_a_correction(shop):
    shop.move(20)
    made = counts.propose(shop.house, {shop.sku.pk: 17}, by="olga", note="shelf 3")
    assert (made.state, made.decided_by, shop.level()) == (CountState.APPLIED, "olga", (17, 0, 17))
    move = StockMove.objects.latest("pk")
    assert (move.kind, move.quantity, move.note, move.reference) == ("correction", -3, "shelf 3", f"count {made.pk}")


def test_it_lets_a_large_difference_wait_for_a_second_person(shop):
    shop.move(100)
    made = counts.propose(shop.house, {shop.sku.pk: 50}, by="olga")
    assert (made.state, shop.level()) == (CountState.PROPOSED, (100, 0, 100))
    with pytest.raises(ValidationError, match="cannot agree"):
        counts.approve(made, by="olga")
    shop.move(5)
    counts.approve(made, by="oscar")
    assert shop.level() == (55, 0, 55)
    with pytest.raises(ValidationError, match="applied already"):
        counts.reject(made, by="oscar", reason="late")


def test_it_books_nothing_of_a_rejected_count(shop):
    shop.move(100)
    made = counts.propose(shop.house, {shop.sku.pk: 0}, by="olga")
    assert counts.reject(made, by="oscar", reason="wrong shelf").decision == "wrong shelf"
    assert shop.level() == (100, 0, 100)


def test_it_opens_the_account_of_a_sku_that_was_never_seen(shop):
    red = products.create(code="MUG-RED", title="Red mug")
    counts.propose(shop.house, {red.pk: 30}, by="olga")
    assert list(StockMove.objects.values_list("kind", "quantity")) == [("opening", 30)]


def test_it_switches_an_offer_only_after_the_marketplace_showed_zero(shop, noon):
    shop.account.feeds.update(is_publishing=True)
    row = Listing.objects.create(
        account=shop.account, sku=shop.sku, external_id="E1", remote_id="MUG-BLUE", status="active",
        fulfilment="merchant", quantity=8,
    )  # fmt: skip
    shop.move(8)
    switch = switches.begin(row, by="olga")
    with pytest.raises(ValidationError, match="already"):
        switches.begin(row, by="oscar")
    offers.offer()
    assert offers.offered([shop.sku.pk])[0].units == 0
    assert switches.advance() == {"confirmed": 0, "done": 0}
    with connection.cursor() as cursor:
        cursor.execute("SELECT wanted FROM catalog_offerfield")
        assert cursor.fetchone() == ("0",)
        cursor.execute("UPDATE catalog_offerfield SET state = 'confirmed', confirmed = '0', confirmed_at = %s", [NOON])
    assert switches.advance() == {"confirmed": 1, "done": 0}
    Listing.objects.update(fulfilment="marketplace")
    assert switches.advance() == {"confirmed": 0, "done": 1}
    switch.refresh_from_db()
    assert (switch.state, switch.zero_confirmed_at) == ("done", NOON)
    assert offers.offered([shop.sku.pk]) == []


def test_it_offers_again_when_a_switch_is_cancelled(shop):
    shop.account.feeds.update(is_publishing=True)
    row = Listing.objects.create(
        account=shop.account, sku=shop.sku, external_id="E1", remote_id="MUG-BLUE", status="active",
        fulfilment="merchant",
    )  # fmt: skip
    shop.move(8)
    switches.cancel(switches.begin(row, by="olga"))
    assert FulfilmentSwitch.objects.get().state == "cancelled"
    assert offers.offered([shop.sku.pk])[0].units == 8
