from __future__ import annotations

from datetime import timedelta

import pytest

from catalog import subjects
from catalog.models import Listing, OfferSnapshot
from config.core import clock
from marketplaces.subjects import of
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(north):
    return factories.account()


def listing(account, name, **changes):
    ids = [{"kind": "gtin", "value": "8710000000017"}, {"kind": "marketplace_item", "value": f"I-{name}"}]
    values = {"channel": "NL", "remote_id": name, "status": "active", "fulfilment": "merchant", "product_ids": ids}
    return Listing.objects.create(account=account, external_id=f"NL:{name}", **{**values, **changes})


def test_a_client_is_told_every_name_of_a_listing(account, noon):
    listing(account, "MUG")
    listing(account, "OLD", status="inactive")
    assert of(account.pk, "fees") == [
        {"sku": "MUG", "channel": "NL", "external_id": "NL:MUG", "item": "I-MUG", "gtin": "8710000000017"}
    ]


def test_offers_are_asked_for_where_they_were_observed_longest_ago(account):
    for name, days in (("MUG", 1), ("CUP", 5), ("POT", None)):
        listing(account, name)
        if days:
            OfferSnapshot.objects.create(
                account=account, channel="NL", remote_id=name, observed_at=NOON - timedelta(days=days)
            )
    assert [subject["sku"] for subject in of(account.pk, "offers")] == ["POT", "CUP", "MUG"]


def test_every_listing_is_asked_about_within_as_many_hours_as_there_are_slices(account, monkeypatch):
    monkeypatch.setattr(subjects, "MOST", 2)
    for number in range(5):
        listing(account, f"S{number}")
    asked = set()
    for hour in range(3):
        with clock.frozen(NOON + timedelta(hours=hour)):
            asked |= {subject["sku"] for subject in of(account.pk, "fees")}
    assert asked == {"S0", "S1", "S2", "S3", "S4"}
