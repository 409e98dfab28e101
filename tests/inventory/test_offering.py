"""What an offer may show: the golden cases, and the same rules as sets held against the pure ones."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Listing
from catalog.services import products
from inventory import offering, sinks
from inventory.models import AllocationRule, Buffer, MoveKind, StaleOffer
from inventory.offering import Place, RuleKind, Stock, buffer, offered, oversell_chance, rules_for
from inventory.services import allocation, offers
from inventory.services.offers import Offered
from tests import factories
from tests.factories import NOON
from tests.inventory.conftest import feed, move, warehouse


def test_it_offers_51_and_not_80_when_29_are_reserved():
    assert offered(Stock(on_hand=80, reserved=29), {}) == 51


@pytest.mark.parametrize(
    ("rules", "units"),
    [
        ({}, 10),
        ({RuleKind.MAXIMUM: 3}, 3),
        ({RuleKind.SAFETY: 4}, 6),
        ({RuleKind.SAFETY: 40}, 0),
        ({RuleKind.PERCENTAGE: 33}, 3),
        ({RuleKind.PERCENTAGE: 0}, 0),
        ({RuleKind.SAFETY: 1, RuleKind.PERCENTAGE: 50, RuleKind.MAXIMUM: 9}, 4),
        ({RuleKind.FIXED: 7, RuleKind.MAXIMUM: 2}, 7),
        ({RuleKind.FIXED: 70}, 10),
        ({RuleKind.PRIORITY: 10}, 0),
        ({RuleKind.PRIORITY: 9}, 10),
        ({RuleKind.MAXIMUM: 3, RuleKind.REPLENISHABLE: 20}, 20),
        ({RuleKind.REPLENISHABLE: 5}, 10),
        ({RuleKind.INBOUND: 50}, 13),
    ],
)
def test_it_keeps_each_rule(rules, units):
    assert offered(Stock(on_hand=15, reserved=3, buffer=2, inbound=7), rules) == units


def test_it_offers_nothing_when_nothing_is_left_and_never_less():
    assert offered(Stock(on_hand=3, reserved=3), {}) == 0
    assert offered(Stock(on_hand=3, reserved=3, buffer=5), {}) == 0


def test_it_holds_back_5_where_others_sell_144_a_day_and_a_change_takes_10_minutes():
    assert round(oversell_chance(1.0, 4), 4) == 0.0037
    assert round(oversell_chance(1.0, 5), 5) == 0.00059
    assert buffer(Decimal(144), 600, 0.001) == 5


@given(mean=st.floats(0, 100), target=st.sampled_from([0.001, 0.01]))
@settings(max_examples=40)
def test_it_holds_back_the_smallest_number_that_keeps_the_chance_below_the_target(mean, target):
    units = buffer(Decimal(mean), 86_400, target)
    assert oversell_chance(mean, units) <= target * 1.0001
    assert units == 0 or oversell_chance(mean, units - 1) > target * 0.9999


@pytest.fixture
def listed(shop):
    """A shop whose SKU is listed in two stores of its account, from which we publish."""
    shop.account.feeds.update(is_publishing=True)
    shop.listings = [listing(shop.account, shop.sku, channel) for channel in ("AA", "BB")]
    return shop


def listing(account, sku, channel="", **changes):
    given = {"remote_id": "MUG-BLUE", "status": "active", "fulfilment": "merchant", "quantity": 80, **changes}
    return Listing.objects.create(
        account=account, channel=channel, sku=sku, external_id=f"E{Listing.objects.count()}", **given
    )


def wishes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT listing_id, wanted FROM catalog_offerfield WHERE field = 'quantity' ORDER BY listing_id")
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_it_wishes_for_what_is_left_when_an_order_lands(listed):
    listed.move(80)
    listed.land(factories.order(lines=(factories.order_line(quantity=29),)))
    assert offers.offer() == {"skus": 1, "changed": 2}
    assert wishes() == {row.pk: "51" for row in listed.listings}
    assert offers.offer() == {"skus": 0, "changed": 0}


@pytest.mark.django_db
def test_it_wishes_for_zero_when_the_last_unit_is_sold(listed):
    listed.move(2)
    listed.land(factories.order())
    offers.offer()
    assert set(wishes().values()) == {"0"}


@pytest.mark.django_db
def test_it_wishes_for_nothing_where_no_shelf_of_ours_holds_the_product(listed):
    red = products.create(code="MUG-RED", title="Red mug")
    listing(listed.account, red), listing(listed.account, None)
    listing(listed.account, listed.sku, "CC", fulfilment="marketplace")
    listing(factories.account("other"), listed.sku)
    listed.move(3)
    offers.refresh(everything=True)
    offers.offer()
    assert wishes() == {row.pk: "3" for row in listed.listings}


@pytest.mark.django_db
def test_it_wishes_again_when_a_rule_is_set_or_lifted(listed):
    listed.move(10)
    offers.offer()
    rule = allocation.limit(RuleKind.MAXIMUM, 4, by="olga", channel="AA")
    offers.offer()
    first, second = listed.listings
    assert wishes() == {first.pk: "4", second.pk: "10"}
    allocation.lift(rule)
    offers.offer()
    assert wishes() == {first.pk: "10", second.pk: "10"}


@pytest.mark.django_db
def test_it_computes_buffers_from_what_the_other_accounts_sell(listed, noon):
    other = factories.account("other")
    feed(other, listed.house)
    listed.move(5_000)
    line = factories.order_line(quantity=28 * 144)
    sinks.orders([factories.order(lines=(line,), ordered_at=NOON - timedelta(days=1))], factories.source(other))
    offers.offer()
    assert offers.compute_buffers() == {"changed": 1}
    found = Buffer.objects.get()
    assert (found.account, found.units, found.per_day, found.delay_s) == (listed.account, 5, 144, 600)
    assert offers.compute_buffers() == {"changed": 0}
    offers.offer()
    assert set(wishes().values()) == {str(5_000 - 28 * 144 - 5)}


RULES = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in RuleKind if kind != RuleKind.INBOUND]),
        st.integers(0, 30), st.booleans(), st.sampled_from(["", "AA", "BB"]), st.booleans(), st.integers(0, 2),
    ),
    max_size=14, unique_by=lambda rule: (rule[0], *rule[2:]),
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=RULES, on_hand=st.tuples(st.integers(0, 40), st.integers(0, 40)), units=st.integers(0, 12))
def test_it_computes_the_same_for_sets_as_for_one(listed, rules, on_hand, units):
    AllocationRule.objects.all().delete()
    second, _ = type(listed.house).objects.get_or_create(
        code="cologne", defaults={"pool": "", "fulfilment": "merchant"}
    )
    if not second.feeds.exists():
        feed(listed.account, second, priority=2, is_publishing=True)
    for house, wanted in zip((listed.house, second), on_hand, strict=True):
        held = listed.sku.holdings.filter(warehouse=house).first()
        if wanted != (held.on_hand if held else 0):
            move(house, listed.sku, wanted - (held.on_hand if held else 0), MoveKind.CORRECTION)
    Buffer.objects.update_or_create(
        account=listed.account, sku=listed.sku,
        defaults={"units": units, "per_day": 1, "delay_s": 1, "computed_at": NOON},
    )  # fmt: skip
    told = []
    for kind, value, of_account, channel, of_sku, which in rules:
        target = listed.listings[which - 1] if which else None
        told.append(
            (
                Place(
                    account=listed.account.pk if of_account else None, channel=channel,
                    sku=listed.sku.pk if of_sku else None, listing=target.pk if target else None,
                ), kind, value,
            )
        )  # fmt: skip
        AllocationRule.objects.create(
            kind=kind, value=value, account=listed.account if of_account else None, channel=channel,
            sku=listed.sku if of_sku else None, listing=target, set_at=NOON,
        )  # fmt: skip
    stock = Stock(on_hand=sum(on_hand), reserved=0, buffer=units)
    expected = []
    for row in listed.listings:
        place = Place(account=row.account_id, channel=row.channel, sku=row.sku_id, listing=row.pk)
        expected.append(Offered(row.pk, row.sku_id, offered(stock, rules_for(place, told))))
    if any(on_hand):
        assert sorted(offers.offered([listed.sku.pk]), key=lambda each: each.listing_id) == expected
    assert StaleOffer.objects.count() <= 1
    assert max(each.units for each in expected) <= offering.MOST_UNITS


@pytest.mark.django_db
def test_it_reserves_the_open_orders_of_an_account_when_a_warehouse_begins_to_feed_it(shop):
    other = factories.account("other")
    sinks.orders([factories.order("O-9")], factories.source(other))
    shop.move(5)
    allocation.feed(other, shop.house, starts_at=NOON)
    assert shop.level() == (5, 2, 3)
    second = warehouse("cologne")
    allocation.feed(other, second, priority=2, is_publishing=True)
    assert other.feeds.count() == 2
