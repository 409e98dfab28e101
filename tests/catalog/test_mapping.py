"""Where products belong in a marketplace's taxonomy: rules, versions, what a change touches, and what is asked there."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalog.mapping import placing
from catalog.mapping.rules import Asked, Change, Facts, Refused, Rule, Rules, Source, attributes_of, changes, defects
from catalog.models import Listing, Mapping, Placement, Taxonomy
from catalog.services import mappings, products, uploads
from inventory.models import SkuDay
from tests import factories
from tests.factories import NOON

WORDS = st.sampled_from(["", "kitchen", "garden", "Kiln", "mug"])


@pytest.mark.parametrize(
    ("facts", "target"),
    [
        (Facts(sku_id=1, category="Kitchen", brand="Kiln", title="Blue mug"), "mugs-of-kiln"),
        (Facts(sku_id=1, category="kitchen", brand="Other", title="Blue mug"), "mugs"),
        (Facts(sku_id=1, category="kitchen", brand="Kiln", title="Plate"), "kiln"),
        (Facts(sku_id=1, category="kitchen", title="Plate"), "tableware"),
        (Facts(sku_id=1, category="garden", title="Rake"), ""),
    ],
)
def test_the_most_specific_rule_wins(facts, target):
    rules = Rules(
        [
            Rule("kitchen", "", "", "tableware"), Rule("kitchen", "", "mug", "mugs"), Rule("kitchen", "Kiln", "", "kiln"),
            Rule("kitchen", "Kiln", "mug", "mugs-of-kiln"),
        ]
    )  # fmt: skip
    assert rules.of(facts) == target


@given(
    st.lists(st.builds(Rule, WORDS, WORDS, WORDS, st.sampled_from("abc")), max_size=6),
    st.builds(Facts, sku_id=st.just(1), category=WORDS, brand=WORDS, title=WORDS),
)
def test_the_index_finds_what_asking_every_rule_finds(rules, facts):
    fitting = [rule for rule in rules if rule.fits(facts)]
    best = max(fitting, key=lambda rule: (rule.weight, rule.target), default=None)
    assert Rules(rules).of(facts) == (best.target if best else "")


def test_attributes_come_from_fields_options_and_constants_and_are_translated():
    facts = Facts(sku_id=1, brand="Kiln", fields={"weight_g": "300", "option:colour": "red"})
    sources = [
        Source("brand", "brand"), Source("colour", "option:colour", values={"red": "Rot"}), Source("size", "option:size"),
        Source("condition", constant="new"),
    ]  # fmt: skip
    assert attributes_of(facts, sources) == {"brand": "Kiln", "colour": "Rot", "condition": "new"}


@pytest.mark.parametrize(
    ("asked", "said", "told"),
    [
        (Asked(key="brand", is_required=True), {}, ["brand is missing"]),
        (Asked(key="brand", max_length=3), {"brand": "Kiln"}, ["brand has 4 characters, more than 3"]),
        (Asked(key="size", choices=("S", "M")), {"size": "XL"}, ["size 'XL' is none of S, M"]),
        (Asked(key="weight", kind="number", unit="g"), {"weight": "300 kg"}, ["weight '300 kg' is not in g"]),
        (Asked(key="weight", kind="number", unit="g"), {"weight": "much g"}, ["weight 'much g' is not a number"]),
        (Asked(key="weight", kind="number", unit="g"), {"weight": "300.5 g"}, []),
        (Asked(key="vegan", kind="flag"), {"vegan": "maybe"}, ["vegan 'maybe' is neither yes nor no"]),
        (Asked(key="cells", is_required=True, asked_if=("battery", "yes")), {"battery": "no"}, []),
        (
            Asked(key="cells", is_required=True, asked_if=("battery", "yes")),
            {"battery": "yes"},
            ["cells is missing, and it is asked where battery is 'yes'"],
        ),
    ],
)
def test_it_checks_presence_type_length_choice_unit_and_condition(asked, said, told):
    assert defects(said, [asked]) == told


def test_what_was_refused_before_is_refused_here():
    refused = [Refused("colour", "blau", "not a known colour"), Refused("size", "", "size is needed")]
    assert defects({"colour": "blau"}, [], refused) == [
        "colour 'blau' was refused before: not a known colour",
        "size is missing and was refused before: size is needed",
    ]
    assert defects({"colour": "rot", "size": "M"}, [], refused) == []


def test_a_new_version_tells_what_is_gone_renamed_closed_or_asks_more():
    before = {"a": ("A", True, ()), "b": ("B", True, ("x",)), "c": ("C", True, ()), "d": ("D", True, ())}
    after = {"b": ("B", True, ("x", "y")), "c": ("Cups", True, ()), "d": ("D", False, ()), "e": ("E", True, ())}
    assert changes(before, after) == [
        Change("a", "A", "is gone"), Change("b", "B", "asks y as well"), Change("c", "C", "is called 'Cups'"),
        Change("d", "D", "takes no offers any more, only its children do"),
    ]  # fmt: skip


@pytest.fixture
def shop(north, noon):
    """A mug that brought 600 EUR and a rake that brought 90, offered in one account; both places are known."""
    account = factories.account("shop")
    for code, category, paid in (("MUG", "kitchen", "600"), ("RAKE", "garden", "90"), ("KITE", "toys", "300")):
        sku = products.create(code=code, title=code.title(), category=category, brand="Kiln")
        Listing.objects.create(
            account=account, channel="DE", external_id=code, remote_id=code, sku=sku, status="active",
            fulfilment="merchant",
        )  # fmt: skip
        SkuDay.objects.create(
            account=account, channel="DE", day=NOON.date() - timedelta(days=1), sku=sku, currency="EUR", units=3,
            revenue=Decimal(paid),
        )  # fmt: skip
    mappings.activate(tree(account.marketplace, "one", mugs="Mugs", rakes="Rakes"), by="owner")
    rules = [{"category": "kitchen", "target": "mugs"}, {"category": "garden", "target": "rakes"}]
    mapping = mappings.draft_mapping(account.marketplace, "one", rules=rules, by="owner")
    mappings.activate(mapping, by="owner")
    return account


def tree(marketplace, name, attributes=(), **categories):
    rows = [{"key": key, "name": words, "fee_category": f"fee {key}"} for key, words in categories.items()]
    return mappings.draft_taxonomy(marketplace, name, categories=rows, attributes=attributes, by="owner")


@pytest.mark.django_db
def test_it_places_products_and_ranks_what_is_unmapped_by_revenue(shop):
    places = Placement.objects.order_by("sku__code").values_list("sku__code", "category_name", "fee_category")
    assert list(places) == [("MUG", "Mugs", "fee mugs"), ("RAKE", "Rakes", "fee rakes")]
    ((category, skus, weight),) = placing.unmapped(shop.marketplace)
    assert (category, skus, weight.offers, weight.amounts) == ("toys", 1, 1, [(Decimal("300.0000"), "EUR")])


@pytest.mark.django_db
def test_a_new_taxonomy_shows_what_it_touches_before_it_counts(shop):
    version = tree(shop.marketplace, "two", rakes="Rakes and hoes", attributes=[
        {"category_key": "rakes", "key": "length", "is_required": True}])  # fmt: skip
    gone, renamed, more = placing.impact(version)
    assert (gone.change.what, gone.skus, gone.weight.offers) == ("is gone", 1, 1)
    assert gone.weight.amounts == [(Decimal("600.0000"), "EUR")]
    assert [renamed.change.what, more.change.what] == ["is called 'Rakes and hoes'", "asks length as well"]
    assert Placement.objects.count() == 2
    assert mappings.activate(version, by="owner") == 1
    rake = Placement.objects.get()
    assert (rake.category_name, rake.problems) == ("Rakes and hoes", ["length is missing"])
    assert Taxonomy.objects.filter(state="active").count() == 1


@pytest.mark.django_db
def test_a_draft_of_rules_is_previewed_and_then_counts(shop):
    draft = mappings.set_rule(shop.marketplace, rule={"category": "toys", "target": "rakes"}, by="owner")
    (shift,) = placing.preview(draft)
    assert (shift.before, shift.after, shift.skus) == ("", "Rakes", 1)
    assert Placement.objects.count() == 2
    assert mappings.activate(draft, by="owner") == 3
    assert placing.unmapped(shop.marketplace) == []
    old = Mapping.objects.get(name="one")
    assert old.state == "retired"
    assert mappings.activate(old, by="owner") == 2


@pytest.mark.django_db
def test_a_rule_names_a_category_that_the_taxonomy_has(shop):
    with pytest.raises(ValidationError, match="has no category 'hats'"):
        mappings.set_rule(shop.marketplace, rule={"category": "toys", "target": "hats"}, by="owner")


@pytest.mark.django_db
def test_rules_go_out_and_come_back_by_sheet(shop):
    header, rows = uploads.template("mapping")
    lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
    assert lines[-1] == [shop.marketplace, "toys", *[""] * 7, "1", "300.00 EUR"]
    lines[-1][4] = "rakes"
    wrong = [shop.marketplace, "hats", "", "", "caps", *[""] * 6]
    text = "\n".join(";".join(line) for line in [list(header), *lines, wrong])
    sheet = uploads.upload("mapping", text.encode(), name="rules.csv", by="ann")[0]
    (problem,) = sheet.rows.get(state="rejected").problems
    assert problem["wrong"] == "the active taxonomy has no 'caps'"
    assert uploads.apply(sheet, by="ann") == 3
    draft = Mapping.objects.get(state="draft")
    assert mappings.activate(draft, by="ann") == 3


@pytest.mark.django_db
def test_a_taxonomy_comes_by_sheet(shop):
    header = "marketplace;version;category;name;parent;attribute;type;required;choices;asked_if"
    lines = [
        f"{shop.marketplace};2;top;Top;;;;;;", f"{shop.marketplace};2;mugs;Mugs;top;;;;;",
        f"{shop.marketplace};2;mugs;;;size;text;yes;S|M;", f"{shop.marketplace};2;mugs;;;cells;number;yes;;size=M",
        f"{shop.marketplace};2;cups;Cups;none;;;;;",
    ]  # fmt: skip
    sheet = uploads.upload("taxonomy", "\n".join([header, *lines]).encode(), name="tree.csv", by="ann")[0]
    assert [row.row_no for row in sheet.rows.filter(state="rejected")] == [6]
    assert uploads.apply(sheet, by="ann") == 4
    made = Taxonomy.objects.get(name="2")
    assert list(made.categories.order_by("key").values_list("key", "is_leaf")) == [("mugs", True), ("top", False)]
    assert made.attributes.get(key="cells").asked_if == {"attribute": "size", "is": "M"}
