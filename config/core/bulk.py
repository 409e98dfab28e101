"""Land many rows: one COPY into a temporary table, sorted writes of what differs alone, the ids of what was written.

Two writers that land overlapping rows meet them in the same order, so they wait for each other and never deadlock.
A row that is equal to the stored one, or older, is neither written nor locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from config.core import copytext, upsert
from config.core.upsert import Table

ANALYZE_FROM = 5_000
_UNIQUE_VIOLATION = "23505"
_TYPES = (
    "SELECT typname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid "
    "WHERE attrelid = ('pg_temp.' || %s)::regclass AND attnum > 0 ORDER BY attnum"
)


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing did. Ids are single values, or tuples where several columns are returned."""

    inserted_ids: list[Any]
    updated_ids: list[Any]
    received: int

    @property
    def unchanged(self) -> int:
        """Rows given that needed no write: equal to the stored row, older than it, or repeated."""
        return self.received - len(self.inserted_ids) - len(self.updated_ids)

    @property
    def changed_ids(self) -> list[Any]:
        return self.inserted_ids + self.updated_ids


def land(table: Table, rows: Iterable[Sequence[Any]], *, using: BaseDatabaseWrapper | None = None) -> Landed:
    """Land rows in one transaction, or in the caller's. Our memory holds one chunk at a time and the ids written."""
    database: Any = using or connection
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        cursor.execute(upsert.make_stage(table))
        received = _copy(cursor, table, rows)
        cursor.execute("SET LOCAL work_mem = '64MB'")
        if received >= ANALYZE_FROM:
            cursor.execute(upsert.analyse_stage(table))
        written = _insert_unknown(cursor, table) if received else []
        if len(written) < received:
            written += _settle_known(cursor, table)
        cursor.execute(sql.SQL("DROP TABLE {}").format(table.stage))
    inserted, updated = [row for row in written if row[0]], [row for row in written if not row[0]]
    return Landed(_ids(inserted), _ids(updated), received)


def _copy(cursor: CursorWrapper, table: Table, rows: Iterable[Sequence[Any]]) -> int:
    cursor.execute(_TYPES, [table.stage.as_string()])
    writers = [copytext.writer(name) for (name,) in cursor.fetchall()]
    received = 0
    told_by_django = cursor.db.wrap_database_errors
    with told_by_django, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table.stage)) as copy:
        for count, text in copytext.chunks(rows, writers):
            copy.write(text)
            received += count
    return received


def _insert_unknown(cursor: CursorWrapper, table: Table) -> list[tuple[Any, ...]]:
    """A plain insert, which does not watch for conflicts; it gives up when another writer wins."""
    try:
        with transaction.atomic(using=cursor.db.alias):
            cursor.execute(upsert.insert_unknown(table), list(table.on_insert.values()))
            return list(cursor.fetchall())
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != _UNIQUE_VIOLATION:
            raise
        return []


def _settle_known(cursor: CursorWrapper, table: Table) -> list[tuple[Any, ...]]:
    constants = [*table.on_insert.values(), *(table.on_update.values() if table.taken_over else ())]
    cursor.execute(upsert.settle_known(table), constants)
    return list(cursor.fetchall())


def _ids(written: list[tuple[Any, ...]]) -> list[Any]:
    if written and len(written[0]) > 2:
        return [row[1:] for row in written]
    return [row[1] for row in written]
