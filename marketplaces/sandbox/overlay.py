"""What was written to the simulated marketplaces: shelves of small JSON values in one SQLite file, or in memory."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists shelf (
    owner text not null, shelf text not null, key text not null, value text not null,
    primary key (owner, shelf, key)
) without rowid;
create table if not exists message (
    id integer primary key autoincrement, queue text not null, body text not null,
    visible_at real not null default 0, receipt text not null default '', received integer not null default 0
);
create index if not exists message_queue on message (queue, visible_at);
"""


class Overlay:
    """One connection for all threads of the server process; other processes may open the same file."""

    def __init__(self, path: Path | None = None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", check_same_thread=False, isolation_level=None, timeout=10
        )
        self._db.executescript(f"pragma journal_mode=wal; pragma synchronous=off; {SCHEMA}")

    def put(self, owner: str, shelf: str, key: str, value: Mapping[str, Any]) -> None:
        self.run("insert or replace into shelf values (?, ?, ?, ?)", (owner, shelf, key, json.dumps(dict(value))))

    def get(self, owner: str, shelf: str, key: str) -> dict[str, Any] | None:
        rows = self.run("select value from shelf where owner = ? and shelf = ? and key = ?", (owner, shelf, key))
        return json.loads(rows[0][0]) if rows else None

    def remove(self, owner: str, shelf: str, key: str) -> None:
        self.run("delete from shelf where owner = ? and shelf = ? and key = ?", (owner, shelf, key))

    def shelf(self, owner: str, shelf: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Everything on one shelf, by key."""
        rows = self.run("select key, value from shelf where owner = ? and shelf = ? order by key", (owner, shelf))
        return ((key, json.loads(value)) for key, value in rows)

    def count(self, owner: str, name: str) -> int:
        """The next number of this name, from 1; nobody else gets it."""
        counted = """
            insert into shelf values (?, 'numbers', ?, '{"last": 1}') on conflict do update
            set value = json_set(value, '$.last', json_extract(value, '$.last') + 1)
            returning json_extract(value, '$.last')
        """
        return int(self.run(counted, (owner, name))[0][0])

    def run(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """Execute one statement and return its rows."""
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        self._db.close()
