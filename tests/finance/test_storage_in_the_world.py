"""In the simulated world a month's storage is what the rate says of the stock that was read every day, to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest
import requests

from catalog.models import Sku
from catalog.services import products
from config.core import clock, transport
from finance.models import Discrepancy
from finance.selectors import fee_months
from finance.services import fees, reconcile
from inventory.services import stock_days
from marketplaces import registry, sinks
from marketplaces.canonical import FeeTariff, Fulfilment, LineClass
from marketplaces.contract import Page, Window
from marketplaces.models import Account
from marketplaces.sandbox import mount, tariffs
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from tests.finance.test_simulated_world import DAY, START, Shop, all_worlds, shops

__all__ = ["all_worlds"]
APRIL = date(2026, 4, 1)
LATER = START + 85 * DAY
POOLS = [param for param in shops(1) if param.values[1].pool][:1]


def master(world) -> None:
    """Every product of the world with its size, also those that its client forgot."""
    products.import_master({"code": p.sku, "title": p.title, "brand": p.brand, "gtin": p.ean} for p in world.products)
    sides = {p.sku: p.sides_mm for p in world.products}
    skus = list(Sku.objects.filter(code__in=sides))
    for sku in skus:
        sku.length_mm, sku.width_mm, sku.height_mm = sides[sku.code]
    Sku.objects.bulk_update(skus, ("length_mm", "width_mm", "height_mm"))


def read_stock(shop: Shop, day: int) -> None:
    moment = START + DAY * day + timedelta(hours=1)
    with clock.frozen(moment):
        pages: Iterable[Page] = shop.client.stock(Window(moment - timedelta(hours=1), moment))
        rows = [row for page in pages for row in registry.mapper(shop.adapter.key, "stock")(page)]
        for sink in sinks.receivers("Stock"):
            sink(rows, sinks.Source(shop.account, "stock", moment, run_id=1))


def agree(account: Account, rate: Decimal, currency: str) -> None:
    fees.agree(
        account.pk, [FeeTariff(line_class=LineClass.STORAGE, programme=Fulfilment.MARKETPLACE, currency=currency,
                               per_volume=rate, is_charged_later=True, valid_from=APRIL, source="the world")], by="fin",
    )  # fmt: skip


def overcharged() -> list[Decimal | None]:
    with clock.frozen(LATER):
        reconcile.judge_all()
    found = Discrepancy.objects.filter(kind="fee_overcharge", state="open", order_line=None)
    return list(found.values_list("amount", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(("adapter", "simulated"), POOLS)
def test_it_expects_what_the_world_charges_for_storage_and_finds_what_is_too_much(
    adapter, simulated, all_worlds, monkeypatch
):
    world = all_worlds[simulated.client]
    currency = world.stages[simulated.key].currencies[0]
    rate = tariffs.in_currency(tariffs.STORED_M3_EUR, currency).amount
    master(world)
    session = requests.Session()
    mount.mount(session, Sandbox(all_worlds, Overlay(), is_limited=False))
    monkeypatch.setattr(transport, "_session", lambda *_: session)
    shop = Shop(adapter, simulated)
    first = (APRIL - START.date()).days
    for day in range(first - 1, first + 30):
        read_stock(shop, day)
    with clock.frozen(LATER):
        stock_days.close()
        shop.land("settlements", shop.client.settlements(Window(LATER - 20 * DAY, LATER)))
        agree(shop.account, rate, currency)
        (month,) = fee_months.months(accounts=[shop.account], firsts=[APRIL])
    (storage,) = (row for row in month.sums if row.line_class == "storage")
    assert (storage.why, storage.expected, storage.charged) == ("", storage.charged, storage.charged)
    assert storage.charged is not None
    assert storage.charged < -100
    assert overcharged() == []
    agree(shop.account, rate / 2, currency)
    (found,) = overcharged()
    assert found is not None
    assert abs(found * 2 + storage.charged) < Decimal("0.01") * len(month.stored)
