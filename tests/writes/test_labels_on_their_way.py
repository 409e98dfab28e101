"""An order is packed with the address that its marketplace tells, labelled, told with its numbers, and followed home."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.models import Product, Sku
from config.core import clock
from inventory.carriers import registry
from inventory.models import Label, LabelState, Order, OrderLine
from inventory.services import carriers, labels, packing, planning, tracking
from marketplaces.contract import Capability
from marketplaces.models import Traffic
from marketplaces.sandbox import mount
from tests.chaos.conftest import TODAY, shops

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
    shop.account.history_from = TODAY - timedelta(days=1)
    shop.account.save()
    order = shop.order()
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
        assert tracking.track_due() == {"tracked": 1, "told": 0}
    label.refresh_from_db()
    assert label.tracking_state in ("delivered", "returning")
