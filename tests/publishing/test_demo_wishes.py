"""The demo's wishes: prices a little up, one that the breaker holds, one that belongs to another tool."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from catalog.models import OfferField, ParityRun
from config.core import clock
from config.core.management.demo import publishing
from tests.factories import NOON
from tests.publishing.conftest import offer, publish

pytestmark = pytest.mark.django_db


def test_each_account_gets_a_few_wishes_one_of_them_held_and_one_of_another_tool(acting, remote):
    for number in range(8):
        offer(acting, f"MUG-{number}")
    publishing.wish()
    publishing.wish()
    with clock.frozen(NOON + timedelta(minutes=1)):
        publish(acting)
    assert Counter(OfferField.objects.values_list("state", flat=True)) == {"confirmed": 4, "waiting": 1, "planned": 1}
    assert ParityRun.objects.count() == 1
