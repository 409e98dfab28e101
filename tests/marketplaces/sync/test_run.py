from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.models import Order
from marketplaces.models import RawPage, SyncRun, SyncState
from marketplaces.services import pulls
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_it_lands_orders_and_covers_the_time_it_read(shop, remote):
    remote.put("A-1", NOON - timedelta(days=9))
    remote.put("A-2", NOON - timedelta(hours=1))
    assert pulls.pull(shop.pk, "orders") == {"windows": 2, "rows": 2, "written": 2, "rejected": 0}
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["A-1", "A-2"]
    flow = SyncState.objects.get(account=shop, resource="orders")
    assert flow.covered == ((NOON - timedelta(days=10), NOON),)
    assert flow.watermark == NOON - timedelta(hours=1)
    assert [run.state for run in SyncRun.objects.all()] == ["ok", "ok"]
    assert RawPage.objects.filter(subjects__contains=["order:A-1"]).count() == 1
