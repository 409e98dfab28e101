"""Keeping the rates fresh."""

from __future__ import annotations

from datetime import timedelta

import requests
from django.conf import settings

from config.core.errors import Transient
from finance.fx import sources

HISTORY = timedelta(days=120)


def refresh() -> dict[str, int]:
    """Bring the rates up to today: from the central bank, or from the simulated bank where the world is simulated."""
    today = sources.today()
    if settings.SIMULATED:
        since = (sources.latest_day() or today - HISTORY) - timedelta(days=1)
        return {"stored": sources.store(sources.simulated(since, today))}
    try:
        answer = requests.get(settings.RATES_URL, timeout=(5, 30))
        answer.raise_for_status()
    except requests.RequestException as error:
        raise Transient(f"the bank's rates did not come: {type(error).__name__}") from error
    return {"stored": sources.store(sources.from_bank_xml(answer.content))}
