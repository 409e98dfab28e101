"""Reserves rolled forward: what was held back before, released, held back anew, and what should be left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.db import connection

_ROLLED = """
WITH held AS (
    SELECT line.settlement_id, -sum(amount) FILTER (WHERE line_class = 'reserve_in') AS held,
        sum(amount) FILTER (WHERE line_class = 'reserve_out') AS released,
        string_agg(DISTINCT nullif(label_text, ''), ', ') FILTER (WHERE line_class = 'reserve_in') AS causes
    FROM finance_settlementline line WHERE line.scope = 'reserve' GROUP BY 1
)
SELECT a.key, a.label, s.id, s.external_id, s.currency, s.chain, s.period_start, s.period_end,
    coalesce(lag(coalesce(held.held, 0)) OVER series, held.released, 0), coalesce(held.released, 0),
    coalesce(held.held, 0), coalesce(held.causes, '')
FROM finance_settlement s JOIN marketplaces_account a ON a.id = s.account_id
LEFT JOIN held ON held.settlement_id = s.id
WHERE s.line_count > 0 AND (%(account)s::bigint IS NULL OR s.account_id = %(account)s)
    AND (s.account_id, s.currency, s.chain, s.kind) IN (SELECT same.account_id, same.currency, same.chain, same.kind
        FROM held any_held JOIN finance_settlement same ON same.id = any_held.settlement_id)
WINDOW series AS (PARTITION BY s.account_id, s.currency, s.chain, s.kind ORDER BY s.period_start, s.id)
ORDER BY a.label, a.key, s.currency, s.chain, s.kind, s.period_start, s.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """One statement of a series; amounts are positive. `opening` is what the statement before held back at its end."""

    account: str
    label: str
    pk: int
    statement: str
    currency: str
    chain: str
    since: datetime | None
    until: datetime | None
    opening: Decimal
    released: Decimal
    held: Decimal
    causes: str

    @property
    def closing(self) -> Decimal:
        return self.opening - self.released + self.held

    @property
    def differs_by(self) -> Decimal:
        """What should have been released and was not; the reserve held too long."""
        return self.closing - self.held


def roll_forward(*, account: int | None = None) -> Sequence[Rolled]:
    """Every statement of series that hold reserves, oldest first within its series."""
    names = (
        "account", "label", "pk", "statement", "currency", "chain", "since", "until", "opening", "released", "held", "causes",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ROLLED, {"account": account})
        return [Rolled(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def series(rows: Sequence[Rolled]) -> list[tuple[Rolled, list[Rolled]]]:
    """The latest statement of each series with all of the series, the newest first."""
    told = []
    for _, group in groupby(rows, key=lambda row: (row.account, row.currency, row.chain)):
        found = list(group)[::-1]
        told.append((found[0], found))
    return told
