"""The page of exchange rates in one browser, within its budget."""

from decimal import Decimal

import pytest

from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_it_shows_rates_and_what_is_missing_within_the_budget(owner, sell, rate, budget):
    rate("USD", "1.25")
    sell("O-1", currency="TRY")
    sell("O-2", currency="USD")
    with budget("rates"):
        answer = owner.get("/money/rates/?currency=USD")
    (missing,) = answer.context["missing"]
    assert (missing.currency, missing.amount, missing.first) == ("TRY", Decimal("39.9000"), NOON.date())
    assert [row["cells"][1]["value"] for row in answer.context["rows"]] == ["USD"]
