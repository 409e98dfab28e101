"""A sheet with planted errors: uploaded, explained, mended, approved by a second person, and applied."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from catalog.models import Identifier, Sku
from catalog.services import masters, products
from config.core.permissions import Role

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
HEADER = "sku;title;gtin;weight_g;origin_country"
PLANTED = ("MUG;;4006381333948;300;DE", "CUP;;12345678905;;", "JUG;;;;", "POT;Pot;;heavy;Germany")
MENDED = ("MUG;;4006381333948;300;DE", "CUP;;012345678905;;", "JUG;Jug;;;", "POT;Pot;;900;DE")


def file(name, lines):
    return {"name": name, "mimeType": "text/csv", "buffer": "\n".join([HEADER, *lines]).encode()}


def upload(page, name, lines):
    page.goto("/sheets/")
    page.get_by_label("what the sheet is about").select_option("products")
    page.locator("input[type=file]").set_input_files(file(name, lines))
    page.get_by_role("button", name="Upload and check").click()


def test_a_sheet_with_planted_errors_is_explained_mended_approved_and_applied(desk):
    mug = products.create(code="MUG", title="Mug")
    products.create(code="CUP", title="Cup")
    masters.describe(mug, {"gtin": "4006381333931"}, by="seed")
    page = desk(Role.OPERATIONS)
    upload(page, "planted.csv", PLANTED)
    expect(page.get_by_text("planted.csv: 1 rows can be used, 3 are rejected")).to_be_visible()
    page.get_by_role("link", name="planted.csv").click()
    rows = page.locator("#table tbody")
    expect(rows).to_contain_text("'12345678905' is not a GTIN, but '012345678905' is")
    expect(rows).to_contain_text("'JUG' is not known, and a new SKU needs a title")
    expect(rows).to_contain_text("weight g: 'heavy' is not a whole number above zero")
    expect(rows).to_contain_text("origin country: 'Germany' is not a country code")

    upload(page, "mended.csv", MENDED)
    page.get_by_role("link", name="mended.csv").click()
    expect(page.get_by_text("You uploaded this sheet; somebody else approves it.")).to_be_visible()
    expect(page.get_by_role("button", name="Apply 4 rows")).to_be_disabled()
    sheet = page.url

    second = desk(Role.FINANCE)
    second.goto(sheet)
    expect(second.locator("#table tbody")).to_contain_text("the GTIN changes from 4006381333931 to 4006381333948")
    second.get_by_role("button", name="Approve all 1").click()
    expect(second.get_by_text("1 rows approved")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="Apply 4 rows").click()
    expect(page.get_by_text("Applied: 4 rows count now")).to_be_visible()
    assert set(Sku.objects.values_list("code", flat=True)) == {"MUG", "CUP", "JUG", "POT"}
    assert set(Identifier.objects.values_list("value", flat=True)) == {"4006381333948", "012345678905"}
