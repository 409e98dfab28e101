"""The thresholds that every new client starts with, as a table. A client edits its own rows afterwards.

Ladders: type 3, 8, 10, 11, 17, 22 and 25 of the ticket catalogue; the money ladder in the reporting currency per day.
"""

from __future__ import annotations

from typing import Any

from tickets.models import Threshold

MONEY = [["S1", "500"], ["S2", "100"], ["S3", "20"]]
AT_ONCE = {"opens_after": 1, "spacing_minutes": 0}
"""Real-time types: the first evaluation opens, and evaluations count however close they are."""
POOL = {"opens_after": 1, "clears_after": 2, "spacing_minutes": 1440}
"""Pools are read daily: the first look opens, and two days of good ones clear."""


def step(severity: str, *when: tuple[str, str, str]) -> dict[str, Any]:
    return {"severity": severity, "when": [list(condition) for condition in when]}


LEVELS = [step("S1", ("severity", "at_most", "1")), step("S2", ("severity", "at_most", "2")),
          step("S3", ("severity", "at_most", "3"))]  # fmt: skip
BLIND = [
    step("S1", ("is_goods", "at_least", "1"), ("age_minutes", "above", "30")),
    step("S2", ("is_money", "at_least", "1"), ("age_minutes", "above", "1440")),
]
DEFAULTS: dict[str, dict[str, Any]] = {
    "catalog.unlinked": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "rows", "severity": "S4", "money_ladder": MONEY,
        "ladder": [
            step("S1", ("unshipped_lines", "at_least", "1")), step("S2", ("revenue_share", "above", "0.01")),
            step("S3", ("money_rows", "at_least", "1")),
        ],
    },
    "catalog.master_gaps": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "fields", "severity": "S4",
        "ladder": [step("S2", ("stops", "at_least", "1")), step("S3", ("sold", "at_least", "1"))],
    },
    "catalog.uploads": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "rows", "severity": "S3",
        "ladder": [step("S2", ("locked", "at_least", "1")), step("S2", ("revenue_share", "above", "0.05"))],
    },
    "inventory.ship_by": AT_ONCE | {
        "comparison": "at_most", "warn": "36", "trigger": "24", "unit": "hours", "severity": "S4",
        "money_ladder": MONEY,
        "ladder": [
            step("S1", ("value", "at_most", "0")), step("S2", ("value", "at_most", "2")),
            step("S3", ("value", "at_most", "8")), step("S3", ("missed_cut_off", "at_least", "1")),
        ],
    },
    "inventory.labels": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "troubles", "severity": "S4",
        "ladder": [
            step("S1", ("hours_left", "at_most", "8"), ("not_bought", "at_least", "1")),
            step("S2", ("needs_return", "at_least", "1")), step("S3", ("not_bought", "at_least", "1")),
            step("S3", ("not_scanned", "at_least", "1")), step("S3", ("not_told", "at_least", "1")),
            step("S3", ("comes_back", "at_least", "1")), step("S3", ("silent", "at_least", "1")),
            step("S3", ("cancelled", "at_least", "1")), step("S3", ("not_taken", "at_least", "1")),
            step("S3", ("told_otherwise", "at_least", "1")), step("S3", ("given_back", "at_least", "1")),
        ],
    },
    "finance.discrepancy": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "differences", "severity": "S4", "ladder": LEVELS,
        "money_ladder": MONEY,
    },
    "finance.statement_gap": {
        "comparison": "at_least", "warn": "12", "trigger": "24", "unit": "hours", "severity": "S2",
    },
    "finance.deposit": {
        "comparison": "at_least", "warn": "3", "trigger": "5", "unit": "bank days", "severity": "S2",
    },
    "finance.cost_missing": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "uses", "severity": "S4",
        "ladder": [
            step("S2", ("is_top", "at_least", "1")), step("S2", ("revenue_per_day", "above", "500")),
            step("S3", ("lines", "at_least", "1")),
        ],
    },
    "finance.cost_ends": AT_ONCE | {
        "comparison": "at_most", "warn": "30", "trigger": "14", "unit": "days", "severity": "S4",
    },
    "finance.cost_jump": AT_ONCE | {
        "comparison": "above", "warn": "20", "trigger": "40", "unit": "percent", "severity": "S4",
    },
    "finance.rates": AT_ONCE | {
        "comparison": "above", "warn": "2", "trigger": "4", "unit": "bank days", "severity": "S3",
        "ladder": [step("S2", ("value", "at_least", "8"))],
    },
    "finance.margin": {
        "comparison": "below", "warn": "0.18", "trigger": "0.15", "unit": "of net revenue", "severity": "S3",
        "money_ladder": MONEY,
        "ladder": [
            step("S1", ("cm2", "below", "0"), ("advertising", "above", "0")), step("S2", ("cm3", "below", "0")),
        ],
    },
    "finance.margin_fall": {
        "comparison": "at_least", "trigger": "0.05", "unit": "of net revenue", "severity": "S4", "money_ladder": MONEY,
    },
    "supply.cover": {
        "comparison": "below", "warn": "75", "trigger": "60", "unit": "days", "severity": "S3", "min_samples": 7,
        "money_ladder": MONEY,
        "ladder": [
            step("S1", ("lead_days_short", "above", "0"), ("ordered", "at_most", "0")),
            step("S2", ("value", "below", "30")),
        ],
    },
    "supply.overstock": {
        "comparison": "above", "warn": "150", "trigger": "180", "unit": "days", "severity": "S4", "min_samples": 7,
    },
    "health.limit": AT_ONCE | {
        "comparison": "at_least", "warn": "0.5", "trigger": "0.8", "unit": "of limit", "severity": "S3",
        "money_ladder": MONEY,
        "ladder": [
            step("S1", ("value", "at_least", "1"), ("is_suspension", "at_least", "1")),
            step("S2", ("value", "at_least", "1")),
        ],
    },
    "health.missing_orders": AT_ONCE | {
        "comparison": "at_least", "warn": "0.5", "trigger": "1", "unit": "hours", "severity": "S3",
        "ladder": [step("S2", ("value", "at_least", "4")), step("S2", ("orders", "at_least", "10"))],
    },
    "pool.stranded": POOL | {
        "comparison": "at_least", "trigger": "24", "unit": "hours", "severity": "S3", "money_ladder": MONEY,
        "ladder": [step("S1", ("sold_30", "at_least", "1"))],
    },
    "pool.aged": POOL | {
        "comparison": "at_least", "trigger": "1", "unit": "units", "severity": "S3",
        "ladder": [step("S2", ("fee", "above", "100")), step("S2", ("units_from_271", "at_least", "1"))],
    },
    "pool.turning": POOL | {
        "comparison": "at_least", "trigger": "1", "unit": "units", "severity": "S4",
        "ladder": [step("S2", ("fee", "above", "100"))],
    },
    "pool.unsellable": POOL | {
        "comparison": "above", "trigger": "0.02", "unit": "of units", "severity": "S3", "min_samples": 20,
    },
    "pool.shortage": POOL | {
        "comparison": "at_least", "trigger": "1", "unit": "units", "severity": "S3",
    },
    "pool.low_supply": POOL | {
        "comparison": "below", "warn": "35", "trigger": "28", "unit": "days", "severity": "S2", "min_samples": 20,
    },
    "publishing.not_live": {
        "comparison": "above", "trigger": "0.5", "unit": "hours", "severity": "S4", "money_ladder": MONEY,
        "ladder": [
            step("S1", ("share", "at_least", "10")), step("S2", ("sold", "at_least", "1"), ("value", "above", "4")),
            step("S3", ("sold", "at_least", "1")),
        ],
    },
    "publishing.parity": {
        "comparison": "above", "warn": "0.5", "trigger": "2", "unit": "percent", "severity": "S3",
        "ladder": [step("S2", ("oversellable", "at_least", "1"))],
    },
    "publishing.oversold": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "units", "severity": "S1",
    },
    "sync.failing": AT_ONCE | {
        "comparison": "at_least", "warn": "2", "trigger": "3", "unit": "runs", "severity": "S3", "ladder": BLIND,
        "clears_after": 1, "clears_when": [["ok_runs", "at_least", "3"], ["open_gaps", "at_most", "0"]],
    },
    "sync.freshness": {
        "comparison": "above", "warn": "0.8", "trigger": "1", "unit": "of budget", "severity": "S3", "ladder": BLIND,
    },
    "sync.poisoned": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "pages", "severity": "S3", "ladder": BLIND,
        "clears_after": 1, "clears_when": [["ok_runs", "at_least", "1"]],
    },
    "sync.rejected": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "rows", "severity": "S4",
        "ladder": [step("S3", ("is_money", "at_least", "1")), step("S3", ("value", "at_least", "10"))],
    },
    "sync.gaps": {
        "comparison": "at_least", "warn": "1", "trigger": "6", "unit": "hours", "severity": "S3",
        "ladder": [step("S2", ("value", "at_least", "24"))],
    },
    "sync.credentials": AT_ONCE | {
        "comparison": "at_most", "trigger": "30", "unit": "days", "severity": "S4",
        "ladder": [
            step("S1", ("value", "at_most", "1")), step("S2", ("value", "at_most", "7")),
            step("S3", ("value", "at_most", "14")),
        ],
    },
    "sync.refused": AT_ONCE | {
        "comparison": "at_least", "trigger": "0", "unit": "hours", "severity": "S2",
        "ladder": [step("S1", ("value", "at_least", "0.5"))],
    },
    "sync.commands": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "writes", "severity": "S3",
    },
    "sync.pushes": AT_ONCE | {
        "comparison": "below", "trigger": "0.5", "unit": "of habit", "severity": "S3",
    },
    "sync.parked_work": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "runs", "severity": "S3",
    },
    "sync.blind": AT_ONCE | {
        "comparison": "at_least", "trigger": "1", "unit": "accounts", "severity": "S3",
    },
}  # fmt: skip


def seed() -> None:
    """Give the client the default row of each detector that has none for *all* subjects; safe to run again."""
    present = set(
        Threshold.objects.filter(account=None, channel="", brand=None, sku=None).values_list("detector", flat=True)
    )
    for detector, values in DEFAULTS.items():
        if detector not in present:
            row = Threshold(detector=detector, **values)
            row.full_clean(exclude=["account", "brand", "sku"])
            row.save()
