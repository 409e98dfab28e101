"""The active mapping says what offers should say: attributes by their names there, our own fields by theirs."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from catalog.models import OfferField
from catalog.services import mappings, products, words
from tests.marketplaces.conftest import at_noon, remote, shop
from tests.publishing.conftest import acting, offer

__all__ = ["acting", "at_noon", "remote", "shop"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def mapped(acting):
    """Mugs have a place where a material of at most six characters is asked for."""
    tree = mappings.draft_taxonomy(
        "stall", "2026", by="owner", categories=[{"key": "cups", "name": "Cups"}],
        attributes=[{"key": "material", "category_key": "cups", "is_required": True, "max_length": 6}],
    )  # fmt: skip
    rules = mappings.draft_mapping(
        "stall", "version 1", by="owner", rules=[{"category": "mugs", "target": "cups"}],
        sources=[
            {"attribute": "material", "constant": "Clay"}, {"attribute": "brand", "source": "brand"},
            {"attribute": "title", "source": "title"},
        ],
    )  # fmt: skip
    mappings.activate(tree, by="owner")
    mappings.activate(rules, by="owner")
    return acting


def sku(code: str, category: str = "mugs"):
    return products.create(code=code, title=f"The {code.lower()}", brand="Fjordhus", category=category)


def wanted():
    rows = OfferField.objects.order_by("listing__remote_id", "field")
    return [(row.listing.remote_id, row.field, row.wanted) for row in rows.select_related("listing")]


def test_offers_of_mapped_products_are_wished_to_say_it_and_others_nothing(mapped):
    offer(mapped, sku=sku("MUG"))
    offer(mapped, "BOWL", sku=sku("BOWL", "bowls"))
    offer(mapped, "STRANGER")
    assert words.wish_as_mapped("stall", by="anna") == 2
    assert wanted() == [
        ("MUG", "attributes", '{"brand":"Fjordhus","material":"Clay"}'), ("MUG", "title", "The mug"),
    ]  # fmt: skip
    row = OfferField.objects.get(field="title")
    assert (row.cause, row.asked_by) == ("version 1 of the mapping", "anna")
    assert words.wish_as_mapped("stall", by="anna") == 0


def test_a_product_with_defects_is_left_out(mapped):
    offer(mapped, sku=sku("MUG"))
    source = mappings.placing.active(mappings.Mapping, "stall").attribute_rules.get(attribute="material")
    source.constant = "Stoneware"
    source.save()
    assert words.wish_as_mapped("stall", by="anna") == 0
    assert wanted() == []


def test_without_rules_that_count_nothing_is_wished(acting):
    with pytest.raises(ValidationError, match="no rules count yet"):
        words.wish_as_mapped("stall", by="anna")
