"""Goods on their way, written by programs."""

from decimal import Decimal

import pytest

from catalog.services import products
from inventory.models import Coverage, Holding, InboundShipment, Warehouse
from tests.factories import NOON

pytestmark = pytest.mark.django_db
PATH = "/api/v1/inbound/"


@pytest.fixture
def main(noon, db):
    products.create(code="MUG", title="Mug")
    return Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")


def post(client, path, body=None, key="k"):
    return client.post(path, body or {}, content_type="application/json", headers={"idempotency-key": key})


def test_a_program_plans_orders_and_receives(program, main):
    client = program()
    made = post(client, f"{PATH}plan/", {"destination": "main", "supplier": "Kiln", "units": {"MUG": 12}}, "a").json()
    assert (made["state"], made["lines"][0]["sku"], made["lines"][0]["quantity"]) == ("planned", "MUG", 12)
    at = f"{PATH}{made['id']}/"
    assert post(client, f"{at}order/", {"expected_on": "2026-11-01"}, "b").json()["expected_on"] == "2026-11-01"
    for key in ("c", "d"):
        told = post(client, f"{at}receive/", {"key": "delivery 1", "units": {"MUG": 5}}, key).json()
    assert (told["state"], told["lines"][0]["received"], Holding.objects.get().on_hand) == ("receiving", 5, 5)
    assert post(client, f"{at}cancel/", key="e").status_code == 422
    assert post(client, f"{at}close/", key="f").json()["state"] == "closed"


def test_it_names_the_skus_that_it_does_not_know(program, main):
    answer = post(program(), f"{PATH}plan/", {"destination": "main", "units": {"MUG": 1, "NOPE": 1}})
    assert (answer.status_code, InboundShipment.objects.count()) == (400, 0)
    assert "NOPE" in answer.content.decode()


def test_a_program_approves_proposals(program, main):
    row = Coverage.objects.create(
        sku_id=products.create(code="CUP", title="Cup").pk,
        proposed=24,
        state="short",
        days=Decimal(3),
        computed_at=NOON,
    )
    (made,) = post(program(), f"{PATH}approve/", {"coverage": [row.pk]}).json()
    assert [(line["sku"], line["quantity"]) for line in made["lines"]] == [("CUP", 24)]


def test_a_program_enters_corrects_and_takes_away_storage_rates(program, main):
    client, at = program(), "/api/v1/storage-rates/"
    rate = {"from_day": 181, "valid_from": "2026-10-01", "rate": "0.4000", "currency": "EUR", "unit": "m3"}
    made = post(client, f"{at}enter/", rate, "a").json()
    assert (made["warehouse"], made["rate"], made["unit"]) == (None, {"amount": "0.40", "currency": "EUR"}, "m3")
    assert post(client, f"{at}enter/", {**rate, "rate": "0.5000"}, "b").json()["id"] == made["id"]
    assert post(client, f"{at}enter/", {**rate, "from_day": 180}, "c").status_code == 400
    assert post(client, f"{at}enter/", {**rate, "warehouse": "main"}, "d").status_code == 400, "ours are one place"
    assert post(client, f"{at}{made['id']}/take-away/", key="e").status_code == 204
    assert client.get(at).json()["results"] == []
