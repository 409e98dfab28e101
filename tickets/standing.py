"""Where every account stands in every metric, for the board and the account's own page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from config.core import clock
from marketplaces.models import Account
from marketplaces.selectors import accounts
from tickets.health.base import METRICS, Metric
from tickets.health.values import said
from tickets.models import Band, HealthDay

RECENT = timedelta(days=3)
WEEKS = 13
_TONES = {Band.STABLE: "good", Band.WATCH: "watch", Band.RISK: "bad", "": "plain"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of one account as last measured; `row` None: never looked at."""

    metric: Metric
    row: HealthDay | None

    @property
    def tone(self) -> str:
        return _TONES[self.row.band] if self.row else "plain"

    @property
    def said(self) -> str:
        return said(self.metric, self.row.value if self.row else None)

    @property
    def why(self) -> str:
        """What the figure is made of, or why there is none."""
        if self.row is None:
            return "not measured yet"
        return self.row.why or made_of(self.metric, self.row)


def made_of(metric: Metric, row: HealthDay) -> str:
    """The counts behind a share, or the number of changes behind a delay."""
    if metric.unit == "share" and row.numerator is not None and row.denominator is not None:
        return f"{row.numerator.normalize():f} of {row.denominator.normalize():f}"
    return f"{row.samples} measured" if row.samples else ""


@dataclass(frozen=True, slots=True)
class Line:
    account: Account
    cells: Sequence[Cell]

    @property
    def worst(self) -> str:
        bands = [cell.row.band for cell in self.cells if cell.row]
        return next((band for band in (Band.RISK, Band.WATCH, Band.STABLE) if band in bands), "")


def latest(*, account_id: int | None = None) -> QuerySet[HealthDay]:
    """The newest row of each account and metric within the last days."""
    found = HealthDay.objects.filter(day__gt=clock.now().date() - RECENT)
    found = found.filter(account=account_id) if account_id else found
    return found.order_by("account", "metric", "-day").distinct("account", "metric")


def of(metric: str) -> list[tuple[Account, Cell]]:
    """One metric of every account that it was measured of, the worst first."""
    found = latest().filter(metric=metric, value__isnull=False).select_related("account")
    cells = [(row.account, Cell(METRICS.get(metric), row)) for row in found]
    return sorted(cells, key=lambda each: each[1].row.value if each[1].row else 0, reverse=True)


def board() -> list[Line]:
    """Every account with all metrics, the worst first."""
    rows = {(row.account_id, row.metric): row for row in latest()}
    lines = [
        Line(account, [Cell(each, rows.get((account.pk, key))) for key, each in METRICS]) for account in accounts()
    ]
    order = [Band.RISK, Band.WATCH, Band.STABLE, ""]
    return sorted(lines, key=lambda line: (order.index(line.worst), line.account.label))


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric of one account with its days of 13 weeks, oldest first; None where it was not measured."""

    cell: Cell
    days: Sequence[HealthDay]

    @property
    def values(self) -> list[Decimal]:
        return [row.value for row in self.days if row.value is not None]

    @property
    def at_risk(self) -> int:
        return sum(row.band == Band.RISK for row in self.days)


def trends(account: Account, *, until: date) -> list[Trend]:
    """All metrics of an account over 13 weeks."""
    days: dict[str, list[HealthDay]] = {key: [] for key, _ in METRICS}
    found = HealthDay.objects.filter(account=account, day__gt=until - timedelta(weeks=WEEKS), day__lte=until)
    for row in found.order_by("day"):
        days.setdefault(row.metric, []).append(row)
    return [Trend(Cell(each, _last(days[key])), days[key]) for key, each in METRICS]


def _last(rows: Iterable[HealthDay]) -> HealthDay | None:
    return next(iter(reversed(list(rows))), None)
