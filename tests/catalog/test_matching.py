"""Which SKU a name means, how likely and why; and how good a listing is."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from catalog import quality, selectors
from catalog.matching import REVIEW_LINE, Match, Own, Remote, match, rank
from catalog.models import Listing, RemoteProduct, Sku
from catalog.quality import Quality, Weighted, measure, of_title, weights_on
from catalog.services import masters, owners, products, remote
from catalog.services import quality as qualities
from catalog.services.remote import Seen
from tests import factories

MUG = Own(
    sku_id=1, code="MUG-042", title="Blue mug of stoneware", gtins=("4006381333931",), prices={"EUR": Decimal(20)}
)


@pytest.mark.parametrize(
    ("told", "score", "reasons"),
    [
        (Remote(remote_id="MUG-042"), 100, ("same SKU code",)),
        (Remote(remote_id="mug 042"), 85, ("SKU code MUG-042 but for capitals, blanks or zeros",)),
        (Remote(remote_id="X", gtins=("04006381333931",)), 95, ("same GTIN 04006381333931",)),
        (Remote(remote_id="X", title="Blue mug"), 36, ("66% of the words of the titles",)),
        (Remote(remote_id="X", title="Blue mug of stoneware", price=Decimal(21), currency="EUR"), 65,
         ("100% of the words of the titles", "a price within 10% of ours")),
        (Remote(remote_id="X", gtins=("4006381333931",), price=Decimal(90), currency="EUR"), 75,
         ("same GTIN 4006381333931", "a price 350% away from ours")),
        (Remote(remote_id="X", price=Decimal(20), currency="EUR"), 0, ()),
    ],
)  # fmt: skip
def test_it_scores_by_gtin_code_title_and_price(told, score, reasons):
    assert match(told, MUG) == Match(1, score, reasons)


def test_a_gtin_that_lost_its_zeros_counts_less_than_a_whole_one():
    own = Own(sku_id=1, code="A", gtins=("0012345678905",))
    assert match(Remote(remote_id="X", gtins=("12345678905",)), own).score == 80


def test_it_ranks_the_likeliest_first():
    other = Own(sku_id=2, code="MUG-43", title="Blue mug of stoneware")
    found = rank(Remote(remote_id="X", title="Blue mug of stoneware", gtins=("4006381333931",)), [other, MUG])
    assert [(each.sku_id, each.score) for each in found] == [(1, 95), (2, 55)]


@pytest.fixture
def named(north, noon):
    """A mug of ours, and a name that shares its GTIN's digits but lost the zeros."""
    sku = products.create(code="MUG", title="Blue mug")
    masters.describe(sku, {"gtin": "0012345678905"}, by="seed")
    account = factories.account()
    remote.register(account.pk, [Seen("X-1", "Blue mug", factories.gtin("12345678905"))], seen_in="orders")
    remote.register(account.pk, [Seen("Y-1", "Garden rake")], seen_in="orders")
    return {name.remote_id: name for name in RemoteProduct.objects.all()}


@pytest.mark.django_db
def test_a_new_sku_is_not_made_unawares_where_a_known_one_looks_the_same(named):
    (candidate,) = selectors.candidates(remote=named["X-1"])
    assert candidate.score >= REVIEW_LINE
    given = {"code": "X-1", "title": "Blue mug", "brand": "", "by": "olga"}
    with pytest.raises(ValidationError, match="MUG looks the same"):
        products.register(named["X-1"], **given)
    made = products.register(named["X-1"], **given, is_another=True)
    assert (made.code, Sku.objects.count()) == ("X-1", 2)


@pytest.mark.django_db
def test_it_makes_those_of_many_that_look_like_nothing_known(named):
    made, kept = products.register_all(list(named.values()), by="olga")
    assert ([sku.code for sku in made], [name.remote_id for name in kept]) == (["Y-1"], ["X-1"])
    assert RemoteProduct.objects.get(remote_id="Y-1").sku == made[0]


WEIGHTS = {name: Decimal(weight) for name, weight in qualities.WEIGHTS.items()}
PARTS = {
    "attributes": Decimal("0.8"), "main_image": Decimal(1), "image_count": Decimal("0.5"), "title": Decimal(1),
    "bullets": Decimal(1), "enhanced": Decimal(0), "description": Decimal(1), "search_terms": Decimal("0.8"),
}  # fmt: skip


def test_quality_is_the_weighted_sum_of_what_is_fulfilled():
    whole = measure(WEIGHTS, PARTS, is_blocked=False)
    assert (sum(WEIGHTS.values()), whole.score, whole.band) == (100, Decimal("76.0"), "ticket")


def test_what_does_not_apply_is_left_out_and_the_rest_rescaled():
    found = measure(WEIGHTS, PARTS | {"enhanced": None}, is_blocked=False)
    assert (found.score, found.band) == (Decimal("86.9"), "watch")
    assert measure(WEIGHTS, {}, is_blocked=False).score is None


def test_a_blocking_defect_forces_at_most_forty():
    assert measure(WEIGHTS, PARTS, is_blocked=True).score == 40
    poor = {"title": Decimal("0.1")}
    assert measure(WEIGHTS, poor, is_blocked=True).score == 10


@pytest.mark.parametrize(
    ("score", "band"),
    [("100", "good"), ("90", "good"), ("89.9", "watch"), ("80", "watch"), ("79.9", "ticket"), ("60", "ticket"),
     ("59.9", "high"), ("0", "high")],
)  # fmt: skip
def test_a_score_lies_in_the_band_that_the_formula_names(score, band):
    assert Quality(Decimal(score), is_blocked=False, parts={}).band == band


def test_weights_are_dated_and_the_category_comes_before_the_marketplace():
    rows = [
        Weighted("title", Decimal(15)), Weighted("title", Decimal(20), valid_from=date(2026, 6, 1)),
        Weighted("title", Decimal(30), marketplace="m"), Weighted("title", Decimal(9), "m", "mugs", date(2027, 1, 1)),
    ]  # fmt: skip
    for day, marketplace, weight in ((1, "", 15), (7, "", 20), (7, "m", 30)):
        assert weights_on(rows, date(2026, day, 1), marketplace=marketplace, category="mugs") == {"title": weight}
    assert weights_on(rows, date(2027, 2, 1), marketplace="m", category="mugs") == {"title": 9}


def test_a_title_says_enough_between_forty_and_two_hundred_characters():
    assert [of_title("x" * n) for n in (0, 20, 40, 200, 201)] == [0, Decimal("0.5"), 1, 1, Decimal("0.5")]
    assert quality.of_count(7, 5) == 1
    assert quality.of_count(None, 5) is None


@pytest.mark.django_db
def test_a_listing_is_scored_by_what_the_marketplace_tells(named):
    account = RemoteProduct.objects.first().account
    listing = Listing.objects.create(
        account=account, channel="DE", external_id="1", remote_id="X-1", status="active", fulfilment="merchant",
        title="x" * 20, image_url="https://example.com/a.png",
    )  # fmt: skip
    found = qualities.of_listing(listing)
    assert (found.score, found.parts) == (
        Decimal("70.0"), {"main_image": (Decimal(10), Decimal(1)), "title": (Decimal(15), Decimal("0.5"))}
    )  # fmt: skip


@pytest.mark.django_db
def test_each_field_of_a_listing_has_an_owner_said_for_it_or_for_its_account(named):
    account = RemoteProduct.objects.first().account
    listing = Listing.objects.create(
        account=account, channel="DE", external_id="1", remote_id="X-1", status="active", fulfilment="merchant"
    )
    owners.set_owner(account, "price", owner="other", by="olga")
    owners.set_owner(account, "price", listing=listing, owner="us", on_drift="restore", by="olga")
    owners.set_owner(account, "title", owner="marketplace", by="olga")
    told = {each.field: (each.owner, each.on_drift, each.said_for) for each in owners.of_listing(listing)}
    assert told["price"] == ("us", "restore", "this listing")
    assert told["title"] == ("marketplace", "ask", "the account")
    assert told["images"] == ("us", "ask", "")
    owners.as_account(listing, "price")
    assert {each.field: each.owner for each in owners.of_listing(listing)}["price"] == "other"
    with pytest.raises(ValidationError, match="no field is called"):
        owners.set_owner(account, "colour", owner="us", by="olga")
