"""In the simulated world every fee is what was agreed, to the cent, and the faults of fees are found, no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.db import connection

from catalog.services import products
from config.core import clock, transport
from finance.models import Discrepancy, ExpectedFee
from finance.services import fees, reconcile
from marketplaces.canonical import FeeTariff, Fulfilment, LineClass
from marketplaces.sandbox import mount, tariffs
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from tests.finance.test_simulated_world import TODAY, Shop, all_worlds, injected, shops

__all__ = ["all_worlds"]
JUDGED = {
    "fee_overcharge": ("fee_overcharge", 1),
    "plan_overcharge": ("fee_overcharge", 1),
    "unexpected_fee": ("unexpected_fee", 1),
    "refund_without_credit": ("refund_without_credit", 1),
}
HEAVIEST_G = 4_000
_DIFFERENT = """
SELECT line.order_ref, fee.line_class, fee.amount, sum(line.amount)
FROM finance_expectedfee fee JOIN finance_match found ON found.order_line_id = fee.order_line_id
JOIN finance_settlementline line ON line.id = found.settlement_line_id AND line.line_class = fee.line_class
WHERE fee.amount IS NOT NULL AND NOT EXISTS (SELECT FROM finance_discrepancy d WHERE d.order_ref = line.order_ref)
GROUP BY fee.id, line.order_ref HAVING sum(line.amount) <> fee.amount
"""


def agreed(stage: Any) -> Iterator[FeeTariff]:
    if stage.says(LineClass.SUBSCRIPTION):
        plan = tariffs.in_currency(tariffs.SUBSCRIPTION_EUR, stage.currencies[0])
        yield FeeTariff(
            line_class=LineClass.SUBSCRIPTION, per_line=plan.amount, currency=plan.currency, source="the world",
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
    for store in stage.stores:
        place: dict[str, Any] = {"currency": store.currency, "valid_from": date(2026, 1, 1), "source": "the world"}
        for category, rate in tariffs.COMMISSION.items():
            yield FeeTariff(
                line_class=LineClass.COMMISSION, category=category, basis="item", rate=Decimal(rate), **place
            )
        for grams in range(0, HEAVIEST_G, tariffs.FULFILMENT_STEP_G):
            yield FeeTariff(
                line_class=LineClass.FULFILMENT, programme=Fulfilment.MARKETPLACE, weight_from_g=grams,
                per_unit=tariffs.in_currency(tariffs.fulfilment_eur(grams), store.currency).amount,
                weight_below_g=grams + tariffs.FULFILMENT_STEP_G, **place,
            )  # fmt: skip
        if stage.says(LineClass.ADMINISTRATION_FEE):
            most = tariffs.in_currency(tariffs.ADMINISTRATION_MOST_EUR, store.currency).amount
            yield FeeTariff(
                line_class=LineClass.ADMINISTRATION_FEE, basis="commission", maximum=most,
                rate=tariffs.ADMINISTRATION_SHARE, **place,
            )  # fmt: skip


def master(world: Any) -> list[dict[str, str]]:
    return [
        {"code": p.sku, "title": p.title, "brand": p.brand, "category": p.category, "weight_g": str(p.weight_g), "gtin": p.ean}
        for p in world.products if p.is_registered
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("adapter", "simulated"), shops(1))
def test_it_finds_the_faults_of_fees_and_agrees_with_every_other_fee(adapter, simulated, all_worlds, monkeypatch):
    world = all_worlds[simulated.client]
    with clock.frozen(TODAY):
        products.import_master(master(world))
        session = requests.Session()
        mount.mount(session, Sandbox(all_worlds, Overlay(), is_limited=False))
        monkeypatch.setattr(transport, "_session", lambda *_: session)
        shop = Shop(adapter, simulated)
        shop.read()
        unique = {repr(row): row for row in agreed(world.stages[simulated.key])}
        fees.agree(shop.account.pk, unique.values(), by="fin", is_complete=True)
        fees.expect_since(shop.account.pk, "2026-01-01")
        reconcile.reconcile_open()
    found = Discrepancy.objects.filter(state="open", kind__in={kind for kind, _ in JUDGED.values()})
    assert Counter(found.values_list("kind", "amount")) == injected(world, simulated.key, JUDGED)
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT)
        assert cursor.fetchall() == []
    known = ExpectedFee.objects.filter(amount__isnull=False, line_class="commission").count()
    assert known > 0.9 * ExpectedFee.objects.filter(line_class="commission").count() > 0
