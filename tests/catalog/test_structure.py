"""Bundles, and SKUs or products that turn out to be one: merged with a journal, parted again by it."""

import pytest
from django.core.exceptions import ValidationError

from catalog import selectors
from catalog.merging import obstacle
from catalog.models import Identifier, Listing, Merge, RemoteProduct, Sku, SkuKind
from catalog.services import bundles, merges, products, remote
from catalog.services.remote import Seen
from marketplaces.canonical import IdentifierKind
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def skus(north, noon):
    """A mug known under two codes, and a lid."""
    return [products.create(code=code, title=code.title()) for code in ("MUG", "MUG-OLD", "LID")]


@pytest.fixture
def named(skus):
    """The old mug has a GTIN, and one account lists it as OLD-1."""
    _, old, _ = skus
    account = factories.account()
    products.identify(old, IdentifierKind.GTIN, "4006381333931")
    remote.register(account.pk, [Seen("OLD-1", product_ids=factories.gtin("4006381333931"))], seen_in="listings")
    Listing.objects.create(
        account=account,
        channel="DE",
        external_id="X",
        remote_id="OLD-1",
        sku=old,
        status="active",
        fulfilment="merchant",
    )
    return account


def meanings():
    return {
        "gtin": Identifier.objects.get().sku.code, "name": RemoteProduct.objects.get().sku.code,
        "listing": Listing.objects.get().sku.code,
    }  # fmt: skip


def test_a_bundle_says_how_many_pieces_of_what_it_holds(skus):
    mug, _, lid = skus
    gift = products.create(code="GIFT", title="Gift")
    assert bundles.compose(gift, {"MUG": 2, "LID": 1}, by="owner") == 2
    gift.refresh_from_db()
    assert gift.kind == SkuKind.BUNDLE
    assert selectors.components(sku_ids=[gift.pk, mug.pk]) == {gift.pk: {mug.pk: 2, lid.pk: 1}}
    assert bundles.compose(gift, {}, by="owner") == 0
    gift.refresh_from_db()
    assert (gift.kind, selectors.components()) == (SkuKind.ITEM, {})


def test_a_bundle_holds_no_bundle_and_not_itself(skus):
    mug, old, lid = skus
    bundles.compose(mug, {"LID": 1}, by="owner")
    for sku, parts in ((old, {"MUG": 1}), (old, {"MUG-OLD": 1}), (lid, {"MUG-OLD": 1}), (old, {"LID": 0})):
        with pytest.raises(ValidationError):
            bundles.compose(sku, parts, by="owner")
    assert set(selectors.components()) == {mug.pk}


def test_merged_names_mean_the_kept_sku_and_come_back_when_it_is_undone(skus, named):
    mug, old, _ = skus
    merge = merges.merge(mug, old, by="owner", reason="typed twice")
    assert meanings() == dict.fromkeys(("gtin", "name", "listing"), "MUG")
    old.refresh_from_db()
    assert (old.is_retired, old.merged_into_id) == (True, mug.pk)
    merges.undo(merge, by="owner")
    assert meanings() == dict.fromkeys(("gtin", "name", "listing"), "MUG-OLD")
    old.refresh_from_db()
    assert (old.is_retired, old.merged_into_id) == (False, None)
    with pytest.raises(ValidationError, match="undone already"):
        merges.undo(merge, by="owner")


def test_undoing_leaves_alone_what_a_person_linked_elsewhere_since(skus, named):
    mug, old, lid = skus
    merge = merges.merge(mug, old, by="owner", reason="typed twice")
    name = RemoteProduct.objects.get()
    remote.link(name, lid, by="owner", instead_of=mug)
    merges.undo(merge, by="owner")
    assert RemoteProduct.objects.get().sku == lid
    assert Identifier.objects.get().sku == old


def test_a_new_name_with_the_code_of_a_merged_sku_means_the_kept_one(skus, named):
    mug, old, _ = skus
    merges.merge(mug, old, by="owner", reason="typed twice")
    assert remote.register(named.pk, [Seen("MUG-OLD")], seen_in="orders") == {"MUG-OLD": mug.pk}


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        ({"kind": "parent"}, {}, "M is a parent and T an item: they are never one thing"),
        ({}, {"kind": "bundle"}, "M is an item and T a bundle: they are never one thing"),
        ({"options": {"colour": "blue"}}, {"options": {"colour": "red"}},
         "they are different variants: colour blue and colour red"),
        ({}, {"is_retired": True}, "T is retired already"),
        ({"options": {"colour": "blue"}}, {}, ""),
    ],
)  # fmt: skip
def test_a_parent_never_merges_with_its_child_nor_a_variant_with_another(mine, theirs, told):
    assert obstacle(Sku(pk=1, code="M", product_id=1, **mine), Sku(pk=2, code="T", product_id=1, **theirs)) == told


def test_products_merge_into_variants_and_part_again(skus):
    mug, old, _ = skus
    merge = merges.merge_products(mug.product, old.product, by="owner", reason="two colours of one")
    assert set(mug.product.skus.values_list("code", flat=True)) == {"MUG", "MUG-OLD"}
    merges.undo(merge, by="owner")
    old.refresh_from_db()
    assert old.product_id == merge.gone_id


def test_it_merges_nothing_while_a_parent_stands_on_both_sides(skus):
    mug, old, lid = skus
    Sku.objects.filter(pk__in=[mug.pk, old.pk]).update(kind=SkuKind.PARENT)
    with pytest.raises(ValidationError, match="both products have a parent SKU"):
        merges.merge_products(mug.product, old.product, by="owner", reason="same")
    with pytest.raises(ValidationError, match="LID is an item and MUG a parent"):
        merges.merge(lid, mug, by="owner", reason="same")
    assert Merge.objects.count() == 0


def test_a_name_that_means_a_sku_is_not_given_to_another_unawares(skus, named):
    mug, old, lid = skus
    name = RemoteProduct.objects.get()
    with pytest.raises(ValidationError, match="OLD-1 means MUG-OLD already"):
        remote.link(name, lid, by="owner")
    with pytest.raises(ValidationError, match="OLD-1 means MUG-OLD already"):
        remote.link(name, lid, by="owner", instead_of=mug)
    remote.link(name, lid, by="owner", instead_of=old)
    assert RemoteProduct.objects.get().sku == lid
