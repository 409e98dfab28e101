"""The cover of every SKU in every pool, computed again as a whole."""

from __future__ import annotations

from django.db import connection, transaction

from config.core import clock, tenancy
from inventory import coverage, supply
from inventory.replenishment import Z
from inventory.services import stock_days
from marketplaces import selectors


def measure() -> dict[str, int]:
    """Close the days that have passed and measure everything anew; rows whose SKU or pool is gone are dropped."""
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.take_turn("coverage")
        closed = stock_days.close()
        policy, now = supply.policy(), clock.now()
        routes = selectors.routes()
        given = {
            **{name: [row[n] for row in routes] for n, name in enumerate(("accounts", "channels", "codes"))},
            "now": now, "today": now.date(), "z": Z[policy.service], "review": policy.review_days,
            "cover": policy.cover_days, "growth": policy.growth, "short": policy.short_below, "low": policy.low_below,
            "high": policy.high_above, "long": policy.long_above,
        }  # fmt: skip
        cursor.execute(coverage.MEASURE, given)
        measured = cursor.rowcount
        cursor.execute(coverage.TRANSFER, given)
        cursor.execute(coverage.FORGET, given)
        dropped = cursor.rowcount
    return {**closed, "measured": measured, "dropped_rows": dropped}
