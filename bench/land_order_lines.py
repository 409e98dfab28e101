"""Landing order lines: new ones beside raw COPY into the same indexed table, and the same ones again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import dlt
from django.db import connection

from bench import order_lines
from bench.order_lines import COLUMNS, KEY, NAME, ROWS, TABLE, BenchOrderLine, empty_table
from bench.result import Result, seconds
from bench.servers import WORK
from config.core import copytext
from config.core.bulk import land

_TYPES = (
    "SELECT column_name, udt_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = %s"
)
Rows = list[tuple[Any, ...]]


def new() -> Result:
    """Rows into an empty table. The limit is COPY of the same rows by the fastest way we have to write them down."""
    rows = order_lines.rows()
    return Result(
        name="land_order_lines_new",
        rows=ROWS,
        seconds=seconds(lambda: land(TABLE, rows), before=empty_table),
        limit_seconds=seconds(lambda: _copy(rows, NAME), before=empty_table),
        instead={
            "COPY, one write_row per row": seconds(lambda: _copy_by_row(rows), before=empty_table),
            "bulk_create(update_conflicts=True)": seconds(lambda: _bulk_create(rows), before=empty_table, runs=1),
            "dlt": seconds(lambda: _dlt(rows), runs=1),
        },
    )


def same() -> Result:
    """The same rows again. `value` is rows written plus dead tuples; the limit is COPY into a temporary table."""
    rows = order_lines.rows()
    empty_table()
    land(TABLE, rows)
    before = _traces()
    taken = seconds(lambda: land(TABLE, rows))
    written = float(_traces() - before)
    return Result(
        name="land_order_lines_same",
        rows=ROWS,
        seconds=taken,
        limit_seconds=seconds(lambda: _copy(rows, "bench_nowhere"), before=_nowhere),
        value=written,
        instead={
            "bulk_create(update_conflicts=True)": seconds(lambda: _bulk_create(rows), runs=1),
            "dlt": seconds(lambda: _dlt(rows), runs=1),
        },
    )


def _copy(rows: Rows, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TYPES, [NAME])
        types = dict(cursor.fetchall())
        writers = [copytext.writer(types[name]) for name in COLUMNS]
        with cursor.copy(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for _, text in copytext.chunks(rows, writers):
                copy.write(text)


def _copy_by_row(rows: Rows) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {NAME} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _bulk_create(rows: Rows) -> None:
    BenchOrderLine.objects.bulk_create(
        [BenchOrderLine(**dict(zip(COLUMNS, row, strict=True))) for row in rows],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=KEY,
        update_fields=[name for name in COLUMNS if name not in KEY],
    )


def _dlt(rows: Rows) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
    pipeline = dlt.pipeline(
        "bench_order_lines",
        pipelines_dir=str(WORK / "dlt"),
        destination=dlt.destinations.postgres(os.environ["DATABASE_URL"]),
        dataset_name="bench_dlt",
    )
    resource = dlt.resource(
        (dict(zip(COLUMNS, row, strict=True)) for row in rows),
        name=NAME,
        primary_key=KEY,
        write_disposition="merge",
    )
    pipeline.run(resource)


def _nowhere() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_nowhere")
        cursor.execute(f"CREATE TEMPORARY TABLE bench_nowhere (LIKE {NAME} INCLUDING IDENTITY)")


def _traces() -> int:
    """Everything ever inserted into, changed in or deleted from the table, and its dead tuples."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT n_tup_ins + n_tup_upd + n_tup_del + n_dead_tup FROM pg_stat_user_tables WHERE relid = %s::regclass",
            [NAME],
        )
        row: Sequence[int] = cursor.fetchone()
    return row[0]
