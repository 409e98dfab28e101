"""Offers that should sell and do not, accounts that drift, and units sold that nobody has."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import OfferField, ParityRun
from catalog.services import publishing
from config.core import clock
from tests.factories import NOON
from tests.marketplaces.conftest import at_noon, remote, shop
from tests.publishing.conftest import acting, offer, wish
from tickets.detectors import publishing as detectors

__all__ = ["acting", "at_noon", "remote", "shop"]
pytestmark = pytest.mark.django_db


def test_it_measures_how_long_units_are_meant_to_sell_and_do_not(acting):
    mug, cup = offer(acting, quantity=0), offer(acting, "CUP", quantity=4)
    publishing.want([wish(mug, 6), wish(cup, 4), wish(offer(acting, "JUG", quantity=0), 0)])
    found = OfferField.objects.get(listing=mug)
    assert list(detectors._candidates()) == [str(found.pk)]
    with clock.frozen(NOON + timedelta(hours=3)):
        measured = list(detectors.hours_not_live([str(found.pk)]))
    assert [(each.value, each.scope) for each in measured] == [(Decimal("3.00"), f"listing:{mug.pk}")]
    assert measured[0].title == "MUG NL: 6 units are meant to sell, 0 shown (active)"


def test_it_measures_the_percent_of_fields_that_are_not_as_intended(acting):
    counts = {"compared": 400, "equal": 390, "under_way": 2, "price_drifted": 3, "quantity_drifted": 5,
              "oversellable": 4, "other_drifted": 0, "unread": 0}  # fmt: skip
    ParityRun.objects.create(account=acting, at=NOON, **counts)
    measured = next(iter(detectors.percent_drifted([str(acting.pk)])))
    assert (measured.value, measured.facts["oversellable"]) == (Decimal(2), Decimal(4))


def test_accounts_whose_orders_are_covered_are_left_out(acting):
    assert list(detectors.units_oversold([str(acting.pk)])) == []
