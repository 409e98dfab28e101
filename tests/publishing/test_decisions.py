"""What people decide about writes, what others changed, and full comparisons."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import selectors, sinks
from catalog.models import BreakerLimit, FieldOwner, OfferChange, OfferField, ParityFinding, ParityRun, PublishBatch
from catalog.publishing import drift, parity
from catalog.publishing.breaker import Hour, Limits, Move, held
from catalog.publishing.tolerance import DIFFERS, differs
from catalog.services import approvals, publishing
from config.core import clock
from config.core.money import Money
from marketplaces.canonical import Listing as Told
from marketplaces.canonical import ListingStatus
from marketplaces.models import Command
from tests import factories
from tests.factories import NOON
from tests.publishing.conftest import field, offer, publish, wish

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LIMITS = Limits(most_zeros=2, price_move_percent=Decimal(30), revenue_percent=Decimal(25))


def move(pk, field="price", wanted="11", known="10", share=None):
    return Move(offer_id=pk, field=field, wanted=wanted, known=known, share=None if share is None else Decimal(share))


def confirmed(account, listing, value, name="quantity"):
    publishing.want([wish(listing, value, name)])
    with clock.frozen(NOON + MINUTE):
        publish(account)
    assert field(listing, name).state == "confirmed"


def read(account, listing, at, *, quantity=None, price=None):
    """The listing as the marketplace shows it at a moment."""
    told = Told(
        external_id=listing.external_id, channel=listing.channel, sku=listing.remote_id, title="", quantity=quantity,
        status=ListingStatus.ACTIVE, price=Money(Decimal(price), "EUR") if price else None, changed_at=at,
    )  # fmt: skip
    with clock.frozen(at):
        sinks.listings([told], factories.source(account, "listings", at))


def test_the_breaker_holds_zeros_large_moves_and_much_revenue_and_nothing_else():
    zeros = [move(pk, "quantity", "0", "5") for pk in (1, 2)]
    assert held([*zeros, move(3, wanted="13")], LIMITS, Hour()) == {}
    assert set(held([*zeros, move(3, "quantity", "0", "9"), move(4, "quantity", "7", "9")], LIMITS, Hour())) == {
        1,
        2,
        3,
    }
    assert set(held(zeros, LIMITS, Hour(zeros=1))) == {1, 2}
    assert held([move(1, wanted="13.01"), move(2, wanted="6.99"), move(3, wanted="7")], LIMITS, Hour()).keys() == {1, 2}
    assert held([move(1, share=20), move(2, share=6), move(3)], LIMITS, Hour()).keys() == {1, 2}
    assert held([move(1, "quantity", "7", "9", share=90)], LIMITS, Hour()) == {}


def test_a_second_person_lets_a_held_set_leave(acting, remote):
    mug = offer(acting)
    publishing.want([wish(mug, Decimal("5.00"), "price", asked_by="anna")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
        batch = PublishBatch.objects.get()
        with pytest.raises(ValidationError, match="a second person must agree"):
            approvals.approve(batch.pk, by="anna")
        assert not Command.objects.exists()
        approvals.approve(batch.pk, by="ben")
        publish(acting)
    assert (field(mug, "price").state, field(mug, "price").confirmed) == ("confirmed", "5")
    with pytest.raises(ValidationError, match="was approved by ben already"):
        approvals.decline(batch.pk, by="anna", reason="too late")


def test_a_declined_set_is_withdrawn_and_a_newer_wish_leaves_it(acting, remote):
    mug, cup = offer(acting), offer(acting, "CUP")
    publishing.want([wish(mug, Decimal("5.00"), "price"), wish(cup, Decimal("5.00"), "price")])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
        publishing.want([wish(cup, Decimal("12.00"), "price")])
        approvals.decline(PublishBatch.objects.get().pk, by="ben", reason="a typing error")
    assert (field(mug, "price").state, field(mug, "price").wanted) == ("rejected", "12.3")
    assert field(mug, "price").reason == "declined by ben: a typing error"
    assert (field(cup, "price").state, field(cup, "price").wanted) == ("planned", "12")


def test_limits_of_an_account_replace_those_of_all(acting, remote):
    BreakerLimit.objects.create(account=acting, price_move_percent=80)
    mug = offer(acting)
    publishing.want([wish(mug, Decimal("5.00"), "price")])
    with clock.frozen(NOON + MINUTE):
        assert publish(acting)["planned"] == 1


def test_a_foreign_price_drifts_and_is_restored_or_adopted_by_a_person(acting, remote):
    mug, cup = offer(acting), offer(acting, "CUP")
    confirmed(acting, mug, Decimal("11.00"), "price")
    confirmed(acting, cup, Decimal("11.00"), "price")
    for listing in (mug, cup):
        read(acting, listing, NOON + 20 * MINUTE, price="10.50")
        assert field(listing, "price").state == "confirmed", "so soon it may be an old reading"
        read(acting, listing, NOON + HOUR, price="10.50")
        assert field(listing, "price").reason == "the marketplace shows 10.5 instead of 11"
    with clock.frozen(NOON + HOUR + MINUTE):
        assert drift.settle() == 0, "without a setting a person decides about prices"
        approvals.settle([field(mug, "price").pk], "restore", by="anna")
        approvals.settle([field(cup, "price").pk], "adopt", by="anna")
        publish(acting)
    assert (field(mug, "price").state, field(mug, "price").confirmed) == ("confirmed", "11")
    assert (field(cup, "price").state, field(cup, "price").wanted) == ("confirmed", "10.5")
    assert Command.objects.count() == 3


def test_units_are_restored_by_themselves_but_not_for_ever(acting, remote):
    mug, at = offer(acting), NOON + HOUR
    confirmed(acting, mug, 4)
    for _ in range(4):
        read(acting, mug, at, quantity=9)
        with clock.frozen(at + MINUTE):
            drift.sweep()
            publish(acting)
        at += HOUR
    assert field(mug).state == "drifted"
    assert OfferChange.objects.filter(cause=drift.RESTORED).count() == 3


def test_fewer_units_within_the_tolerance_are_sales_and_no_drift(acting, remote):
    mug = offer(acting)
    confirmed(acting, mug, 30)
    read(acting, mug, NOON + HOUR, quantity=27)
    assert (field(mug).state, field(mug).live) == ("confirmed", "27")
    read(acting, mug, NOON + 2 * HOUR, quantity=26)
    assert field(mug).state == "drifted"


def test_what_belongs_to_another_tool_never_drifts(acting, remote):
    mug = offer(acting)
    confirmed(acting, mug, Decimal("11.00"), "price")
    FieldOwner.objects.create(account=acting, field="price", owner="other", set_at=NOON)
    read(acting, mug, NOON + HOUR, price="10.50")
    assert field(mug, "price").state == "confirmed"
    with clock.frozen(NOON + 2 * HOUR):
        assert parity.compare(acting.pk) == {"compared": 0, "drifted": 0}


def test_a_reading_that_shows_what_is_wanted_confirms_it_whoever_wrote_it(acting):
    mug = offer(acting)
    acting.stage = "observe"
    acting.save()
    publishing.want([wish(mug, 4)])
    read(acting, mug, NOON + HOUR, quantity=4)
    assert (field(mug).state, field(mug).confirmed_at) == ("confirmed", NOON + HOUR)
    assert OfferChange.objects.get().confirmed_at == NOON + HOUR


def test_a_full_comparison_counts_everything_and_keeps_what_differs(acting):
    for name, wanted, live in (("A", 5, 5), ("B", 5, 6), ("C", 50, 40), ("D", 50, 46), ("E", 5, None)):
        listing = offer(acting, name, quantity=live)
        publishing.want([wish(listing, wanted)])
    publishing.want([wish(offer(acting, "F"), Decimal("9.99"), "price")])
    with clock.frozen(NOON + HOUR):
        late = offer(acting, "G")
        publishing.want([wish(late, 1)])
        assert parity.compare(acting.pk) == {"compared": 7, "drifted": 3}
    run = ParityRun.objects.get()
    assert (run.equal, run.under_way, run.unread, run.oversellable) == (2, 1, 1, 1)
    assert (run.price_drifted, run.quantity_drifted) == (1, 2)
    found = ParityFinding.objects.order_by("listing__external_id").values_list(
        "listing__external_id", "intended", "live"
    )
    assert list(found) == [("B", "5", "6"), ("C", "50", "40"), ("F", "9.99", "12.3")]
    assert selectors.drift()[0].percent == Decimal(3) / 7 * 100


def test_delays_count_from_the_cause_and_what_is_not_live_counts_with_its_age(acting, remote):
    listings = [offer(acting, f"M{number}", quantity=50) for number in range(4)]
    for number, listing in enumerate(listings):
        publishing.want([wish(listing, number, cause_at=NOON - number * MINUTE)])
    with clock.frozen(NOON + MINUTE):
        publish(acting)
        publishing.want([wish(listings[0], 9, cause_at=NOON + MINUTE)])
    with clock.frozen(NOON + HOUR):
        told = selectors.delays(since=NOON - HOUR)[0]
    assert (told.changes, told.open, told.within) == (5, 1, 1)
    assert (told.p50, told.p95, told.oldest_open) == (180, 3540, 3540)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.integers(0, 200), st.integers(0, 200))
def test_the_database_judges_units_as_the_plain_rule_does(north, live, meant):
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + DIFFERS.format(field="'quantity'", live="%(live)s", meant="%(meant)s"),
                       {"live": str(live), "meant": str(meant)})  # fmt: skip
        assert cursor.fetchone()[0] == differs("quantity", str(live), str(meant))
    assert OfferField.objects.count() == 0
