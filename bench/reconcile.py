"""Reconciling whole: all layers, the money of order lines, identities and discrepancies; full, and one statement more."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas
import polars
from django.db import connection, transaction

from bench import bare, books
from bench.result import Result, seconds
from bench.servers import SCHEMA
from finance import discrepancies, matches, tieout
from finance.services import reconcile

LINES, ORDER_LINES, WORKERS = 1_000_000, 400_000, 2
NEW, SMALL, GROWTH = 24_000, 48_000, 10
_LINES = "SELECT id, account_id, order_ref, line_ref, remote_id, amount::text AS amount FROM finance_settlementline"
_ITEMS = """SELECT id AS item, account_id, order_ref, external_id AS line_ref, remote_id, item_total::text AS amount
    FROM inventory_orderline"""
KEYS = (
    ["account_id", "order_ref", "line_ref"],
    ["account_id", "order_ref", "remote_id"],
    ["account_id", "order_ref", "amount"],
)


def full() -> Result:
    """Two workers share the accounts, as in a first import; `value` is the discrepancies found, none in sound books."""
    books.begin()
    statements = books.add(0, ORDER_LINES, first=books.first_day(ORDER_LINES))
    limit = bare.seconds()
    ours = seconds(lambda: _shared(statements), before=books.settle)
    return Result(
        name="reconcile_full", rows=LINES, seconds=ours, limit_seconds=round(3 * limit, 3),
        value=float(sum(_undone(half) for half in _halves(statements))),
        instead={
            "pandas, matching only": seconds(lambda: _elsewhere(_pandas), runs=1),
            "polars, matching only": seconds(lambda: _elsewhere(_polars), runs=1),
        },
    )  # fmt: skip


def growth() -> Result:
    """One new statement of 5,000 lines, with some and with ten times the history, both up to now; `value` is how many times
    as long it takes."""
    small, large = _one_more(SMALL), _one_more(SMALL * GROWTH)
    return Result(
        name="reconcile_increment_growth", rows=5_000, seconds=large, limit_seconds=round(1.3 * small, 3),
        value=round(large / small, 2),
    )  # fmt: skip


def _one_more(history: int) -> float:
    books.begin()
    first = books.first_day(history + NEW)
    for statement in books.add(0, history, first=first):
        _reconcile([statement])
    new = books.add(history, history + NEW, first=first)
    reconcile.rebuild_order_money()
    return seconds(lambda: _undone(new[:1]), before=books.settle, runs=5)


def _reconcile(statements: Sequence[int], *, everywhere: bool = True) -> int:
    with transaction.atomic():
        matches.rebuild(statements)
        tieout.refresh(statements)
        return len(discrepancies.refresh(statements, everywhere=everywhere))


def _undone(statements: Sequence[int]) -> int:
    """Everything, and then as if it had not been."""
    with transaction.atomic():
        found = _reconcile(statements)
        transaction.set_rollback(True)
    return found


def _shared(statements: Sequence[int]) -> None:
    """What the workers do: each takes half of the accounts, in a connection of its own."""
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(_in_worker, _halves(statements)))


def _halves(statements: Sequence[int]) -> list[list[int]]:
    return [[pk for pk in statements if books.account_of(pk) % WORKERS == worker] for worker in range(WORKERS)]


def _in_worker(statements: Sequence[int]) -> None:
    connection.set_schema(SCHEMA)
    try:
        _undone(statements)
    finally:
        connection.close()


def _elsewhere(matched: Callable[[io.BytesIO, io.BytesIO], bytes]) -> None:
    """Out of the database by COPY, matched, and back by COPY."""
    with connection.cursor() as cursor:
        told = matched(_read(cursor, _LINES), _read(cursor, _ITEMS))
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS bench_found (id bigint, order_line_id bigint)")
        with cursor.copy("COPY bench_found FROM STDIN (FORMAT csv)") as copy:
            copy.write(told)


def _read(cursor: Any, query: str) -> io.BytesIO:
    target = io.BytesIO()
    with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy:
        for block in copy:
            target.write(block)
    target.seek(0)
    return target


def _pandas(lines: io.BytesIO, items: io.BytesIO) -> bytes:
    rows, known = pandas.read_csv(lines, keep_default_na=False), pandas.read_csv(items, keep_default_na=False)
    found = rows[["id"]].copy()
    found["item"] = pandas.NA
    for keys in KEYS:
        single = known.drop_duplicates(keys, keep=False)[[*keys, "item"]]
        hit = rows.merge(single, on=keys, how="left")["item"]
        found["item"] = found["item"].fillna(hit)
    found["item"] = found["item"].astype("Int64")
    return found.to_csv(index=False, header=False).encode()


def _polars(lines: io.BytesIO, items: io.BytesIO) -> bytes:
    text = {"amount": polars.String, "order_ref": polars.String, "line_ref": polars.String, "remote_id": polars.String}
    rows = polars.read_csv(lines, schema_overrides=text)
    known = polars.read_csv(items, schema_overrides=text)
    for place, keys in enumerate(KEYS):
        single = known.unique(keys, keep="none").select([*keys, polars.col("item").alias(f"item{place}")])
        rows = rows.join(single, on=keys, how="left")
    found = rows.select("id", polars.coalesce([f"item{place}" for place in range(len(KEYS))]))
    return found.write_csv(include_header=False).encode()
