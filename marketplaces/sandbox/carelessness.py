"""The scenario `careless_writes`: a marketplace that takes our prices and units, and does not do what it said.

Of all writes 5% are taken and dropped, 5% show ten minutes late, 2% show and are undone after twenty minutes, 3% are
refused. Which ones is drawn from the seed, the offer and how often it was written, so each run is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from marketplaces.sandbox import chance

NAME = "careless_writes"
FATES = "_fates"
DELAY = timedelta(minutes=10)
STANDS = timedelta(minutes=20)


class Fate(StrEnum):
    REFUSED = "refused"
    DROPPED = "dropped"
    DELAYED = "delayed"
    REVERTED = "reverted"
    TAKEN = "taken"


SHARES = ((Fate.REFUSED, 0.03), (Fate.DROPPED, 0.05), (Fate.DELAYED, 0.05), (Fate.REVERTED, 0.02))


def fate(number: int, *about: object, settings: Mapping[str, Any]) -> Fate:
    """What becomes of the n-th write to an offer (from 0). `settings` may name the fates of the first writes in order."""
    named = settings.get("fates", ())
    if named:
        return Fate(named[number]) if number < len(named) else Fate.TAKEN
    drawn = chance.share("careless", *about, number)
    for found, share in SHARES:
        if drawn < share:
            return found
        drawn -= share
    return Fate.TAKEN


def bent(value: dict[str, Any], before: Mapping[str, Any] | None, fate: Fate, at: datetime) -> dict[str, Any]:
    """The write as it is kept: with what held before it, where that shows again."""
    if fate is Fate.DELAYED:
        return {**value, "at": (at + DELAY).isoformat(), "before": before}
    if fate is Fate.REVERTED:
        return {**value, "until": (at + STANDS).isoformat(), "before": before}
    return value


def as_of(value: Mapping[str, Any] | None, at: datetime) -> Mapping[str, Any] | None:
    """The write that shows at a moment: what was undone tells only since when (`at`), or nothing is written at all."""
    if value is None:
        return None
    if datetime.fromisoformat(value["at"]) > at:
        return as_of(value.get("before"), at)
    if "until" in value and datetime.fromisoformat(value["until"]) <= at:
        return {**(as_of(value.get("before"), at) or {}), "at": value["until"]}
    return value
