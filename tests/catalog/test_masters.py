"""Master fields: read from text, changed as a set, every change with its before and after."""

import pytest
from django.core.exceptions import ValidationError

from catalog import selectors
from catalog.models import Identifier, Sku, SkuChange
from catalog.services import masters, products

pytestmark = pytest.mark.django_db
GTIN, OTHER = "4006381333931", "4006381333948"


@pytest.fixture
def mug(north, noon):
    return products.create(code="MUG-BLUE", title="Blue mug", brand="Kiln", weight_g=300)


def test_it_changes_what_was_typed_and_keeps_before_and_after(mug):
    given = {"weight_g": "350", "length_mm": "", "origin_country": "de", "customs_code": "6911 10 00", "brand": "Ofen"}
    assert masters.describe(mug, given, by="owner", source="typed in") == 4
    known = selectors.master_of(sku_ids=[mug.pk])[mug.pk]
    assert (known["weight_g"], known["length_mm"], known["origin_country"]) == (350, None, "DE")
    assert (known["customs_code"], known["brand"]) == ("69111000", "Ofen")
    kept = set(SkuChange.objects.values_list("field", "before", "after", "changed_by"))
    assert ("weight_g", "300", "350", "owner") in kept
    assert ("brand", "Kiln", "Ofen", "owner") in kept


def test_it_changes_nothing_and_tells_every_problem_when_a_text_cannot_be_read(mug):
    given = {"weight_g": "0", "vat_class": "low", "gtin": "4006381333932", "supplier": "Ofen AG"}
    with pytest.raises(ValidationError) as told:
        masters.describe(mug, given, by="owner")
    assert [message.partition(":")[0] for message in told.value.messages] == ["weight_g", "vat_class", "gtin"]
    assert Sku.objects.get().supplier == ""
    assert SkuChange.objects.count() == 0


def test_it_puts_a_gtin_in_the_place_of_the_former_one(mug):
    masters.describe(mug, {"gtin": GTIN}, by="owner")
    masters.describe(mug, {"gtin": OTHER}, by="owner")
    assert [each.value for each in Identifier.objects.filter(sku=mug)] == [OTHER]


def test_it_refuses_a_gtin_that_means_another_sku(mug):
    jug = products.create(code="JUG", title="Jug")
    masters.describe(jug, {"gtin": GTIN}, by="owner")
    with pytest.raises(ValidationError, match=f"gtin {GTIN} belongs to JUG"):
        masters.describe(mug, {"gtin": GTIN}, by="owner")
    assert not Identifier.objects.filter(sku=mug).exists()


def test_it_changes_many_skus_with_few_questions(mug, django_assert_max_num_queries):
    ids = [products.create(code=f"S-{n}", title=f"S {n}").pk for n in range(20)]
    with django_assert_max_num_queries(15):
        changed = masters.change({pk: {"weight_g": 100 + n, "brand": "Kiln"} for n, pk in enumerate(ids)}, by="sheet 1")
    assert changed == 40
    assert sorted(Sku.objects.filter(pk__in=ids).values_list("weight_g", flat=True)) == list(range(100, 120))
