"""One box over everything, within the client."""

import pytest

from config.core.permissions import Role
from finance.models import Settlement
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def found(answer):
    return {kind.label: [hit.title for hit in kind.hits] for kind in answer.context["kinds"]}


def test_it_finds_orders_skus_names_and_statements(owner, sell, shop):
    sell("MUG-1")
    sell("O-2", sku="MUG-RED")
    Settlement.objects.create(account=shop, external_id="MUG-STATEMENT", currency="EUR", imported_at=NOON)
    assert found(owner.get("/search/?q=MUG")) == {
        "Orders": ["MUG-1"],
        "Products": ["MUG-BLUE"],
        "Unlinked products": ["MUG-RED"],
        "Statements": ["MUG-STATEMENT"],
    }


def test_it_answers_with_the_results_alone_while_somebody_types(owner, sell):
    sell("O-1")
    part = owner.get("/search/?q=O-1", headers={"HX-Request": "true"}).content.decode()
    assert "/orders/" in part
    assert "<html" not in part


def test_it_waits_for_two_letters(owner, sell):
    sell("O-1")
    assert owner.get("/search/?q=O").context["kinds"] == []


def test_it_says_how_to_look_when_nothing_is_found(owner, shop):
    assert "Nothing is called “nowhere”" in owner.get("/search/?q=nowhere").content.decode()


def test_it_keeps_its_budget(sign_in, sell, budget):
    sell("MUG-1", "MUG-2")
    client = sign_in(Role.OWNER)
    client.get("/search/?q=MUG")
    with budget("search"):
        client.get("/search/?q=MUG")


def test_it_leads_to_pages_that_exist(owner, sell):
    sell("MUG-1", sku="MUG-RED")
    hits = [hit for kind in owner.get("/search/?q=MUG").context["kinds"] for hit in kind.hits]
    assert [owner.get(hit.href).status_code for hit in hits] == [200, 200, 200]
