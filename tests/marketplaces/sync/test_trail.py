from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock
from inventory.models import Order
from marketplaces.models import Gap, Traffic
from marketplaces.services import gaps, pulls
from tests.chaos.conftest import TODAY, shops

pytestmark = pytest.mark.django_db
SPAN = {"since": TODAY - timedelta(days=3), "until": TODAY - timedelta(hours=1)}


def about(order_id):
    return Traffic.objects.filter(subjects__contains=[f"order:{order_id}"])


def says(call, order_id):
    return order_id in call.url or order_id.encode() in bytes(call.response_body)


@pytest.mark.parametrize(("adapter", "declared"), shops())
def test_each_order_that_a_pull_brought_names_its_calls_and_a_second_pull_of_known_pages_too(street, adapter, declared):
    shop = street.connect(adapter, declared)
    assert pulls.read_missing(shop.pk, "orders", **SPAN)["written"] > 5
    landed = set(Order.objects.values_list("external_id", flat=True))
    for order_id in landed:
        assert about(order_id)
        assert all(says(call, order_id) for call in about(order_id))
    told = {s for call in Traffic.objects.all() for s in call.subjects if s.startswith("order:")}
    assert told == {f"order:{order_id}" for order_id in landed}
    former = set(about(order_id).values_list("pk", flat=True))
    assert pulls.read_missing(shop.pk, "orders", **SPAN)["written"] == 0
    assert about(order_id).exclude(pk__in=former).values("run_id").distinct().count() == 1


@pytest.mark.parametrize(("adapter", "declared"), shops())
def test_a_missing_record_names_the_call_that_fetched_it_on_the_traffic_screen(street, adapter, declared, admin_client):
    shop = street.connect(adapter, declared)
    pulls.read_missing(shop.pk, "orders", **SPAN)
    order_id = Order.objects.first().external_id
    brought = about(order_id).order_by("-pk").first()
    assert f"/sync/traffic/{brought.pk}/" in _screen(admin_client, order_id)
    gap = Gap.objects.create(
        account=shop, resource="orders", kind="record", external_id=order_id, found_at=clock.now(), attempts=1,
        revealed_by="returns",
    )  # fmt: skip
    gaps.fill(shop.pk)
    gap.refresh_from_db()
    assert gap.state == "filled"
    fetched = about(order_id).filter(pk__gt=brought.pk).last()
    assert says(fetched, order_id)
    assert f"/sync/traffic/{fetched.pk}/" in _screen(admin_client, order_id)


def _screen(browser, order_id):
    return browser.get("/sync/traffic/", {"order": order_id}, headers={"host": "north.localhost"}).content.decode()
