"""An order is packed with the address that its marketplace tells, labelled, told with its numbers, and followed home.

Where it was cancelled meanwhile, nothing of that happens.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.models import Product, Sku
from config.core import clock
from inventory.carriers import registry
from inventory.models import Label, LabelState, Order, OrderLine, TrackingEvent
from inventory.services import carriers, labels, packing, planning, shipments, tracking
from marketplaces.contract import Capability
from marketplaces.models import Command, Traffic
from marketplaces.sandbox import mount
from marketplaces.services import shown
from tests.chaos.conftest import TODAY, shops
from tests.inventory.carriers.conftest import HAMBURG
from tests.writes.conftest import parcel, wish
from tickets.detectors.shipping import parcels_in_trouble

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(shop):
    dhl = registry.get("dhl")
    return carriers.connect(
        carriers.Contract(
            key="dhl", carrier="dhl", settings=dhl.sandbox_settings, credentials=dhl.sandbox_credentials,
            endpoint=f"{mount.HOST}/_carriers/north/dhl",
        )
    )  # fmt: skip


@pytest.mark.parametrize(("adapter", "declared"), shops(Capability.CONFIRM_SHIPMENT))
def test_an_order_is_labelled_told_with_its_numbers_and_followed_to_its_door(shop, contract, adapter):
    order = shop.order(days=1)
    sku = Sku.objects.create(
        code="NF-1", product=Product.objects.create(title="Kettle"), weight_g=400, customs_code="8516710000",
        origin_country="DE",
    )  # fmt: skip
    OrderLine.objects.filter(order=order).update(sku=sku)
    wanted = packing.pack(order, packing.Choice(account=contract), by="anna")
    labels.buy_later([wanted])
    shop.drain()
    label = Label.objects.get()
    assert (label.state, label.reason) == (LabelState.BOUGHT, "")
    command = shop.settled(planning.confirm(label.parcel, by="anna"))
    assert (command.state, command.reason) == ("confirmed", "")
    assert command.payload["carrier_code"] == adapter.carriers.on(clock.now().date())["DHL"].code
    said = Traffic.objects.filter(command_id=command.pk).exclude(method="GET").values_list("request_body", flat=True)
    assert any(label.tracking_number.encode() in bytes(body) for body in said)
    assert Order.objects.get(pk=order.pk).status == "shipped"
    with clock.frozen(TODAY + timedelta(days=4)):
        found = tracking.track_due()
    label.refresh_from_db()
    assert label.tracking_state in ("delivered", "returning")
    wanted = set(TrackingEvent.objects.values_list("state", flat=True)) & adapter.tracking_news
    assert found == {"tracked": 1, "told": 0, "news": len(wanted)}
    assert shown_news(shop) == wanted


def shown_news(shop):
    """The states that the marketplace shows of the parcel; looked for again there is nothing to tell."""
    with clock.frozen(TODAY + timedelta(days=4, hours=3)):
        shop.drain()
        Label.objects.update(next_track_at=clock.now())
        assert tracking.track_due()["news"] == 0
    news = Command.objects.filter(kind="tell_tracking")
    assert set(news.values_list("state", flat=True)) <= {"confirmed"}
    return {each.payload["state"] for each in news}


@pytest.mark.parametrize(("adapter", "declared"), shops(Capability.CONFIRM_SHIPMENT))
def test_an_order_that_its_buyer_cancelled_meanwhile_is_neither_labelled_nor_told_and_a_ticket_says_so(shop, contract):
    order = shop.order(days=1)
    lines = dict(OrderLine.objects.filter(order=order).values_list("external_id", "quantity"))
    planned = planning.plan(order, [planning.Piece(lines=lines, weight_g=700)], by="anna", address=HAMBURG)
    wanted = packing.want(planned.parcels.get(), packing.Choice(account=contract), by="anna")
    command = shipments.confirm(order, parcel(lines), wish())
    with clock.frozen(TODAY + 2 * shown.TRUSTED_FOR):
        shop.cancel(order)
        labels.buy_later([wanted])
        shop.drain()
    wanted.refresh_from_db()
    command.refresh_from_db()
    why = f"order {order.external_id} was cancelled at the marketplace meanwhile"
    assert (wanted.state, wanted.reason) == (LabelState.REFUSED, f"{why}; nothing was bought")
    assert (command.state, command.reason) == ("rejected", f"{why}; nothing was sent")
    assert Order.objects.get(pk=order.pk).status == "cancelled"
    (trouble,) = parcels_in_trouble([str(planned.parcels.get().pk)])
    assert (
        trouble.title == f"Order {order.external_id}: the order was cancelled at the marketplace: keep its parcel back"
    )
