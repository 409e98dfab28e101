"""Sheets on the screens: uploaded, explained, approved by somebody else, applied, and taken home to be mended."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Listing, Mapping, Sku, Taxonomy, Upload
from catalog.services import mappings, products, uploads
from config.core.permissions import Role

pytestmark = pytest.mark.django_db
SHEET = "sku;title;weight_g;gtin\nMUG-BLUE;;350;\nPOT;;;\nPAN;Pan;heavy;\n"


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def post(browser, where, **form):
    return browser.post(where, form, follow=True)


@pytest.fixture
def waiting(owner):
    products.create(code="CUP", title="Cup")
    content = "\n".join(["sku;title", *(f"NEW-{n};New {n}" for n in range(101))]).encode()
    return uploads.upload("products", content, name="many.csv", by="operations")[0]


def test_a_sheet_goes_from_the_file_to_the_sku(owner, sell):
    file = SimpleUploadedFile("products.csv", SHEET.encode())
    answer = post(owner, "/sheets/", action="upload", kind="products", file=file)
    assert said(answer) == ["products.csv: 1 rows can be used, 2 are rejected"]
    sheet = Upload.objects.get()
    page = owner.get(f"/sheets/{sheet.pk}/")
    assert "weight g: &#x27;heavy&#x27; is not a whole number above zero" in page.content.decode()
    rejected = owner.get(f"/sheets/{sheet.pk}/?format=rejected").content.decode("utf-8-sig").splitlines()
    assert rejected[0] == "sku,title,gtin,weight_g,row,column,what_is_wrong,what_to_do"
    assert rejected[1].startswith("POT,,,,3,title,")
    assert said(post(owner, f"/sheets/{sheet.pk}/", action="apply")) == ["Applied: 1 rows count now"]
    assert Sku.objects.get(code="MUG-BLUE").weight_g == 350


def test_a_large_sheet_needs_somebody_else(waiting, owner, sign_in):
    where = f"/sheets/{waiting.pk}/"
    assert said(post(owner, where, action="apply")) == [
        "101 rows wait for a second person: approve or decline them first"
    ]
    uploader = sign_in(Role.OPERATIONS)
    assert said(post(uploader, where, action="approve_all")) == ["you uploaded this sheet; somebody else approves it"]
    finance = sign_in(Role.FINANCE)
    assert said(post(finance, where, action="approve_all")) == ["101 rows approved"]
    assert finance.post(where, {"action": "apply"}).status_code == 403
    assert not Sku.objects.filter(code="NEW-0").exists()


def test_a_viewer_looks_and_does_nothing(waiting, sign_in):
    viewer = sign_in(Role.VIEWER)
    assert viewer.get(f"/sheets/{waiting.pk}/").status_code == 200
    for action in ("approve_all", "decline", "apply", "drop", "check"):
        assert viewer.post(f"/sheets/{waiting.pk}/", {"action": action}).status_code == 403
    file = SimpleUploadedFile("products.csv", SHEET.encode())
    assert viewer.post("/sheets/", {"action": "upload", "kind": "products", "file": file}).status_code == 403


def test_it_shows_a_sheet_within_its_budget(waiting, owner, budget):
    owner.get("/")
    with budget("sheet"):
        owner.get(f"/sheets/{waiting.pk}/")
    with budget("sheets"):
        owner.get("/sheets/")


def test_master_data_is_typed_in_on_its_page(owner, sell):
    sku = Sku.objects.get(code="MUG-BLUE")
    where = f"/skus/{sku.pk}/"
    assert said(post(owner, where, action="describe", weight_g="410", vat_class="reduced")) == ["2 fields changed"]
    assert said(post(owner, where, action="describe", weight_g="-1")) == [
        "weight_g: '-1' is not a whole number above zero; write digits alone, such as 250"
    ]
    sku.refresh_from_db()
    assert (sku.weight_g, sku.vat_class) == (410, "reduced")


def test_rules_are_drafted_previewed_and_activated_on_the_page_of_a_marketplace(owner, shop, sell):
    sell("O-1")
    sku = Sku.objects.get(code="MUG-BLUE")
    Listing.objects.create(
        account=shop,
        channel="DE",
        external_id="L",
        remote_id="MUG-BLUE",
        sku=sku,
        status="active",
        fulfilment="merchant",
    )
    mappings.draft_taxonomy(
        shop.marketplace, "2026", by="seed", attributes=[{"key": "size", "is_required": True}],
        categories=[{"key": "mugs", "name": "Mugs"}],
    )  # fmt: skip
    where = f"/mapping/{shop.marketplace}/"
    tree = Taxonomy.objects.get()
    assert said(post(owner, where, action="activate_taxonomy", version=tree.pk)) == [
        "2026 counts from now on: 0 products have a place"
    ]
    assert "39.90" in owner.get(where).content.decode()
    assert said(post(owner, where, action="set_rule", category="", target="mugs")) == [
        "version 1 holds the rule; it counts once the version is activated"
    ]
    draft = Mapping.objects.get()
    assert said(post(owner, where, action="activate_mapping", version=draft.pk)) == [
        "version 1 counts from now on: 1 products have a place"
    ]
    assert "size is missing" in owner.get(where).content.decode()
    assert "39.90" not in owner.get("/mapping/").content.decode()
    assert owner.get("/mapping/nowhere/").status_code == 404
