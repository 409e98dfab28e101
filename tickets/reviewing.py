"""What a weekly review looks at: each metric's worst band of the week against the week before, and its incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from marketplaces.models import Account
from marketplaces.selectors import accounts
from tickets.health.base import METRICS, Metric
from tickets.health.values import said
from tickets.models import Band, HealthDay, Incident, IncidentState

WEEK = timedelta(days=7)
_ORDER = (Band.RISK, Band.WATCH, Band.STABLE, "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one account in a week: its last value, its worst band, and the same of the week before."""

    account: Account
    metric: Metric
    days: Sequence[HealthDay]
    before: Sequence[HealthDay]

    @property
    def said(self) -> str:
        return _last_said(self.metric, self.days)

    @property
    def former_said(self) -> str:
        return _last_said(self.metric, self.before)

    @property
    def band(self) -> str:
        return _worst(self.days)

    @property
    def former_band(self) -> str:
        return _worst(self.before)

    @property
    def trend(self) -> str:
        """Whether the worst band of the week is better or worse than that of the week before; empty when alike."""
        if not self.band or not self.former_band or self.band == self.former_band:
            return ""
        return "worse" if _ORDER.index(self.band) < _ORDER.index(self.former_band) else "better"


def _last_said(metric: Metric, days: Sequence[HealthDay]) -> str:
    known = [row for row in days if row.value is not None]
    return said(metric, known[-1].value if known else None)


def _worst(days: Sequence[HealthDay]) -> str:
    bands = {row.band for row in days}
    return next((band for band in _ORDER if band in bands), "")


def figures(week_on: date) -> list[Figure]:
    """What was measured in a week, the worst first; metrics that nobody could measure are left out."""
    rows: dict[tuple[int, str, bool], list[HealthDay]] = {}
    found = HealthDay.objects.filter(day__gte=week_on - WEEK, day__lt=week_on + WEEK).exclude(value=None)
    for row in found.order_by("day"):
        rows.setdefault((row.account_id, row.metric, row.day >= week_on), []).append(row)
    made = [
        Figure(account, each, rows.get((account.pk, key, True), []), rows.get((account.pk, key, False), []))
        for account in accounts()
        for key, each in METRICS
    ]
    return sorted(
        (figure for figure in made if figure.days),
        key=lambda figure: (_ORDER.index(figure.band), figure.account.label, figure.metric.key),
    )


def incidents(week_on: date) -> QuerySet[Incident]:
    """Incidents that were open at any moment of a week, the worst first."""
    start = datetime.combine(week_on, time(), UTC)
    felt = Q(closed_at=None) | Q(closed_at__gte=start)
    found = Incident.objects.exclude(state=IncidentState.WATCHING).filter(felt, opened_at__lt=start + WEEK)
    return found.select_related("account").order_by("severity", "-opened_at")
