from datetime import timedelta
from decimal import Decimal

import pytest

from catalog import selectors, sinks
from catalog.filters import ListingFilter
from catalog.models import Listing as Stored
from catalog.models import ListingIssue as StoredIssue
from catalog.models import ListingPrice, OfferSnapshot, RemoteProduct
from catalog.services import products
from config.core.money import Money
from marketplaces.canonical import EDITED, Competitor, Listing, ListingIssue, ListingStatus, Offer, Price, Severity
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(north):
    return factories.account()


def listing(price="19.95", **changes):
    values = {
        "external_id": "A1", "channel": "DE", "sku": "MUG-BLUE", "title": "Blue mug", "status": ListingStatus.ACTIVE,
        "price": Money(Decimal(price), "EUR"), "quantity": 7, "changed_at": NOON,
    }  # fmt: skip
    return Listing(**{**values, **changes})


def issue(code):
    return ListingIssue(code=code, severity=Severity.ERROR, message=f"{code} is wrong", is_blocking=True)


def land(account, *rows, at=NOON):
    return sinks.listings(rows, factories.source(account, "listings", at))


def test_it_links_a_listing_to_the_sku_that_its_code_names(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    land(account, listing())
    assert Stored.objects.get().sku == sku


def test_our_listing_and_its_sku_stay_the_same_when_the_seller_sku_is_renamed_there(account):
    sku = products.create(code="MUG-BLUE", title="Blue mug")
    land(account, listing())
    before = Stored.objects.get()
    land(account, listing(sku="NAVY-MUG", changed_at=NOON + timedelta(hours=1)), at=NOON + timedelta(hours=1))
    after = Stored.objects.get()
    assert (after.pk, after.remote_id, after.sku) == (before.pk, "NAVY-MUG", sku)
    names = RemoteProduct.objects.order_by("remote_id").values_list("remote_id", "sku", "reason")
    assert list(names) == [
        ("MUG-BLUE", sku.pk, "same SKU code"), ("NAVY-MUG", sku.pk, "renamed from MUG-BLUE"),
    ]  # fmt: skip


def test_a_listing_that_is_renamed_to_the_code_of_another_sku_means_that_one(account):
    products.create(code="MUG-BLUE", title="Blue mug")
    red = products.create(code="MUG-RED", title="Red mug")
    land(account, listing())
    land(account, listing(sku="MUG-RED", changed_at=NOON + timedelta(hours=1)), at=NOON + timedelta(hours=1))
    assert Stored.objects.get().sku == red


def test_it_keeps_each_price_with_the_moment_from_which_it_held(account):
    later = NOON + timedelta(hours=2)
    land(account, listing("19.95"))
    land(account, listing("19.95", quantity=3, changed_at=later), at=later)
    land(account, listing("17.50", changed_at=later + timedelta(hours=1)), at=later + timedelta(hours=1))
    history = ListingPrice.objects.order_by("since").values_list("price", "since")
    assert list(history) == [(Decimal("19.9500"), NOON), (Decimal("17.5000"), later + timedelta(hours=1))]


def test_it_closes_an_issue_that_is_told_no_more_and_keeps_its_history(account):
    land(account, listing(issues=(issue("missing_image"), issue("missing_brand"))))
    land(account, listing(issues=(issue("missing_brand"),), changed_at=NOON + timedelta(hours=1)))
    states = dict(StoredIssue.objects.values_list("code", "is_open"))
    assert states == {"missing_image": False, "missing_brand": True}


def test_news_of_a_marketplace_are_kept_and_count_as_no_problem(account):
    news = ListingIssue(code=EDITED, severity=Severity.INFO, message="edited on Friday")
    land(account, listing(issues=(issue("missing_image"), news)), listing(external_id="A2", sku="CUP", issues=(news,)))
    assert dict(selectors.listings().values_list("external_id", "problems")) == {"A1": 1, "A2": 0}
    faulty = ListingFilter({"has_issues": "true"}, Stored.objects.all(), request=None).qs
    assert [each.external_id for each in faulty] == ["A1"]
    assert StoredIssue.objects.filter(is_open=True).count() == 3


def test_it_leaves_issues_alone_when_the_source_does_not_tell_them(account):
    land(account, listing(issues=(issue("missing_image"),)))
    land(account, listing(issues=None, changed_at=NOON + timedelta(hours=1)))
    assert StoredIssue.objects.get().is_open is True


def test_it_sets_a_price_of_a_known_listing_and_ignores_one_of_an_unknown(account):
    land(account, listing("19.95"))
    rows = [
        Price(external_id="A1", channel="DE", price=Money(Decimal("21.00"), "EUR")),
        Price(external_id="A9", channel="DE", price=Money(Decimal("1.00"), "EUR")),
    ]
    applied = sinks.prices(rows, factories.source(account, "prices", NOON + timedelta(hours=1)))
    assert (applied.updated, applied.unchanged) == (1, 1)
    assert Stored.objects.get().price == Decimal("21.0000")
    assert ListingPrice.objects.count() == 2


def test_it_ignores_an_old_price_whoever_tells_it_and_writes_no_history(account):
    land(account, listing("19.95"))
    late, old = NOON + timedelta(hours=3), NOON + timedelta(hours=1)
    fresh = Price(external_id="A1", channel="DE", price=Money(Decimal("21.00"), "EUR"), observed_at=late)
    assert sinks.prices([fresh], factories.source(account, "prices", late)).updated == 1
    stale = Price(external_id="A1", channel="DE", price=Money(Decimal("18.00"), "EUR"))
    assert sinks.prices([stale], factories.source(account, "prices", old)).unchanged == 1
    land(account, listing("19.95", quantity=3, changed_at=old), at=late)
    kept = Stored.objects.get()
    assert (kept.price, kept.price_seen_at, kept.quantity) == (Decimal("21.0000"), late, 3)
    assert list(ListingPrice.objects.order_by("since").values_list("price", flat=True)) == [
        Decimal("19.9500"),
        Decimal("21.0000"),
    ]


def test_it_writes_nothing_when_a_later_row_confirms_the_price(account):
    row = listing("19.95", changed_at=None)
    land(account, row)
    assert land(account, row, at=NOON + timedelta(hours=1)).unchanged == 1
    assert Stored.objects.get().price_seen_at == NOON


def test_it_keeps_one_observation_of_the_buy_box_per_moment(account):
    rival = Competitor(seller="S9", price=Money(Decimal("18.40"), "EUR"), is_featured=True)
    row = Offer(
        external_id="A1", channel="DE", sku="MUG-BLUE", observed_at=NOON, is_featured_own=False,
        featured_price=rival.price, lowest_price=rival.price, offer_count=2, competitors=(rival,),
    )  # fmt: skip
    for _ in range(2):
        sinks.offers([row], factories.source(account, "offers"))
    kept = OfferSnapshot.objects.get()
    assert (kept.is_featured_own, kept.featured_price, kept.competitors[0]["price"]) == (
        False,
        Decimal("18.4000"),
        "18.40",
    )
