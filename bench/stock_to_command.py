"""From a stock change to the outbound write: 100,000 listings of five accounts, fed by one warehouse.

Orders take a piece each; what their SKUs may show is computed, wished for, and planned as writes of every account that
lists them. A field rests a few seconds before it is written, so that twenty changes are one write: that rest is counted.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from bench import servers
from bench.result import Result
from catalog.models import Sku
from catalog.publishing import deltas
from catalog.services.publishing import QUIET
from config.core import clock, tenancy
from inventory.models import MoveKind, Warehouse
from inventory.services import allocation, offers, stock
from inventory.services.stock import Move
from marketplaces import registry
from marketplaces.contract import Capability
from marketplaces.models import Account, AccountStage, Command

CLIENT = "bench_offers"
SKUS, SHOPS = 20_000, 5
ROUNDS, CHANGES = 15, 60
LIMIT_S = 10.0
"""Of the 60 seconds within which a quantity should be confirmed (F-18), so many may pass before its write leaves."""
START = datetime(2026, 9, 1, 12, tzinfo=UTC)
_FILL = """
INSERT INTO catalog_product (id, title, category, created_at, updated_at) VALUES (1, 'Mug', '', now(), now());
INSERT INTO catalog_listing (account_id, channel, external_id, remote_id, sku_id, product_ids, title, status, status_raw,
    fulfilment, quantity, image_url, extra, currency, changed_at)
SELECT account.id, '', sku.code, sku.code, sku.id, '[]', '', 'active', '', 'merchant', 1000, '', '{}', 'EUR', now()
FROM marketplaces_account account CROSS JOIN catalog_sku sku
"""


def p95() -> Result:
    """`value` is the 95th of a hundred seconds from change to write; the run fails where a write is missing."""
    servers.client(CLIENT)
    with tenancy.in_tenant(CLIENT):
        house, shops, skus = _goods()
        moment, taken = START, []
        for number in range(ROUNDS):
            moment += timedelta(minutes=1)
            taken += _round(house, shops, skus[number * CHANGES : (number + 1) * CHANGES], moment)
    found = sorted(taken)
    value = round(found[int(len(found) * 0.95)], 2)
    return Result(
        name="stock_to_command_p95", rows=SKUS * SHOPS, seconds=value, limit_seconds=LIMIT_S, value=value,
        instead={"all listings computed and compared again": _everything()},
    )  # fmt: skip


def _goods() -> tuple[Warehouse, list[int], list[int]]:
    adapter = next(each for each in registry.all_adapters() if Capability.WRITE_STOCK in each.capabilities)
    for number in range(SHOPS):
        Account.objects.create(
            key=f"shop-{number}", marketplace=adapter.key, label=f"Shop {number}", stage=AccountStage.ACT,
            stores=[adapter.stores[0].code],
        )  # fmt: skip
    house = Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")
    product, listings = _FILL.split(";\n")
    with connection.cursor() as cursor:
        cursor.execute(product)
        Sku.objects.bulk_create(
            [Sku(code=f"SKU-{n}", product_id=1, title="Mug") for n in range(SKUS)], batch_size=5_000
        )
        cursor.execute(listings)
    shops, skus = list(Account.objects.values_list("pk", flat=True)), list(Sku.objects.values_list("pk", flat=True))
    with clock.frozen(START):
        for account in Account.objects.all():
            allocation.feed(account, house, is_publishing=True)
        for start in range(0, SKUS, 5_000):
            stock.move([_move(house, sku, 1_000, MoveKind.OPENING) for sku in skus[start : start + 5_000]], by="bench")
        offers.offer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_offerfield SET state = 'confirmed', confirmed = wanted, confirmed_at = now()")
        cursor.execute("VACUUM ANALYZE")
    return house, shops, skus


def _move(house: Warehouse, sku: int, units: int, kind: MoveKind) -> Move:
    reason = "damaged" if kind == MoveKind.WRITE_OFF else ""
    return Move(warehouse_id=house.pk, sku_id=sku, kind=kind, quantity=units, key=f"{kind}:{sku}", reason=reason)


def _round(house: Warehouse, shops: list[int], skus: list[int], moment: datetime) -> list[float]:
    """Seconds of each change of a burst until all its writes are planned, the rest of its field included."""
    known, began = Command.objects.count(), []
    with clock.frozen(moment):
        for sku in skus:
            began.append(time.perf_counter())
            stock.move([_move(house, sku, -1, MoveKind.WRITE_OFF)], by="bench")
        offers.offer()
    with clock.frozen(moment + QUIET):
        for shop in shops:
            deltas.publish(shop)
    ended = time.perf_counter()
    if Command.objects.count() - known != len(skus) * len(shops):
        raise AssertionError(f"{Command.objects.count() - known} writes of {len(skus) * len(shops)} are planned")
    return [ended - start + QUIET.total_seconds() for start in began]


def _everything() -> float:
    """What it costs to compute and compare all offers, as a job that runs over everything does."""
    start = time.perf_counter()
    with tenancy.in_tenant(CLIENT), clock.frozen(START + timedelta(hours=1)):
        offers.refresh(everything=True)
        offers.offer()
    return round(time.perf_counter() - start, 2)
