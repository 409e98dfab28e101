"""Rates as facts: what is new or corrected is added with the moment since which it is known; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from config.core import clock, tenancy
from config.core.bulk import Table, land
from finance.fx.models import Rate
from finance.fx.sources import BANK_ZONE, RateRow

PEG = "peg"
FIXED_AT = time(16)
_TABLE = Table(
    name="fx_rate",
    columns=("day", "currency", "per_eur", "source", "known_at"),
    key=("currency", "day", "known_at"),
    newer=None,
)
_PEGS = f"""
    INSERT INTO fx_rate (day, currency, per_eur, source, known_at)
    SELECT anchor.day, peg.currency, anchor.per_eur * peg.units, '{PEG}', fact.known_at
    FROM fx_peg peg JOIN fx_rate anchor ON anchor.currency = peg.anchor AND anchor.day >= peg.valid_from
    CROSS JOIN LATERAL (SELECT greatest(anchor.known_at, peg.known_at) AS known_at) AS fact
    WHERE peg.units IS NOT NULL
      AND NOT EXISTS (SELECT FROM fx_peg later WHERE later.currency = peg.currency AND later.valid_from <= anchor.day
                      AND (later.valid_from, later.known_at) > (peg.valid_from, peg.known_at)
                      AND later.known_at <= fact.known_at)
      AND NOT EXISTS (SELECT FROM fx_rate later WHERE later.currency = anchor.currency AND later.day = anchor.day
                      AND later.known_at > anchor.known_at AND later.known_at <= fact.known_at)
      AND NOT EXISTS (SELECT FROM fx_rate told WHERE told.currency = peg.currency AND told.day = anchor.day
                      AND (told.known_at = fact.known_at OR told.source <> '{PEG}'))
"""  # noqa: S608 - constants of this file


def add(rows: Iterable[RateRow], *, known_at: datetime | None = None) -> int:
    """Land rates in `public` and derive the pegged ones; returns how many the sources told new or corrected.

    First facts are known since `known_at`, or since the bank told them; a correction is known since now.
    """
    given = list(rows)
    with tenancy.in_public(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fx'))")
        stored = _stored(given)
        fresh = ((*row, _known_at(row, stored, known_at)) for row in given if stored.get(row[:2]) != row[2])
        landed = land(_TABLE, fresh)
        derive_pegs()
    return len(landed.changed_ids)


def derive_pegs() -> None:
    """Give every day of an anchor the rates of the currencies that were fixed to it."""
    with tenancy.in_public(), connection.cursor() as cursor:
        cursor.execute(_PEGS)


def published_at(day: date) -> datetime:
    """The moment from which the bank's rates of a day are public: about 16:00 in Frankfurt."""
    return datetime.combine(day, FIXED_AT, ZoneInfo(BANK_ZONE))


def published_until() -> date:
    """The last day whose rates are public by now."""
    now = clock.now().astimezone(ZoneInfo(BANK_ZONE))
    return now.date() if now.time() >= FIXED_AT else now.date() - timedelta(days=1)


def latest_day() -> date | None:
    """The last day with a rate."""
    with tenancy.in_public():
        return Rate.objects.order_by("-day").values_list("day", flat=True).first()


def _known_at(row: RateRow, stored: dict[tuple[date, str], Decimal], known_at: datetime | None) -> datetime:
    if row[:2] in stored:
        return clock.now()
    return known_at or published_at(row[0])


def _stored(rows: list[RateRow]) -> dict[tuple[date, str], Decimal]:
    """What is held now for the days of these rows."""
    if not rows:
        return {}
    days = [row[0] for row in rows]
    found = Rate.objects.filter(day__range=(min(days), max(days))).order_by("known_at")
    return {(day, currency): per_eur for day, currency, per_eur in found.values_list("day", "currency", "per_eur")}
