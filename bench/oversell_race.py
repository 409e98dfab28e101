"""Ten thousand buyers of scarce goods in five shops at once: how many units are promised twice.

A shop shows a quantity and sells from it at once; we hear of the sale later, and what we write shows later still. One
write in twenty is lost and written again after a read-back, one in twenty is slow. A worker per shop lands its sales
and writes its quantities; workers are killed with SIGKILL all the time and begin anew. The market waits while its news
is older than `LAG_S`, so that a busy machine does not change what is measured; buffers follow from that delay (F-23).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, connections, transaction

from bench import servers
from bench.result import Result
from config.core import tenancy
from inventory import offering, sinks
from inventory.models import Buffer, MoveKind, Warehouse
from inventory.services import allocation, offers, stock
from inventory.services.stock import Move
from marketplaces import canonical, registry
from marketplaces.models import Account
from marketplaces.sinks import Source

CLIENT = "bench_race"
BUYERS, SHOPS, SKUS, STOCK = 10_000, 5, 500, 12
PER_SECOND = 250
LAG_S, HEARD_AFTER_S, SHOWN_AFTER_S, REWRITTEN_AFTER_S = 1.5, 0.1, 0.1, 0.5
LOST, SLOW, SLOW_S = 0.05, 0.05, 0.4
KILL_EVERY_S = 1.0
CHANCE_OF_OVERSELL = 0.00001
ORDERED = datetime(2026, 9, 1, tzinfo=UTC)
_MARKET = """
DROP TABLE IF EXISTS market_offer, market_sale, market_write, naive_stock;
CREATE TABLE market_offer (account_id bigint, sku_id bigint, shown int, seq bigint DEFAULT 0, PRIMARY KEY (account_id, sku_id));
CREATE TABLE market_sale (id bigserial PRIMARY KEY, account_id bigint, sku_id bigint, at timestamptz DEFAULT clock_timestamp(),
    is_told bool DEFAULT false);
CREATE INDEX ON market_sale (account_id, id) WHERE NOT is_told;
CREATE TABLE market_write (seq bigserial PRIMARY KEY, account_id bigint, sku_id bigint, units int, shows_at timestamptz);
CREATE TABLE naive_stock (sku_id bigint PRIMARY KEY, on_hand int, is_changed bool DEFAULT false);
INSERT INTO naive_stock SELECT id, %(stock)s FROM catalog_sku;
INSERT INTO market_offer SELECT account.id, sku.id, %(shown)s FROM marketplaces_account account, catalog_sku sku
"""
_BUY = """
WITH bought AS (UPDATE market_offer SET shown = shown - 1 WHERE account_id = %s AND sku_id = %s AND shown > 0 RETURNING 1)
INSERT INTO market_sale (account_id, sku_id) SELECT %s, %s FROM bought
"""
_HEARD = """
SELECT id, sku_id FROM market_sale WHERE account_id = %s AND NOT is_told
AND at <= clock_timestamp() - make_interval(secs => %s) ORDER BY id LIMIT 100
"""
_SHOW = """
WITH arrived AS (DELETE FROM market_write WHERE account_id = %s AND shows_at <= clock_timestamp() RETURNING seq, sku_id, units),
newest AS (SELECT DISTINCT ON (sku_id) * FROM arrived ORDER BY sku_id, seq DESC)
UPDATE market_offer offer SET shown = newest.units, seq = newest.seq FROM newest
WHERE offer.account_id = %s AND offer.sku_id = newest.sku_id AND offer.seq < newest.seq
"""
_WRITE = """
INSERT INTO market_write (account_id, sku_id, units, shows_at)
SELECT %s, sku, units, clock_timestamp() + make_interval(secs => after)
FROM unnest(%s::bigint[], %s::int[], %s::float8[]) AS given(sku, units, after)
"""
_WANTED = """
UPDATE catalog_offerfield field SET state = 'confirmed', confirmed = wanted, confirmed_at = now()
FROM catalog_listing listing WHERE listing.id = field.listing_id AND field.account_id = %s AND field.state = 'planned'
RETURNING listing.sku_id, field.wanted::int
"""
_LAG = "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0) FROM market_sale WHERE NOT is_told"
_BROKEN = """
SELECT count(*) FROM inventory_holding held WHERE held.available < 0
   OR held.on_hand <> (SELECT sum(quantity) FROM inventory_stockmove move WHERE move.sku_id = held.sku_id)
   OR held.reserved <> (SELECT coalesce(sum(claim.held), 0) FROM inventory_reservation claim WHERE claim.sku_id = held.sku_id)
"""
_OVERSOLD = """
SELECT coalesce(sum(greatest(0, sold.units - %s)), 0), coalesce(sum(sold.units), 0)
FROM (SELECT sku_id, count(*) AS units FROM market_sale GROUP BY 1) AS sold
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds, units promised twice, units sold, workers killed."""

    seconds: float
    oversold: int
    sold: int
    kills: int


def run() -> Result:
    """`value` is the units oversold by ours, which must be 0; beside it what read-then-write oversells."""
    servers.client(CLIENT)
    with tenancy.in_tenant(CLIENT):
        accounts = _goods()
        per_day = Decimal(PER_SECOND * 86_400) / SKUS * (SHOPS - 1) / SHOPS
        held_back = offering.buffer(per_day, round(LAG_S + 0.5), CHANCE_OF_OVERSELL)
        _hold_back(held_back, per_day)
        ours = _race(_ours, accounts, STOCK - held_back)
        if _one(_BROKEN):
            raise AssertionError("a level is not the sum of its moves and reservations")
        short = _one("SELECT coalesce(sum(missing + unbacked), 0) FROM inventory_shortage")
        if short != ours.oversold:
            raise AssertionError(f"{ours.oversold} units oversold, but {short} are told as shortages")
        naive = _race(_naive, accounts, STOCK)
    print(f"ours: {ours}; naive: {naive}; held back {held_back} of {STOCK}")
    return Result(
        name="oversell_race", rows=BUYERS, seconds=round(ours.seconds, 2), value=float(ours.oversold),
        instead={"units oversold by read, then write": float(naive.oversold)},
    )  # fmt: skip


def _goods() -> list[int]:
    """Five shops that list 500 SKUs each, fed by one warehouse with a dozen pieces of each."""
    adapter = next(registry.all_adapters())
    shops = [
        Account.objects.create(key=f"shop-{n}", marketplace=adapter.key, label=f"Shop {n}", stores=[adapter.stores[0].code])
        for n in range(SHOPS)
    ]  # fmt: skip
    house = Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_product (title, category, created_at, updated_at) VALUES ('Mug', '', now(), now())"
        )
    _skus()
    for shop in shops:
        allocation.feed(shop, house, is_publishing=True, starts_at=ORDERED)
    ids = _column("SELECT id FROM catalog_sku ORDER BY id")
    stock.move(
        [
            Move(warehouse_id=house.pk, sku_id=sku, kind=MoveKind.OPENING, quantity=STOCK, key=f"opening:{sku}")
            for sku in ids
        ],
        by="bench",
    )
    return [shop.pk for shop in shops]


def _skus() -> None:
    from catalog.models import Listing, Product, Sku

    product = Product.objects.get()
    found = Sku.objects.bulk_create(Sku(code=f"SKU-{n}", product=product, title="Mug") for n in range(SKUS))
    Listing.objects.bulk_create(
        Listing(account=shop, sku=sku, external_id=sku.code, remote_id=sku.code, status="active", fulfilment="merchant")
        for shop in Account.objects.all()
        for sku in found
    )


def _hold_back(units: int, per_day: Decimal) -> None:
    Buffer.objects.bulk_create(
        Buffer(account_id=account, sku_id=sku, units=units, per_day=per_day, delay_s=2, computed_at=ORDERED)
        for account in _column("SELECT id FROM marketplaces_account")
        for sku in _column("SELECT id FROM catalog_sku")
    )


def _race(work: Callable[[int, random.Random], None], accounts: list[int], shown: int) -> Outcome:
    """Let the buyers loose on shops that show `shown` of everything, kill workers, wait until all sales were heard of."""
    with connection.cursor() as cursor:
        cursor.execute(_MARKET, {"stock": STOCK, "shown": shown})
    skus = _column("SELECT id FROM catalog_sku")
    connections.close_all()
    chance, workers, kills = random.Random(11), {}, 0  # noqa: S311 - a race that can be told again
    start = next_kill = time.monotonic()
    for number in range(BUYERS):
        next_kill, kills = _keep_working(work, accounts, (workers, chance, next_kill, kills))
        account, sku = chance.choice(accounts), chance.choice(skus)
        with connection.cursor() as cursor:
            cursor.execute(_BUY, [account, sku, account, sku])
        while number % 50 == 0 and float(_one(_LAG)) > LAG_S:
            next_kill, kills = _keep_working(work, accounts, (workers, chance, next_kill, kills))
            time.sleep(0.02)
        time.sleep(max(0.0, 0.6 / PER_SECOND))
    while _one("SELECT count(*) FROM market_sale WHERE NOT is_told"):
        _keep_working(work, accounts, (workers, chance, float("inf"), kills))
        time.sleep(0.1)
    for worker in workers.values():
        worker.kill()
        worker.join()
    with connection.cursor() as cursor:
        cursor.execute(_OVERSOLD, [STOCK])
        oversold, sold = cursor.fetchone()
    return Outcome(time.monotonic() - start, int(oversold), int(sold), kills)


def _keep_working(work: Any, accounts: list[int], state: tuple[dict[int, Any], random.Random, float, int]) -> Any:
    """Begin workers that are not there, and kill one when its time has come; when the next one dies, and how many did."""
    workers, chance, next_kill, kills = state
    for account in accounts:
        if account not in workers or not workers[account].is_alive():
            connections.close_all()
            worker = multiprocessing.get_context("fork").Process(target=_live, args=(work, account), daemon=True)
            worker.start()
            workers[account] = worker
    if time.monotonic() < next_kill + KILL_EVERY_S:
        return next_kill, kills
    os.kill(workers[chance.choice(accounts)].pid, signal.SIGKILL)
    return time.monotonic(), kills + 1


def _live(work: Callable[[int, random.Random], None], account: int) -> None:
    chance = random.Random()  # noqa: S311
    with tenancy.in_tenant(CLIENT):
        while True:
            work(account, chance)
            time.sleep(0.01)


def _ours(account: int, chance: random.Random) -> None:
    """Land what was sold as orders, wish for what may be shown, write it."""
    shop = Account.objects.get(pk=account)
    with transaction.atomic():
        heard = _rows(_HEARD, [account, HEARD_AFTER_S])
        if heard:
            names = dict(_rows("SELECT id, code FROM catalog_sku WHERE id = ANY(%s)", [[sku for _, sku in heard]]))
            sinks.orders([_order(sale, names[sku]) for sale, sku in heard], Source(shop, "orders", ORDERED))
            _told(heard)
    offers.offer()
    with transaction.atomic():
        _write(account, _rows(_WANTED, [account]), chance)
        _execute(_SHOW, [account, account])


def _naive(account: int, chance: random.Random) -> None:
    """Read what is there, write one less, show that everywhere."""
    heard = _rows(_HEARD, [account, HEARD_AFTER_S])
    for _, sku in heard:
        there = _one("SELECT on_hand FROM naive_stock WHERE sku_id = %s", [sku])
        _execute("UPDATE naive_stock SET on_hand = %s WHERE sku_id = %s", [max(0, there - 1), sku])
    _told(heard)
    touched = sorted({sku for _, sku in heard})
    shown = _rows("SELECT sku_id, on_hand FROM naive_stock WHERE sku_id = ANY(%s)", [touched]) if touched else []
    for shop in _column("SELECT id FROM marketplaces_account"):
        _write(shop, shown, chance)
    _execute(_SHOW, [account, account])


def _order(sale: int, code: str) -> canonical.Order:
    line = canonical.OrderLine(external_id="1", sku=code, quantity=1)
    return canonical.Order(
        external_id=f"S-{sale}", status=canonical.OrderStatus.TO_SHIP, ordered_at=ORDERED, changed_at=ORDERED,
        fulfilment=canonical.Fulfilment.MERCHANT, lines=(line,),
    )  # fmt: skip


def _told(heard: list[Any]) -> None:
    _execute("UPDATE market_sale SET is_told = true WHERE id = ANY(%s)", [[sale for sale, _ in heard]])


def _write(account: int, wanted: list[Any], chance: random.Random) -> None:
    if wanted:
        after = [SHOWN_AFTER_S + _trouble(chance.random()) for _ in wanted]
        _execute(_WRITE, [account, [sku for sku, _ in wanted], [units for _, units in wanted], after])


def _trouble(draw: float) -> float:
    """A lost write shows when it was read back and written again; a slow one, later."""
    return REWRITTEN_AFTER_S if draw < LOST else SLOW_S if draw < LOST + SLOW else 0.0


def _execute(statement: str, given: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _rows(statement: str, given: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _column(statement: str) -> list[int]:
    return [pk for (pk,) in _rows(statement, [])]


def _one(statement: str, given: list[Any] | None = None) -> Any:
    return _rows(statement, given or [])[0][0]
