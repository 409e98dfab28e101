"""The statements by which a table takes over staged rows; text only, they run in `bulk`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

_NOTHING = sql.SQL("")
_STAGE = "CREATE TEMPORARY TABLE {stage} ON COMMIT DROP AS SELECT {columns} FROM {target} WITH NO DATA"
_WRITE = """
INSERT INTO {target} AS stored ({columns}{constants}) SELECT {fresh_columns}{constant_values}
FROM (SELECT DISTINCT ON ({key}) * FROM {stage} ORDER BY {key}, {newest_first} ctid DESC) AS fresh
LEFT JOIN {target} AS stored ON {same_key} WHERE {wanted} ORDER BY {fresh_key}
{on_conflict} RETURNING (stored.xmax = 0), {returning}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where rows land. `columns` is the order of values in each row; `key` is covered by a unique constraint.

    `update` names the columns that a known row takes over (None: all but the key; empty: known rows stay as they are).
    `newer` is the column by which an older row is refused; None means that the last one given wins.
    `on_insert` and `on_update` are values equal for all rows, which never make a row count as changed.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    update: tuple[str, ...] | None = None
    newer: str | None = "changed_at"
    returning: tuple[str, ...] = ("id",)
    on_insert: Mapping[str, Any] = field(default_factory=dict)
    on_update: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = {*self.key, *(self.update or ()), *filter(None, [self.newer])}
        if not self.key or not self.returning or named - set(self.columns):
            raise ValueError(f"{self.name}: needs a key, what to return, and columns for {sorted(named)}")

    @property
    def taken_over(self) -> tuple[str, ...]:
        """Columns that a known row takes over, with `newer` always among them."""
        if self.update == ():
            return ()
        names = self.columns if self.update is None else self.update
        wanted = {*names, *filter(None, [self.newer])} - set(self.key)
        return tuple(name for name in self.columns if name in wanted)

    @property
    def stage(self) -> sql.Identifier:
        """The temporary table that receives the rows."""
        return sql.Identifier(f"landing_{self.name}"[:63])


def make_stage(table: Table) -> sql.Composed:
    return sql.SQL(_STAGE).format(stage=table.stage, columns=_names(table.columns), target=sql.Identifier(table.name))


def analyse_stage(table: Table) -> sql.Composed:
    """Statistics of the key, where the planner's guess about a table it does not know could be far off."""
    return sql.SQL("ANALYZE {} ({})").format(table.stage, _names(table.key))


def insert_unknown(table: Table) -> sql.Composed:
    """Insert rows whose key is not stored. Parameters: the values of `on_insert`."""
    return _write(table, wanted=_is_unknown(table), on_conflict=_NOTHING)


def settle_known(table: Table) -> sql.Composed:
    """Write what is unknown or differs, whoever else inserts meanwhile. Parameters: `on_insert`, then `on_update`."""
    wanted = sql.SQL("{} OR ({})").format(_is_unknown(table), _differs(table, "fresh"))
    return _write(
        table, wanted=wanted, on_conflict=sql.SQL("ON CONFLICT ({}) {}").format(_names(table.key), _action(table))
    )


def _write(table: Table, *, wanted: sql.Composable, on_conflict: sql.Composable) -> sql.Composed:
    newest_first = sql.SQL("{} DESC NULLS LAST,").format(sql.Identifier(table.newer)) if table.newer else _NOTHING
    same = [sql.SQL("fresh.{0} = stored.{0}").format(sql.Identifier(name)) for name in table.key]
    return sql.SQL(_WRITE).format(
        target=sql.Identifier(table.name),
        stage=table.stage,
        columns=_names(table.columns),
        fresh_columns=_names(table.columns, "fresh"),
        constants=_NOTHING.join(sql.SQL(", {}").format(sql.Identifier(name)) for name in table.on_insert),
        constant_values=_NOTHING.join([sql.SQL(", %s")] * len(table.on_insert)),
        key=_names(table.key),
        fresh_key=_names(table.key, "fresh"),
        newest_first=newest_first,
        same_key=sql.SQL(" AND ").join(same),
        wanted=wanted,
        on_conflict=on_conflict,
        returning=_names(table.returning, "stored"),
    )


def _action(table: Table) -> sql.Composable:
    """What a known row takes over; the difference is judged again, because another writer may have come first."""
    if not table.taken_over:
        return sql.SQL("DO NOTHING")
    sets = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in table.taken_over]
    sets += [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in table.on_update]
    return sql.SQL("DO UPDATE SET {} WHERE {}").format(sql.SQL(", ").join(sets), _differs(table, "excluded"))


def _is_unknown(table: Table) -> sql.Composable:
    return sql.SQL("stored.{} IS NULL").format(sql.Identifier(table.key[0]))


def _differs(table: Table, given: str) -> sql.Composable:
    if not table.taken_over:
        return sql.SQL("FALSE")
    differs = sql.SQL("({}) IS DISTINCT FROM ({})").format(
        _names(table.taken_over, given), _names(table.taken_over, "stored")
    )
    if not table.newer:
        return differs
    return sql.SQL("{differs} AND ({given}.{newer} >= stored.{newer}) IS NOT FALSE").format(
        differs=differs, given=sql.Identifier(given), newer=sql.Identifier(table.newer)
    )


def _names(names: Iterable[str], table: str = "") -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) if table else sql.Identifier(name) for name in names)
