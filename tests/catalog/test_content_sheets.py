"""A sheet of texts and pictures: judged as a whole by what each marketplace takes, and applied as wishes or not at all."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from catalog import demand
from catalog.models import LearnedRule, OfferField
from catalog.services import mappings, products, publishing, uploads
from catalog.uploads import content
from config.core.sheets import reading
from marketplaces.services import batches
from tests.factories import NOON
from tests.publishing.conftest import acting, at_noon, offer, remote, shop, wish

__all__ = ["acting", "at_noon", "remote", "shop"]
pytestmark = pytest.mark.django_db
HEADER = "account;store;sku;title;description;bullets;images;attributes;on_hold;delivery"


def upload(*lines, name="words.csv", by="anna"):
    return uploads.upload("content", "\n".join([HEADER, *lines]).encode(), name=name, by=by)[0]


def told(sheet):
    rows = sheet.rows.order_by("row_no")
    return {row.row_no: [f"{p['column']}: {p['wrong']}" for p in row.problems] for row in rows if row.problems}


def wished():
    return {(row.listing.remote_id, row.field): row.wanted for row in OfferField.objects.select_related("listing")}


def test_every_field_of_words_has_a_column():
    assert set(content.FIELDS) == set(batches.WRITABLE) - {"price", "quantity"}


def test_it_explains_every_planted_error_and_applies_nothing_of_those_rows(acting):
    for name in ("MUG", "CUP", "JUG", "POT"):
        offer(acting, name)
    sheet = upload(
        "shop;;MUG;ab;;;;;;",
        "shop;;CUP;;;one|two|three;ftp;size;yes;next week",
        "shop;;JUG;=1+1;;;;;;",
        "shop;;LID;Lid;;;;;;",
        "shop;;POT;;;;;;;",
        "store;;POT;Pot;;;;;;",
        "shop;BE;POT;Pot;;;;;;",
    )
    assert told(sheet) == {
        2: ["title: the marketplace takes no title shorter than 3 characters; 'ab' has 2; nothing is sent"],
        3: [
            "bullets: the marketplace takes no more than 2 bullets; these are 3; nothing is sent",
            "attributes: 'size' is not written as name: value",
            "on_hold: the marketplace takes no on hold from us",
            "delivery: the marketplace takes no delivery 'next week'; it is one of 1-2d, 3-5d; nothing is sent",
        ],
        4: ["title: holds the formula '=1+1'; formulas are never run"],
        5: ["sku: shop offers no 'LID'"],
        6: ["row: it says nothing"],
        7: ["account: no account has the key 'store'"],
        8: ["store: 'POT' is not offered in 'BE'"],
    }
    with pytest.raises(ValidationError):
        uploads.apply(sheet, by="anna")
    assert wished() == {}


def test_what_rows_say_becomes_wishes_and_what_they_leave_out_stays(acting):
    mug = offer(acting, title="Mug")
    publishing.want([wish(mug, {"size": "0.3 l", "colour": "red"}, "attributes"), wish(mug, "Round.", "description")])
    sheet = upload("shop;NL;MUG;Blue mug;;Keeps warm|Holds a lot;;colour: blue|lid: no;;1-2d")
    (row,) = sheet.rows.all()
    assert (row.state, row.before["title"], row.said["title"]) == ("good", "Mug", "Blue mug")
    assert uploads.apply(sheet, by="anna") == 4
    assert wished() == {
        ("MUG", "title"): "Blue mug", ("MUG", "description"): "Round.", ("MUG", "delivery"): "1-2d",
        ("MUG", "bullets"): '["Keeps warm","Holds a lot"]',
        ("MUG", "attributes"): '{"colour":"blue","lid":"no","size":"0.3 l"}',
    }  # fmt: skip
    assert OfferField.objects.get(field="title").cause == f"sheet {sheet.pk}: words.csv, row 2"


def test_two_rows_about_one_listing_are_told_of_each_other(acting):
    offer(acting, sku=products.create(code="MUG-1", title="Mug"))
    sheet = upload("shop;;MUG;Blue mug;;;;;;", "shop;NL;MUG-1;Red mug;;;;;;")
    assert list(told(sheet)) == [2, 3]
    assert told(sheet)[2] == ["row: rows 2 and 3 both speak of MUG-1 · shop NL"]


def test_what_was_refused_before_and_what_a_category_asks_is_explained_in_the_preview(acting):
    sku = products.create(code="MUG-1", title="Mug", category="mugs")
    offer(acting, sku=sku)
    LearnedRule.objects.create(
        marketplace="stall", product_type="mugs", field="title", value="Best mug", reason="no praise",
        first_seen_at=NOON, last_seen_at=NOON,
    )  # fmt: skip
    mappings.activate(mappings.draft_taxonomy(
        "stall", "2026", by="owner", categories=[{"key": "cups", "name": "Cups"}],
        attributes=[
            {"key": "weight", "category_key": "cups", "kind": "number", "unit": "g|kg", "is_required": True},
            {"key": "glaze", "category_key": "cups", "choices": ["matt", "shiny"], "is_required": True},
        ],
    ), by="owner")  # fmt: skip
    mappings.activate(
        mappings.draft_mapping("stall", "1", by="owner", rules=[{"category": "mugs", "target": "cups"}]), by="owner"
    )
    assert told(upload("shop;;MUG;Best mug;;;;weight: 3 lb|glaze: wet;;")) == {2: [
        "title: the marketplace refused this before for such a product: no praise",
        "attributes: weight '3 lb' is not in g, kg; glaze 'wet' is none of matt, shiny",
    ]}  # fmt: skip
    assert told(upload("shop;;MUG;Good mug;;;;weight: 0.3 kg;;", name="mended.csv")) == {}


def test_taking_an_offer_off_that_sells_waits_for_a_second_person(acting, monkeypatch):
    sku = products.create(code="MUG-1", title="Mug")
    mug = offer(acting, sku=sku)
    sold = demand.Sold(7, 86, "EUR")
    made = content.Worded(pk=mug.pk, account="shop", store="NL", names=("MUG",), sold=sold)
    known = content.Known(frozenset({"shop"}), {("shop", "MUG"): [made]})
    given = reading.read(b"account,sku,on_hold\nshop,MUG,yes\n", content.LAYOUT)
    (judged,) = content.judge(given, known)
    assert judged.said.approvals == ("it takes an offer off that sold 7 in 30 days",)
    assert (judged.said.effect.amount, judged.said.effect.currency) == (-86, "EUR")
    (back,) = content.judge(reading.read(b"account,sku,on_hold\nshop,MUG,no\n", content.LAYOUT), known)
    assert (back.said.approvals, back.said.effect) == ((), None)


def test_a_sheet_to_fill_in_comes_back_as_it_is_and_changes_nothing(acting):
    mug = offer(acting, title="Mug")
    publishing.want([
        wish(mug, {"size": "0.3 l"}, "attributes"), wish(mug, ["Keeps warm", "Holds a lot"], "bullets"),
        wish(mug, "Round.\nFirm.", "description"),
    ])  # fmt: skip
    header, rows = uploads.template("content")
    (row,) = rows
    filled = ";".join('"' + str(cell).replace('"', '""') + '"' for cell in row)
    sheet = uploads.upload("content", f"{';'.join(header)}\n{filled}\n".encode(), name="same.csv", by="anna")[0]
    assert [each.state for each in sheet.rows.all()] == ["known"]
