"""The demo's parcels: bought, printed, told, and one refused with its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.models import Product, Sku
from config.core.management.demo import parcels
from inventory import sinks
from inventory.models import Label, LabelState, OrderLine
from inventory.services import addresses, purchases
from marketplaces import registry
from marketplaces.contract import Capability
from marketplaces.models import Command
from tests import factories
from tests.inventory.carriers.conftest import HAMBURG, MORNING

pytestmark = pytest.mark.django_db


def buy_all():
    for pk in Label.objects.filter(state=LabelState.WANTED).values_list("pk", flat=True):
        purchases.buy(pk)


def test_a_demo_day_has_labels_bought_printed_and_told_and_one_refused(contract, depot, monkeypatch):
    monkeypatch.setattr(addresses, "ask", lambda order: HAMBURG if order.external_id != "O-0" else None)
    adapter = registry.with_capability(Capability.CONFIRM_SHIPMENT)[0]
    account = factories.account(marketplace=adapter.key, stores=[adapter.stores[0].code], stage="act")
    placed = MORNING - timedelta(hours=20)
    told = [
        factories.order(f"O-{n}", ordered_at=placed, ship_by=MORNING + timedelta(hours=n), ship_to_country="DE")
        for n in range(9)
    ]
    sinks.orders(told, factories.source(account))
    OrderLine.objects.update(
        sku=Sku.objects.create(code="MUG", product=Product.objects.create(title="M"), weight_g=400)
    )
    assert parcels.hand_over() == 0
    assert parcels.pack() == parcels.PACKED
    buy_all()
    assert parcels.hand_over() == parcels.PACKED - parcels.LEFT_ON_THE_TABLE == Command.objects.count()
    assert Label.objects.exclude(printed_at=None).count() == 4
    parcels.misaddress()
    buy_all()
    refused = Label.objects.get(state=LabelState.REFUSED)
    assert refused.reason == "consignee.postalCode: Die Adresse ist nicht leitcodierbar."
    assert len(depot.sold()) == parcels.PACKED
