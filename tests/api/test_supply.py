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
