"""How they write a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from config.core import clock

_SETTLED = timedelta(minutes=2)


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def settled(moment: datetime) -> str:
    """The moment, but never within the last two minutes: they refuse to tell about those."""
    return stamp(min(moment, clock.now() - _SETTLED))
