from __future__ import annotations

from datetime import timedelta

import pytest

from marketplaces import selectors
from marketplaces.models import SyncState
from marketplaces.services import gaps, pulls
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_it_tells_lag_rejections_and_gaps_of_every_flow(shop, remote, django_assert_num_queries):
    remote.put("A-1", NOON - timedelta(minutes=1))
    del remote.orders["A-1"]["qty"]
    pulls.pull(shop.pk, "orders")
    gaps.report_missing(shop, "orders", ["A-9"], "returns")
    SyncState.objects.create(account=shop, resource="stock", failures_in_a_row=2)
    with django_assert_num_queries(4):
        health = {flow.resource.key: flow for flow in selectors.sync_health()}
    orders, stock = health["orders"], health["stock"]
    assert (orders.lag, orders.rejected, orders.gaps, orders.is_stale) == (timedelta(0), 1, 1, False)
    assert (stock.lag, stock.is_failing, stock.is_stale) == (None, True, True)
    assert list(health) == ["orders", "stock", "returns", "settlements"]


def test_it_finds_what_is_kept_about_an_order_and_a_sku(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=1), sku="CUP")
    pulls.pull(shop.pk, "orders")
    assert selectors.pages_about(account_id=shop.pk, subject="order:A-1").count() == 1
    assert selectors.pages_about(account_id=shop.pk, subject="sku:CUP").count() == 1
    assert selectors.pages_about(account_id=shop.pk, subject="sku:MUG").count() == 0


def test_it_lists_runs_by_what_is_asked(shop, remote):
    pulls.pull(shop.pk, "orders")
    pulls.pull(shop.pk, "stock")
    assert [run.resource for run in selectors.runs(resource="stock")] == ["stock"]
    newest = selectors.runs()[0]
    assert [run.pk for run in selectors.runs_since(after=newest.pk - 1)] == [newest.pk]
