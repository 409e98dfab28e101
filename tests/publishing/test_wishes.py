"""What is wanted of an offer: the last wish counts, and only a difference from what was confirmed is left to write."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Listing, OfferChange, OfferField
from catalog.publishing.spelling import spelled
from catalog.services import publishing
from catalog.services.publishing import Want
from config.core import clock
from tests import factories
from tests.factories import NOON
from tests.marketplaces.conftest import at_noon, remote, shop
from tests.publishing.conftest import acting
from tests.publishing.conftest import offer as publishing_offer

__all__ = ["acting", "at_noon", "remote", "shop"]
pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def account(north):
    with clock.frozen(NOON):
        yield factories.account(stage="act")


def offer(account, name="MUG", **changes):
    values = {"channel": "DE", "status": "active", "fulfilment": "merchant", "quantity": 5, "price": Decimal("12.30")}
    return Listing.objects.create(
        account=account, external_id=name, remote_id=name, currency="EUR", changed_at=NOON - MINUTE, **values | changes
    )


def wish(listing, value, field="quantity", **changes):
    return Want(
        **{"listing_id": listing.pk, "field": field, "value": value, "cause": "a sale", "cause_at": NOON} | changes
    )


def test_it_plans_what_differs_from_the_offer_and_confirms_what_the_offer_shows_already(account):
    mug, cup = offer(account), offer(account, "CUP")
    assert publishing.want([wish(mug, 4), wish(cup, Decimal("12.300"), "price")]) == 2
    states = OfferField.objects.values_list("listing__remote_id", "field", "wanted", "confirmed", "live", "state")
    assert set(states) == {
        ("MUG", "quantity", "4", None, "5", "planned"),
        ("CUP", "price", "12.3", "12.3", "12.3", "confirmed"),
    }


def test_it_keeps_the_last_of_many_wishes_and_records_those_that_it_replaced(account):
    mug = offer(account)
    assert [publishing.want([wish(mug, number)]) for number in (4, 3, 3, 2)] == [1, 1, 0, 1]
    assert OfferField.objects.get().wanted == "2"
    history = OfferChange.objects.order_by("pk").values_list("value", "outcome")
    assert list(history) == [("4", "superseded"), ("3", "superseded"), ("2", "open")]


def test_a_wish_waits_for_quiet_but_never_longer_than_a_minute_after_the_first(account):
    mug = offer(account)
    for second in range(0, 60, 3):
        with clock.frozen(NOON + timedelta(seconds=second)):
            publishing.want([wish(mug, 100 + second)])
        due = OfferField.objects.get().due_at - NOON
        assert due == min(timedelta(seconds=second + 5), MINUTE)


def test_a_value_that_is_under_way_is_not_planned_again(account):
    mug = offer(account)
    publishing.want([wish(mug, 4)])
    OfferField.objects.update(sent="4", state="sent", sent_at=NOON)
    publishing.want([wish(mug, 5)])
    assert OfferField.objects.get().state == "planned"
    publishing.want([wish(mug, 4)])
    assert OfferField.objects.get().state == "sent"


def test_it_refuses_a_value_that_the_field_cannot_have_and_writes_nothing(account):
    mug = offer(account)
    for field, value in (("quantity", "2.5"), ("quantity", -1), ("price", "dear"), ("price", "NaN")):
        with pytest.raises(ValidationError):
            publishing.want([wish(mug, 4), wish(mug, value, field)])
    assert not OfferField.objects.exists()


def test_more_units_than_the_marketplace_shows_become_its_most_and_the_cause_says_so(acting):
    mug, cup = publishing_offer(acting), publishing_offer(acting, "CUP")
    publishing.want([wish(mug, 1200), wish(cup, 999)])
    found = OfferField.objects.order_by("listing_id").values_list("wanted", "cause")
    assert list(found) == [("999", "a sale: 1200, of which the marketplace shows 999 at most"), ("999", "a sale")]
    assert publishing.want([wish(mug, 5000)]) == 0
    publishing.want([wish(mug, 998)])
    assert OfferField.objects.get(listing=mug).cause == "a sale"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.decimals(min_value=0, max_value=10**9, places=4))
def test_the_database_spells_a_price_as_we_do(north, number):
    with connection.cursor() as cursor:
        cursor.execute("SELECT trim_scale(%s::numeric(19, 4))::text", [number])
        assert spelled("price", number) == cursor.fetchone()[0]
