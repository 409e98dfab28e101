"""A reading of a marketplace's taxonomy becomes a draft where it says something new, and its impact is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog import taxonomy_sink
from catalog.mapping import placing
from catalog.models import Placement, Taxonomy
from catalog.services import mappings, products
from config.core import clock
from marketplaces.canonical import Asked, TaxonomyNode
from marketplaces.sinks import Source
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
COLOUR = Asked("colour", choices=("Red", "Blue"))


@pytest.fixture
def account(north):
    with clock.frozen(NOON):
        yield factories.account()


def node(key: str, name: str = "", parent: str = "all", asks: tuple[Asked, ...] = ()) -> TaxonomyNode:
    return TaxonomyNode(
        external_id=key, name=name or key.capitalize(), parent="" if key == "all" else parent, asks=asks
    )


TREE = (node("all"), node("mugs", asks=(COLOUR,)), node("bowls"))


def read(account, rows, at=NOON):
    return taxonomy_sink.nodes(rows, Source(account=account, resource="taxonomy", at=at))


def versions(account):
    return list(Taxonomy.objects.filter(marketplace=account.marketplace).order_by("made_at", "pk"))


def test_the_first_reading_is_a_draft_with_what_each_category_asks(account):
    assert read(account, TREE).inserted == 3
    (draft,) = versions(account)
    assert (draft.name, draft.state, draft.source) == ("read 2026-10-02 12:00", "draft", "read from the marketplace")
    assert set(draft.categories.values_list("key", "parent_key", "is_leaf")) == {
        ("all", "", False), ("mugs", "all", True), ("bowls", "all", True),
    }  # fmt: skip
    assert list(draft.attributes.values_list("category_key", "key", "choices")) == [("mugs", "colour", ["Red", "Blue"])]


def test_a_reading_that_says_the_same_leaves_nothing_behind(account):
    read(account, TREE)
    assert read(account, TREE[::-1], NOON + WEEK).unchanged == 3
    assert len(versions(account)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        (*TREE[:2],), (*TREE, node("cups")), (TREE[0], node("mugs", "Beakers", asks=(COLOUR,)), TREE[2]),
        (TREE[0], node("mugs", asks=(Asked("colour", is_required=True, choices=("Red", "Blue")),)), TREE[2]),
        (TREE[0], node("mugs", asks=(Asked("colour", choices=("Red",)),)), TREE[2]),
    ],
)  # fmt: skip
def test_whatever_changed_is_a_version_of_its_own(account, changed):
    read(account, TREE)
    assert read(account, changed, NOON + WEEK).inserted == len(changed)
    assert [version.state for version in versions(account)] == ["draft", "draft"]


def test_a_reading_in_portions_is_compared_as_a_whole(account):
    read(account, TREE)
    later = NOON + WEEK
    read(account, TREE[:2], later)
    assert len(versions(account)) == 2
    assert read(account, TREE[2:], later).unchanged == 1
    assert len(versions(account)) == 1


def test_only_the_account_that_was_connected_first_tells_of_its_marketplace(account):
    other = factories.account("second")
    assert other.marketplace == account.marketplace
    assert read(other, TREE).unchanged == 3
    assert versions(account) == []


def test_it_keeps_what_marketplaces_do_not_tell_from_the_version_before(account):
    mappings.draft_taxonomy(
        account.marketplace, "2026", by="owner",
        categories=[{"key": "mugs", "name": "Mugs", "fee_category": "kitchen"}],
        attributes=[{"category_key": "mugs", "key": "colour", "asked_if": {"attribute": "kind", "is": "mug"}}],
    )  # fmt: skip
    read(account, TREE, NOON + WEEK)
    draft = versions(account)[-1]
    assert draft.categories.get(key="mugs").fee_category == "kitchen"
    assert draft.attributes.get(key="colour").asked_if == {"attribute": "kind", "is": "mug"}


def test_a_key_that_cannot_be_stored_whole_is_rejected(account):
    told = read(account, (*TREE, node("x" * 121), node("y", asks=(Asked("z" * 81),))))
    assert (told.inserted, [each.external_id for each in told.rejected]) == (3, ["x" * 121, "y"])


def test_a_new_reading_shows_what_it_touches_before_it_counts(account):
    read(account, TREE)
    mappings.activate(versions(account)[0], by="owner")
    mug = products.create(code="MUG", title="Mug")
    Placement.objects.create(sku=mug, marketplace=account.marketplace, category_key="mugs", category_name="Mugs")
    read(account, (TREE[0], TREE[2]), NOON + WEEK)
    (impact,) = placing.impact(versions(account)[-1])
    assert (impact.change.what, impact.skus) == ("is gone", 1)
