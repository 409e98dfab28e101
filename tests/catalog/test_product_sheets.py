"""A sheet of products from the upload to the SKUs: judged as a whole, explained, approved, applied all or nothing."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from catalog import gaps, gtin
from catalog.models import Identifier, Sku, SkuChange
from catalog.services import masters, policy, products, uploads
from config.core import clock
from config.core.sheets.models import SheetState
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HEADER = "sku;variant_of;title;gtin;brand;weight_g;origin_country;option_colour"


@pytest.fixture(autouse=True)
def _noon(noon):
    return noon


@pytest.fixture
def mug(north):
    made = products.create(code="MUG-BLUE", title="Blue mug", brand="Kiln", weight_g=300)
    masters.describe(made, {"gtin": "4006381333931"}, by="seed")
    products.create(code="0042", title="Cup")
    return made


def upload(*lines, by="ann", header=HEADER):
    return uploads.upload("products", "\n".join([header, *lines]).encode(), name="products.csv", by=by)[0]


def told(sheet):
    rows = sheet.rows.order_by("row_no")
    return {r.row_no: [f"{p['column']}: {p['wrong']}; {p['todo']}" for p in r.problems] for r in rows if r.problems}


def states(sheet):
    return dict(sheet.rows.order_by("row_no").values_list("row_no", "state"))


def test_it_explains_every_planted_error(mug):
    sheet = upload(
        "MUG-BLUE;;;;;350;;",
        "MUG-RED;MUG-BLUE;Red mug;;;;;red",
        "mug-blue;;Mug;;;;;",
        "JUG;;;;;;;",
        "POT;NONE;Pot;;;;;",
        "PAN;;Pan;12345678905;;;;",
        "LID;;Lid;4006381333931;;;;",
        "CAN;;Can;;;heavy;;",
        "42;;Cup;;;;;",
        "=A1;;Cup;;;;;",
        "TIN;;Tin;;;;;",
        "TIN;;Tin box;;;;;",
        "MUG-ROT;MUG-BLUE;Rote Tasse;;;;;red",
    )
    assert told(sheet) == {
        3: ["row: rows 3 and 14 both speak of the variant with colour red; keep one of them"],
        4: [
            "sku: no SKU is called 'mug-blue', and 'MUG-BLUE' looks the same; "
            "write 'MUG-BLUE', or a code that cannot be mistaken for it"
        ],
        5: ["title: 'JUG' is not known, and a new SKU needs a title; write a title, or mend the code"],
        6: ["variant_of: no SKU is called 'NONE'; name a known SKU, or one that this sheet makes"],
        7: [
            "gtin: '12345678905' is not a GTIN, but '012345678905' is; "
            "if the zeros before it were cut off, write '012345678905' and format the column as text"
        ],
        8: ["gtin: 4006381333931 belongs to MUG-BLUE; mend the number, or merge the two SKUs"],
        9: ["weight_g: 'heavy' is not a whole number above zero; write digits alone, such as 250"],
        10: [
            "sku: no SKU is called '42', and '0042' looks the same; "
            "write '0042', or a code that cannot be mistaken for it"
        ],
        11: ["sku: holds the formula '=A1'; formulas are never run; paste the value instead"],
        12: ["row: rows 12 and 13 both speak of the SKU TIN; keep one of them"],
        13: ["row: rows 12 and 13 both speak of the SKU TIN; keep one of them"],
        14: ["row: rows 3 and 14 both speak of the variant with colour red; keep one of them"],
    }
    assert states(sheet)[2] == "good"


def test_it_makes_variants_and_changes_master_fields_in_one_go(mug):
    sheet = upload("MUG-BLUE;;;;;350;de;blue", "MUG-RED;MUG-BLUE;Red mug;4006381333948;;310;;red", "0042;;Cup;;;;;")
    assert states(sheet) == {2: "good", 3: "good", 4: "known"}
    assert uploads.apply(sheet, by="ann") == 2
    blue, red = Sku.objects.get(code="MUG-BLUE"), Sku.objects.get(code="MUG-RED")
    assert (blue.weight_g, blue.origin_country, blue.options) == (350, "DE", {"colour": "blue"})
    assert (red.product_id, red.weight_g, red.options) == (blue.product_id, 310, {"colour": "red"})
    assert Identifier.objects.get(sku=red).value == "4006381333948"
    source = SkuChange.objects.filter(sku=blue, field="weight_g").get().source
    assert source == f"sheet {sheet.pk}: products.csv"
    assert (sheet.state, sheet.closed_by) == (SheetState.APPLIED, "ann")


def test_a_changed_gtin_waits_for_a_second_person_who_is_not_the_uploader(mug):
    sheet = upload("MUG-BLUE;;;4006381333948;;;;", by="ann (token 3)")
    reason = "the GTIN changes from 4006381333931 to 4006381333948, by which names are linked"
    assert [row.approvals for row in sheet.rows.all()] == [[reason]]
    with pytest.raises(ValidationError, match="1 rows wait for a second person"):
        uploads.apply(sheet, by="ann")
    with pytest.raises(ValidationError, match="you uploaded this sheet"):
        uploads.approve(sheet, by="ann")
    uploads.approve(sheet, by="bob", rows=[2])
    uploads.apply(sheet, by="ann")
    assert Identifier.objects.get(sku=mug).value == "4006381333948"


def test_rows_are_approved_one_by_one_and_the_rest_is_left_out(mug):
    cup = Sku.objects.get(code="0042")
    masters.describe(cup, {"gtin": "4006381333955"}, by="seed")
    sheet = upload("MUG-BLUE;;;4006381333948;;;;", "0042;;;4006381333962;;;;")
    uploads.approve(sheet, by="bob", rows=[2])
    uploads.decline(sheet, by="bob", rows=[3])
    uploads.apply(sheet, by="ann")
    assert states(sheet) == {2: "applied", 3: "declined"}
    assert Identifier.objects.get(sku=cup).value == "4006381333955"


def test_more_than_a_hundred_rows_wait_for_a_second_person(mug):
    sheet = upload(*(f"NEW-{n};;New {n};;;;;" for n in range(101)))
    assert {tuple(row.approvals) for row in sheet.rows.all()} == {("the sheet changes 101 rows, more than 100",)}
    assert upload(*(f"NEW-{n};;New {n};;;;;" for n in range(100))).rows.exclude(approvals=[]).count() == 0


def test_it_applies_nothing_when_something_changed_since_the_preview(mug):
    sheet = upload("MUG-BLUE;;;;;350;;", "POT;;Pot;;;;;")
    masters.describe(mug, {"weight_g": "400"}, by="bob")
    with pytest.raises(ValidationError, match="something changed since this sheet was checked"):
        uploads.apply(sheet, by="ann")
    assert not Sku.objects.filter(code="POT").exists()
    uploads.check(sheet)
    assert uploads.apply(sheet, by="ann") == 2


def test_the_same_file_is_the_same_sheet_and_an_expired_one_is_taken_up_again(mug):
    sheet = upload("MUG-BLUE;;;;;350;;")
    assert upload("MUG-BLUE;;;;;350;;").pk == sheet.pk
    with clock.frozen(NOON + timedelta(hours=73)):
        uploads.expire()
        sheet.refresh_from_db()
        assert sheet.state == SheetState.EXPIRED
        fresh = uploads.again(sheet, by="bob")
        assert uploads.apply(fresh, by="bob") == 1
    mug.refresh_from_db()
    assert mug.weight_g == 350


def test_a_sheet_of_gaps_comes_back_filled_in(mug):
    policy.want(["weight_g", "origin_country", "gtin"], by="owner")
    assert gaps.of() == {
        Sku.objects.get(code="0042").pk: ["gtin", "weight_g", "origin_country"], mug.pk: ["origin_country"],
    }  # fmt: skip
    header, rows = uploads.template("products")
    assert [list(map(str, row)) for row in rows] == [
        ["0042", "Cup", "", "", "", "", "missing: gtin, weight_g, origin_country"],
        ["MUG-BLUE", "Blue mug", "4006381333931", "300", "", "", "missing: origin_country"],
    ]
    assert list(header) == ["sku", "title", "gtin", "weight_g", "origin_country", "suggestion", "why"]
    filled = upload("0042;Cup;4006381333948;200;CN;;x", "MUG-BLUE;Blue mug;4006381333931;300;DE;;x",
                    header=";".join(header))  # fmt: skip
    uploads.apply(filled, by="ann")
    assert gaps.of() == {}


@given(st.lists(st.text("0123456789", min_size=7, max_size=15), min_size=1, max_size=30, unique=True))
def test_the_database_knows_a_gtin_as_the_rule_does(values):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT value, {gaps.VALID_GTIN} FROM unnest(%s::text[]) AS value",  # noqa: S608
            [[*values, "4006381333931", "1e13"]],
        )
        found = dict(cursor.fetchall())
    assert found == {value: gtin.is_gtin(value) for value in found}
