"""Staleness guard: for which accounts is a detector blind, because what it reads is older than its budget?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.core import clock
from marketplaces import selectors
from marketplaces.models import AccountStatus, SyncState
from tickets.detectors import flows
from tickets.detectors.base import Detector
from tickets.rules import thresholds


@dataclass(frozen=True, slots=True)
class Stale:
    """One input that is too old; `is_on_purpose` when a person paused it."""

    account_id: int
    account_key: str
    resource: str
    last_ok_at: datetime | None
    is_on_purpose: bool


def stale(detector: Detector) -> list[Stale]:
    """Inputs of a detector older than the budget: the threshold's, or else the one its marketplace declares."""
    if not detector.reads:
        return []
    rules = thresholds.of(detector.name)
    reading = selectors.flows().filter(resource__in=detector.reads)
    return [
        Stale(
            state.account_id,
            state.account.key,
            state.resource,
            state.last_ok_at,
            state.is_paused or state.account.status == AccountStatus.PAUSED,
        )
        for state in reading
        if _age(state) > _budget(state, rules)
    ]


def _age(state: SyncState) -> timedelta:
    return clock.now() - (state.last_ok_at or state.account.connected_at or state.account.created_at)


def _budget(state: SyncState, rules: thresholds.Rules) -> timedelta:
    rule = rules.best(thresholds.Whole(state.account_id))
    if rule and rule.freshness_minutes is not None:
        return timedelta(minutes=rule.freshness_minutes)
    return flows.budget(state.account.marketplace, state.resource)
