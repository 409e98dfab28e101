from __future__ import annotations

from datetime import timedelta

import pytest

from marketplaces import standing
from marketplaces.models import SyncState
from marketplaces.services import gaps, pulls
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_it_tells_age_rejections_and_gaps_of_every_flow(shop, remote, django_assert_num_queries):
    remote.put("A-1", NOON - timedelta(minutes=1))
    del remote.orders["A-1"]["qty"]
    pulls.pull(shop.pk, "orders")
    gaps.report_missing(shop, "orders", ["A-9"], "returns")
    SyncState.objects.create(account=shop, resource="stock", failures_in_a_row=2)
    factories.account("another")
    with django_assert_num_queries(6):
        found = {
            flow.resource.key: flow for group in standing.everything() for flow in group.flows if group.account == shop
        }
    orders, stock = found["orders"], found["stock"]
    assert (orders.age, orders.rejected, orders.gaps, orders.run.state) == (0, 1, 1, "ok")
    assert (stock.age, stock.verdict.word, stock.rejected, stock.run) == (None, "not read yet", 0, None)
    assert list(found) == ["orders", "stock", "returns", "settlements"]
