"""How many of the orders that changed were also told by a pushed event: lately, and in the week before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from config.core import clock

LATELY = timedelta(hours=2)
HABIT = timedelta(days=7)
EARLY = timedelta(minutes=5)
"""Their clock and ours may differ by this much."""
_COUNTS = """
WITH told AS (
    SELECT account_id, order_id, max(received_at) AS at FROM marketplaces_inboxevent
    WHERE account_id = ANY(%(accounts)s) AND order_id <> '' AND received_at >= %(habit)s GROUP BY account_id, order_id
)
SELECT account.id, account.key, account.label, max(told.at),
       count(*) FILTER (WHERE changed.changed_at >= %(lately)s),
       count(told.at) FILTER (WHERE changed.changed_at >= %(lately)s),
       count(*) FILTER (WHERE changed.changed_at < %(lately)s),
       count(told.at) FILTER (WHERE changed.changed_at < %(lately)s)
FROM inventory_order changed
JOIN marketplaces_account account ON account.id = changed.account_id AND account.status = 'active'
LEFT JOIN told ON told.account_id = changed.account_id AND told.order_id = changed.external_id
              AND told.at >= changed.changed_at - %(early)s
WHERE changed.account_id = ANY(%(accounts)s) AND changed.changed_at >= %(habit)s AND changed.changed_at < %(until)s
GROUP BY account.id, account.key, account.label ORDER BY account.id
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """One account: orders that changed within two hours and in the week before, and how many of each were told."""

    account_id: int
    account_key: str
    account_label: str
    newest_at: datetime | None
    changed: int
    told: int
    changed_before: int
    told_before: int

    @property
    def of_habit(self) -> Decimal:
        """The share told lately as a part of the share told before; 1 is as ever. Needs both to have changes."""
        return (Decimal(self.told * self.changed_before) / (self.changed * self.told_before)).quantize(Decimal("0.01"))


def read(accounts: Sequence[str]) -> Iterator[Heard]:
    """Active accounts whose orders changed in the last week. The last minutes are left out: their events are on the way."""
    until = clock.now() - EARLY
    values = {
        "accounts": [int(account) for account in accounts], "habit": until - LATELY - HABIT, "lately": until - LATELY,
        "until": until, "early": EARLY,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        yield from (Heard(*row) for row in cursor.fetchall())
