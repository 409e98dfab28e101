"""Keeping the rates fresh."""

from __future__ import annotations

from datetime import date, timedelta

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
    stored = 0 if store.latest_day() else store.add(sources.packaged())
    latest = store.latest_day() or date.min
    if store.published_until() - latest > RECENT:
        rows = sources.from_bank_csv(_download(settings.RATES_HISTORY_URL))
    else:
        rows = sources.from_bank_xml(_download(settings.RATES_URL))
    return {"stored": stored + store.add(rows, known_at=clock.now())}


def _download(url: str) -> bytes:
    try:
        answer = requests.get(url, timeout=(5, 30))
        answer.raise_for_status()
    except requests.RequestException as error:
        raise Transient(f"the bank's rates did not come: {type(error).__name__}") from error
    return answer.content
