"""What we send to DHL, and what its simulation answers, against the published description of Parcel DE Shipping."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from inventory.carriers.contract import Address, LabelFormat, Services
from inventory.carriers.dhl.countries import ALPHA3
from inventory.services import carriers
from tests.inventory.carriers.conftest import enter
from tests.inventory.carriers.test_traps import abroad, request

FILE = Path(__file__).parents[4] / "shared/specs/dhl/parcel_de_shipping_v2.json"
BASE = "/parcel/de/shipping/v2"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FILE.is_file(), reason="DHL's published schema is not in ../shared/specs/dhl"),
]
LOCKER = Address(name="Erika", street="Packstation 145", name2="1234567", postal_code="20095", city="Hamburg")


@pytest.fixture
def exercised(depot):
    """Every call of the shipping interface that the client makes, made once."""
    with carriers.opened(enter(depot)) as client:
        client.probe()
        full = Services(minimum_age=18, named_person=True, no_neighbour=True, signature=True)
        client.check(request())
        first = client.buy(request(services=full, with_return=True, size_mm=(300, 200, 100), note="4711"))
        second = client.buy(request(ref="NF00000002", consignee=LOCKER, format=LabelFormat.ZPL))
        client.buy(abroad(ref="NF00000003"))
        client.buy(request(ref="NF00000004", consignee=Address(
            name="E", street="Weg", house="1", postal_code="00000", city="Nowhere"), is_routed=True))  # fmt: skip
        client.fetch(first.tracking_number, LabelFormat.PDF)
        client.cancel(second.tracking_number)
        client.close_day([first.tracking_number, second.tracking_number])
    return depot


def test_it_sends_and_answers_what_the_published_schema_describes(exercised):
    document, checked = json.loads(FILE.read_text()), set()
    for asked, answer in exercised.seen:
        path = asked.path.partition("dhl")[2]
        if not path.startswith(BASE):
            continue
        path = path.removeprefix(BASE) or "/"
        operation = document["paths"][path][asked.method.lower()]
        known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        assert set(asked.params) <= known, f"{asked.method} {path}"
        if asked.body:
            check(document, operation["requestBody"]["content"]["application/json"]["schema"], asked.body)
        told = operation["responses"][str(answer.status)].get("content") or {}
        for described in list(told.values())[:1]:
            check(document, described["schema"], answer.body)
        checked.add((asked.method, path, answer.status))
    assert {("POST", "/orders", 200), ("POST", "/orders", 400), ("GET", "/orders", 200), ("DELETE", "/orders", 200),
            ("POST", "/manifests", 207), ("GET", "/manifests", 200)} <= checked  # fmt: skip


def check(document, schema, body):
    whole = {**schema, "components": document["components"]}
    errors = [f"{list(each.path)}: {each.message}" for each in Draft4Validator(whole).iter_errors(json.loads(body))]
    assert errors == []


def test_every_country_that_the_schema_knows_has_its_two_letters_here():
    known = set(json.loads(FILE.read_text())["components"]["schemas"]["Country"]["enum"])
    assert {code for code in known if re.fullmatch("[A-Z]{3}", code)} - set(ALPHA3.values()) <= {"UNK", "XKX"}
