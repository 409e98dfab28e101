from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from config.core.models import WorkItem
from config.core.money import Money
from marketplaces import registry
from marketplaces.contract import Capability, Outcome, OutcomeState
from marketplaces.models import Command
from marketplaces.services import commands, writes
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting(shop):
    shop.stage = "act"
    shop.save()
    return shop


def offer(account, **changes):
    values = {
        "channel": "NL", "sku": "MUG", "external_id": "A1", "currency": "EUR", "fulfilment": "merchant",
    }  # fmt: skip
    return writes.Offer(account=account, **{**values, **changes})


def wish(request_id=None):
    return writes.Wish(request_id=request_id or uuid4(), asked_by="anna")


def eur(amount):
    return Money(Decimal(amount), "EUR")


def parcel(**changes):
    values = {"carrier": " DHL ", "tracking_number": "00340434161094022115", "shipped_at": NOON, "lines": {"L1": 1}}
    return writes.Parcel(**{**values, **changes})


@pytest.fixture
def carried(north, at_noon):
    """An account of a marketplace that takes shipments."""
    adapter = registry.with_capability(Capability.CONFIRM_SHIPMENT)[0]
    return factories.account("carried", marketplace=adapter.key, stores=[adapter.stores[0].code], stage="act")


def test_a_price_goes_out_as_text_to_the_cent_beside_its_currency(acting):
    command = writes.price(offer(acting), eur("12.3"), wish())
    assert command.payload == {"sku": "MUG", "external_id": "A1", "price": "12.30", "currency": "EUR"}
    assert (command.subject, command.channel, command.wanted) == ("sku:MUG", "NL", "12.30 EUR")


def test_a_price_without_cents_stays_whole_where_the_currency_has_none(acting):
    command = writes.price(offer(acting, currency="JPY"), Money(Decimal(1200), "JPY"), wish())
    assert command.payload["price"] == "1200"


@pytest.mark.parametrize(
    ("changes", "price", "why"),
    [
        ({"currency": ""}, eur("1"), "the currency of MUG is not known yet; wait until its price was read"),
        ({}, Money(Decimal(1), "USD"), "MUG is sold in EUR, not in USD"),
        ({}, eur("0"), "a price must be above zero and below 1000000000"),
        ({}, eur("-1"), "a price must be above zero and below 1000000000"),
        ({}, eur("9.999"), "a price in EUR has no parts smaller than 0.01"),
        ({"currency": "JPY"}, Money(Decimal("1.5"), "JPY"), "a price in JPY has no parts smaller than 1"),
    ],
)
def test_it_refuses_a_price_that_cannot_be_the_offers(acting, changes, price, why):
    with pytest.raises(ValidationError) as refused:
        writes.price(offer(acting, **changes), price, wish())
    assert refused.value.messages == [why]
    assert not Command.objects.exists()


@pytest.mark.parametrize(
    ("fulfilment", "quantity", "why"),
    [
        ("marketplace", 1, "MUG ships from the marketplace's warehouses: that stock is read, never written"),
        ("merchant", -1, "a quantity is from 0 to 999"),
        ("merchant", 1_000_001, "a quantity is from 0 to 999"),
    ],
)
def test_it_refuses_a_quantity_that_is_not_ours_to_say(acting, fulfilment, quantity, why):
    with pytest.raises(ValidationError) as refused:
        writes.stock(offer(acting, fulfilment=fulfilment), quantity, wish())
    assert refused.value.messages == [why]
    assert not Command.objects.exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"carrier": " "}, "name the carrier of the parcel"),
        ({"lines": {}}, "say how many units of which line are in the parcel"),
        ({"lines": {"L1": 0}}, "say how many units of which line are in the parcel"),
        ({"shipped_at": NOON + timedelta(seconds=1)}, "a parcel cannot have left in the future"),
    ],
)
def test_it_refuses_a_parcel_that_says_too_little(carried, changes, why):
    with pytest.raises(ValidationError) as refused:
        writes.shipment(carried, "O-1", parcel(**changes), wish(), channel="")
    assert refused.value.messages == [why]
    assert not Command.objects.exists()


@pytest.mark.parametrize("stage", ["observe", "propose"])
def test_it_writes_nothing_for_an_account_that_is_not_trusted_to_act(acting, stage):
    acting.stage = stage
    with pytest.raises(ValidationError) as refused:
        writes.stock(offer(acting), 1, wish())
    assert refused.value.messages == [f"Shop is set to {stage}: nothing is written there until it is set to act"]
    assert not Command.objects.exists()
    assert commands.possible(acting) == set()


def test_it_refuses_what_the_marketplace_does_not_take(acting):
    with pytest.raises(ValidationError, match="Shop cannot do confirm_shipment"):
        writes.shipment(acting, "O-1", parcel(), wish(), channel="NL")
    assert commands.possible(acting) == {
        "set_price", "set_stock", "set_title", "set_description", "set_bullets", "set_attributes", "set_images",
        "set_delivery",
    }  # fmt: skip


def test_one_request_is_one_write_however_often_it_comes_and_means_no_other(acting):
    request_id = uuid4()
    first = writes.price(offer(acting), eur("10"), wish(request_id))
    assert writes.price(offer(acting), eur("10.00"), wish(request_id)).pk == first.pk
    assert first.key == f"set_price:{request_id}"
    with pytest.raises(ValidationError, match="this request wrote something else already"):
        writes.price(offer(acting), eur("11"), wish(request_id))
    with pytest.raises(ValidationError, match="this request wrote something else already"):
        writes.price(offer(acting, sku="CUP"), eur("10"), wish(request_id))
    assert Command.objects.get().payload["price"] == "10.00"


def test_two_parcels_of_an_order_are_both_told_while_a_newer_price_replaces_an_older_one(carried, acting):
    for _ in range(2):
        writes.shipment(carried, "O-1", parcel(), wish(), channel="")
        writes.price(offer(acting), eur("10"), wish())
    found = Command.objects.order_by("kind", "pk").values_list("kind", "state")
    assert list(found) == [
        ("confirm_shipment", "planned"), ("confirm_shipment", "planned"), ("set_price", "superseded"),
        ("set_price", "planned"),
    ]  # fmt: skip


def test_a_price_that_a_newer_one_overtook_is_nobodys_failure(acting, remote):
    remote.outcomes = [Outcome(OutcomeState.ACCEPTED)] * 4
    older = writes.price(offer(acting), eur("10"), wish())
    commands.send(acting.pk, older.pk)
    for _ in range(2):
        commands.confirm(acting.pk, older.pk)
    newer = writes.price(offer(acting), eur("9"), wish())
    WorkItem.objects.all().delete()
    assert commands.confirm(acting.pk, older.pk) == {"superseded": 1}
    older.refresh_from_db()
    assert (older.reason, older.next_check_at) == (f"replaced by command {newer.pk}", None)
    assert not WorkItem.objects.exists()
