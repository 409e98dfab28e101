"""Bands, limits, playbooks and the weekly checklist that every client starts with; edited afterwards as its own rows.

The tables beside this file are stored copies of what was published, with their sources; they may be superseded.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from marketplaces import registry
from marketplaces.contract import Adapter, Capability
from tickets.models import HealthBand, PlaybookStep, ReviewItem, ServiceLimit

TABLES = Path(__file__).parent / "tables"
VALID_FROM = date(2025, 1, 1)
PUSHES = frozenset({Capability.WEBHOOKS, Capability.ORDER_EVENTS_QUEUE})
POLLED_STABLE, POLLED_WATCH = Decimal("1.2"), Decimal(3)


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of one table, every value as text."""
    with open(TABLES / f"{name}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def seed() -> None:
    """Add what the client does not have yet; safe to run again."""
    HealthBand.objects.bulk_create([*_bands(), *_polled()], ignore_conflicts=True)
    ServiceLimit.objects.bulk_create(_limits(), ignore_conflicts=True)
    PlaybookStep.objects.bulk_create((PlaybookStep(**row) for row in table("playbooks")), ignore_conflicts=True)
    ReviewItem.objects.bulk_create((ReviewItem(**row) for row in table("review")), ignore_conflicts=True)


def _bands() -> Iterator[HealthBand]:
    for row in table("bands"):
        yield HealthBand(
            metric=row["metric"], marketplace=row["marketplace"], stable=Decimal(row["stable"]),
            watch=Decimal(row["watch"]), is_of_limit=bool(row["is_of_limit"]), valid_from=VALID_FROM, source=row["source"],
        )  # fmt: skip


def _polled() -> Iterator[HealthBand]:
    """Where nothing is pushed, a change can be no faster than the poll that tells of its cause (F-18)."""
    for adapter in registry.all_adapters():
        seconds = _poll_seconds(adapter)
        if seconds and not adapter.capabilities & PUSHES:
            yield HealthBand(
                metric="sync_delay", marketplace=adapter.key, stable=POLLED_STABLE * seconds,
                watch=POLLED_WATCH * seconds, valid_from=VALID_FROM, source=f"F-18: orders are read every {seconds} s",
            )  # fmt: skip


def _poll_seconds(adapter: Adapter) -> int:
    every = [resource.every for resource in adapter.resources if resource.key == "orders"]
    return int(every[0].total_seconds()) if every else 0


def _limits() -> Iterator[ServiceLimit]:
    for row in table("limits"):
        yield ServiceLimit(
            marketplace=row["marketplace"], metric=row["metric"], level=row["level"], limit=Decimal(row["limit"]),
            window=row["window"], window_days=int(row["window_days"]), counts=row["counts"],
            least_failures=int(row["least_failures"]), tiers=json.loads(row["tiers"] or "[]"),
            consequence=row["consequence"], valid_from=VALID_FROM, source=row["source"],
        )  # fmt: skip
