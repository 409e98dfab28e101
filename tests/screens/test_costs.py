"""Costs on the screen and over the API: from the gap on a SKU's page to the applied sheet, with four eyes."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Sku
from config.api import tokens
from config.core import clock
from config.core.permissions import Role
from finance.models import Cost, CostSheet
from finance.services import costs
from finance.services.costs import Entry
from tests.factories import NOON
from tests.screens.desk.conftest import _desk, said

pytestmark = pytest.mark.django_db
HEADER = "sku;warehouse;vendor;currency;valid_from;purchase;inbound"


@pytest.fixture
def finance(north):
    return _desk(Role.FINANCE)


@pytest.fixture
def mug(shop):
    return Sku.objects.get(code="MUG-BLUE")


def record(sku, purchase="5", days_ago=10, minutes=0, **changes):
    values = {"currency": "EUR", "valid_from": NOON.date() - timedelta(days=days_ago), **changes}
    with clock.frozen(NOON - timedelta(days=1) + timedelta(minutes=minutes)):
        return costs.enter(Entry(sku_id=sku.pk, purchase=Decimal(purchase), **values), by="seed")


def file_of(*lines):
    return SimpleUploadedFile("costs.csv", "\n".join([HEADER, *lines]).encode(), content_type="text/csv")


def upload(client, *lines):
    answer = client.post("/money/costs/sheets/", {"action": "upload", "file": file_of(*lines)}, follow=True)
    return CostSheet.objects.latest("pk"), said(answer)


def cells(answer):
    return [[cell["value"] for cell in row["cells"]] for row in answer.context["rows"]]


def test_it_lists_costs_by_day_and_by_what_was_known(owner, mug, budget):
    record(mug, "5")
    record(mug, "6", days_ago=3, minutes=1)
    record(mug, "7", days_ago=3, minutes=2, vendor="Kiln")
    record(mug, "8", days_ago=3, minutes=3)
    with budget("costs"):
        answer = owner.get("/money/costs/")
    assert [row[4].amount for row in cells(answer)] == [Decimal(8), Decimal(7), Decimal(6), Decimal(5)]
    day = (NOON - timedelta(days=3)).date()
    assert {row[4].amount for row in cells(owner.get(f"/money/costs/?valid_on={day}"))} == {Decimal(8), Decimal(7)}
    early = (NOON - timedelta(days=1) + timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [row[4].amount for row in cells(owner.get(f"/money/costs/?valid_on={day}&known_at={early}"))] == [Decimal(6)]
    assert [row[4].amount for row in cells(owner.get("/money/costs/?vendor=kil"))] == [Decimal(7)]
    assert cells(owner.get("/money/costs/?currency=usd")) == []


def test_it_enters_corrects_and_ends_a_cost_with_point_or_comma(finance, mug):
    form = {"action": "enter", "sku": "MUG-BLUE", "currency": "eur", "valid_from": "2026-09-01", "purchase": "11,20",
            "inbound": "0.80", "vat_rate": "19"}  # fmt: skip
    answer = finance.post("/money/costs/", form, follow=True)
    assert said(answer) == ["MUG-BLUE costs 12.00 EUR from 2026-09-01 on; profit is computed again"]
    cost = Cost.objects.get()
    assert (cost.landed, cost.vat_rate, cost.entered_by) == (Decimal(12), Decimal("0.19"), "finance")
    with clock.frozen(NOON + timedelta(minutes=1)):
        at = f"/money/costs/{cost.pk}/"
        assert said(finance.post(at, {"action": "correct", "purchase": "ten"}, follow=True)) == [
            "purchase: 'ten' is not a number; write the number alone, like 11.20 or 11,20"
        ]
        assert said(finance.post(at, {"action": "correct", "purchase": "10", "inbound": "0"}, follow=True)) == [
            "Corrected to 10.00 EUR; what was known before stays in the history"
        ]
    with clock.frozen(NOON + timedelta(minutes=2)):
        ended = finance.post(at, {"action": "end", "on": "2026-10-01"}, follow=True)
    assert said(ended) == ["From 2026-10-01 on, no cost is known here"]
    assert [str(row.landed) for row in ended.context["history"]] == ["0.0000", "10.0000", "12.0000"]
    assert "ends" in ended.content.decode()


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"sku": "NONE"}, "no SKU is called 'NONE'"),
        ({"purchase": ""}, "write what one piece costs"),
        ({"currency": "XXX"}, "'XXX' is not a currency that is known here"),
        (
            {"valid_from": "soon"},
            "valid_from: 'soon' is not a date that can be read; write it as 2026-09-01 or 1.9.2026",
        ),
    ],
)
def test_it_says_why_a_cost_is_not_entered(finance, mug, form, told):
    given = {
        "action": "enter",
        "sku": "MUG-BLUE",
        "currency": "EUR",
        "valid_from": "2026-09-01",
        "purchase": "1",
        **form,
    }
    assert said(finance.post("/money/costs/", given, follow=True)) == [told]
    assert Cost.objects.count() == 0


def test_it_shows_gaps_and_gives_them_as_a_sheet(owner, mug, sell, budget):
    sell("O-1", "O-2")
    with budget("cost_gaps"):
        page = owner.get("/money/costs/missing/").content.decode()
    assert "MUG-BLUE" in page
    rows = list(csv.reader(io.StringIO(owner.get("/money/costs/missing/?format=csv").content.decode("utf-8-sig"))))
    assert (rows[1][0], rows[1][4]) == ("MUG-BLUE", "2026-10-02")
    assert owner.get("/money/costs/missing/?format=xlsx").content.startswith(b"PK")
    assert "fill it in" in owner.get("/products/MUG-BLUE/").content.decode()
    record(mug)
    assert "Every SKU that is sold or in stock has a cost" in owner.get("/money/costs/missing/").content.decode()
    assert "Any place" in owner.get("/products/MUG-BLUE/").content.decode()


def test_it_takes_a_sheet_from_the_upload_over_a_second_person_to_its_costs(finance, owner, mug, sell, budget):
    record(mug, "5")
    sell("O-1")
    sheet, told = upload(finance, "MUG-BLUE;;;EUR;2026-09-25;9,00;", "MUG-RED;;;EUR;2026-09-25;9,00;")
    assert told == ["costs.csv: 1 rows can be used, 1 are rejected"]
    at = f"/money/costs/sheets/{sheet.pk}/"
    with budget("cost_sheet"):
        page = owner.get(at)
    assert [(each.code, each.lines) for each in page.context["effects"]] == [("MUG-BLUE", 1)]
    assert cells(page)[0][5:9] == [page.context["rows"][0]["cells"][5]["value"], "+80.0%", "good",
        "the landed cost changes by +80.0%, more than 20%"]  # fmt: skip
    assert said(finance.post(at, {"action": "apply"}, follow=True)) == [
        "1 rows wait for a second person: approve or decline them first"
    ]
    assert said(finance.post(at, {"action": "approve_all"}, follow=True)) == [
        "you uploaded this sheet; somebody else approves it"
    ]
    row = sheet.rows.get(row_no=2)
    assert said(owner.post(at, {"action": "approve", "pk": [row.pk]}, follow=True)) == ["1 rows approved"]
    assert said(finance.post(at, {"action": "apply"}, follow=True)) == [
        "1 costs recorded; the profit of the lines above is computed again"
    ]
    assert Cost.objects.latest("pk").landed == Decimal(9)
    assert owner.get("/money/costs/sheets/?state=applied").context["rows"][0]["pk"] == sheet.pk


def test_it_gives_rejected_rows_back_with_what_to_mend_and_takes_them_again(finance, mug):
    sheet, _ = upload(finance, "MUG-BLUE;;;EUR;2026-09-25;nine;", "MUG-BLUE;;;EUR;2026-09-26;9;")
    file = finance.get(f"/money/costs/sheets/{sheet.pk}/?format=rejected").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["row"], row["column"], row["what_is_wrong"], row["what_to_do"]) == (
        "2", "purchase", "'nine' is not a number", "write the number alone, like 11.20 or 11,20",
    )  # fmt: skip
    mended = SimpleUploadedFile("again.csv", file.replace(",nine,", ",9.00,", 1).encode())
    answer = finance.post("/money/costs/sheets/", {"action": "upload", "file": mended}, follow=True)
    assert said(answer) == ["again.csv: 1 rows can be used, 0 are rejected"]


def test_it_says_what_is_wrong_with_a_file_that_is_no_sheet(finance, mug):
    file = SimpleUploadedFile("x.csv", b"name;price\nMUG;1")
    answer = finance.post("/money/costs/sheets/", {"action": "upload", "file": file}, follow=True)
    assert said(answer)[0].startswith("no column is called 'name'; the columns are sku, warehouse, vendor")
    assert CostSheet.objects.count() == 0


def test_it_lets_a_viewer_look_and_touch_nothing(north, mug):
    viewer = _desk(Role.VIEWER)
    for address in ("/money/costs/", "/money/costs/missing/", "/money/costs/sheets/"):
        assert viewer.get(address).status_code == 200
    assert viewer.post("/money/costs/", {"action": "enter"}).status_code == 403
    assert viewer.post("/money/costs/sheets/", {"action": "upload"}).status_code == 403


@pytest.fixture
def robot(north):
    _, text = tokens.issue("robot", ["read", "finance"])
    return Client(headers={"host": "north.localhost", "authorization": f"Bearer {text}"})


def post(client, address, body):
    return client.post(f"/api/v1/{address}/", body, "application/json")


def test_it_enters_corrects_and_ends_over_the_api(robot, mug):
    body = {"sku": "MUG-BLUE", "currency": "EUR", "valid_from": "2026-09-01", "purchase": "11.20", "vat_rate": "0.19"}
    made = post(robot, "costs/enter", body).json()
    assert (made["landed"], made["warehouse"], made["source"], made["entered_by"]) == (
        {"amount": "11.20", "currency": "EUR"}, None, "API", "token robot",
    )  # fmt: skip
    with clock.frozen(NOON + timedelta(minutes=1)):
        corrected = post(robot, f"costs/{made['id']}/correct", {"inbound": "1"}).json()
        assert (corrected["landed"]["amount"], corrected["vat_rate"]) == ("12.20", "0.1900")
    with clock.frozen(NOON + timedelta(minutes=2)):
        ended = post(robot, f"costs/{made['id']}/end", {"on": "2026-10-01"}).json()
    assert (ended["is_end"], ended["landed"]) == (True, None)
    held = robot.get("/api/v1/costs/?valid_on=2026-09-15").json()["results"]
    assert [row["id"] for row in held] == [made["id"]]
    with clock.frozen(NOON + timedelta(minutes=3)):
        held = robot.get("/api/v1/costs/?valid_on=2026-09-15").json()["results"]
    assert [row["id"] for row in held] == [corrected["id"]]
    refused = post(robot, "costs/enter", {**body, "currency": "XXX"})
    assert (refused.status_code, refused.json()["error"]["details"]) == (
        422, {"currency": ["'XXX' is not a currency that is known here"]},
    )  # fmt: skip


def test_it_previews_and_applies_a_sheet_over_the_api_but_leaves_approval_to_people(robot, owner, mug, sell):
    record(mug, "5")
    sell("O-1")
    sheet = robot.post("/api/v1/cost-sheets/upload/", {"file": file_of("MUG-BLUE;;;EUR;2026-09-25;9,00;")}).json()
    assert (sheet["state"], sheet["rows"], sheet["good"], sheet["unapproved"]) == ("waiting", 1, 1, 1)
    (effect,) = robot.get(f"/api/v1/cost-effects/?sheet={sheet['id']}").json()
    assert (effect["sku"], effect["lines"], effect["paid"]) == ("MUG-BLUE", 1, {"amount": "39.90", "currency": "EUR"})
    (row,) = robot.get(f"/api/v1/cost-sheet-rows/?sheet={sheet['id']}").json()["results"]
    assert (row["jump"], row["former"], row["landed"]) == (
        "0.8000", {"amount": "5.00", "currency": "EUR"}, {"amount": "9.00", "currency": "EUR"},
    )  # fmt: skip
    assert post(robot, f"cost-sheets/{sheet['id']}/apply", {}).status_code == 422
    assert post(robot, f"cost-sheets/{sheet['id']}/approve", {}).status_code == 403
    assert post(owner, f"cost-sheets/{sheet['id']}/approve", {"rows": [2]}).json()["approved"] == 1
    assert post(robot, f"cost-sheets/{sheet['id']}/apply", {}).json()["applied"] == 1
    assert robot.get("/api/v1/cost-gaps/").json() == []
    assert Cost.objects.latest("pk").valid_from == date(2026, 9, 25)


def test_it_never_takes_the_maker_of_a_token_for_the_second_person(mug, finance, django_user_model):
    person = django_user_model.objects.get(username="finance")
    _, text = tokens.issue("mine", ["read", "finance"], by=person)
    robot = Client(headers={"host": "north.localhost", "authorization": f"Bearer {text}"})
    record(mug, "5")
    sheet = robot.post("/api/v1/cost-sheets/upload/", {"file": file_of("MUG-BLUE;;;EUR;2026-09-25;9,00;")}).json()
    assert sheet["uploaded_by"] == "finance (token mine)"
    refused = finance.post(f"/money/costs/sheets/{sheet['id']}/", {"action": "approve_all"}, follow=True)
    assert said(refused) == ["you uploaded this sheet; somebody else approves it"]
