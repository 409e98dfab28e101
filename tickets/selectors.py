"""Questions about tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from tickets.detectors.base import DETECTORS
from tickets.models import (
    UNRESOLVED,
    Breach,
    BreachState,
    Resolution,
    Severity,
    Ticket,
    TicketEvent,
    TicketState,
)  # fmt: skip
from tickets.types import TYPES, TicketType

PRECISION_FROM = 50
DIGEST_BELOW = Decimal("0.5")


def inbox(*, with_children: bool = False, with_snoozed: bool = False) -> QuerySet[Ticket]:
    """What waits for a person: the worst first, within it the most money per day, then the newest.

    Children are shown with their parent unless `with_children`.
    """
    states = UNRESOLVED if with_snoozed else [TicketState.OPEN]
    found = Ticket.objects.filter(state__in=states).select_related("account", "brand", "assignee")
    if not with_children:
        found = found.filter(parent=None)
    return found.order_by("severity", F("money_rank").desc(nulls_last=True), "-opened_at", "-pk")


def everything() -> QuerySet[Ticket]:
    """All tickets, the latest changed first."""
    return Ticket.objects.select_related("account", "brand", "assignee", "parent").order_by("-changed_at", "-pk")


@dataclass(frozen=True, slots=True)
class Counts:
    """Unresolved tickets of one type; `hidden` are breaches that only a parent stands for."""

    type: TicketType
    open: int
    snoozed: int
    by_severity: dict[str, int]
    hidden: int


def counts() -> list[Counts]:
    """One row per type, also where it is zero. Parents are not counted: their children and what they hide are."""
    per_severity = {name: Count("pk", filter=Q(severity=name, state=TicketState.OPEN)) for name in Severity.values}
    is_leaf = Ticket.objects.filter(state__in=UNRESOLVED, is_parent=False).order_by()
    leaves = is_leaf.values("type").annotate(
        open=Count("pk", filter=Q(state=TicketState.OPEN)), snoozed=Count("pk", filter=Q(state=TicketState.SNOOZED)),
        **per_severity,
    )  # fmt: skip
    found = {row["type"]: row for row in leaves}
    hidden = _hidden()
    return [
        Counts(
            kind,
            found.get(key, {}).get("open", 0),
            found.get(key, {}).get("snoozed", 0),
            {name: found.get(key, {}).get(name, 0) for name in Severity.values},
            hidden.get(key, 0),
        )
        for key, kind in TYPES
    ]


def _hidden() -> dict[str, int]:
    parents = Ticket.objects.filter(is_parent=True, state__in=UNRESOLVED).order_by()
    return dict(parents.values_list("type").annotate(Sum("overflow")))


def children(*, parent_id: int) -> QuerySet[Ticket]:
    return Ticket.objects.filter(parent_id=parent_id).order_by("state", "severity", "-opened_at")


def timeline(*, ticket_id: int) -> QuerySet[TicketEvent]:
    """Everything that happened to a ticket, the oldest first."""
    return TicketEvent.objects.filter(ticket_id=ticket_id).order_by("at", "pk")


def breaches(*, ticket_id: int) -> QuerySet[Breach]:
    """What a ticket is made of, with the latest measure of each; the open ones first."""
    return Breach.objects.filter(ticket_id=ticket_id).select_related("threshold").order_by("-state", "severity", "pk")


def about(*, kind: str, ids: Iterable[int]) -> QuerySet[Ticket]:
    """Unresolved tickets about rows of a kind (`order`, `discrepancy`, `remote_product`, `settlement`)."""
    of_kind = [name for name, each in DETECTORS if each.subject == kind]
    beneath = Breach.objects.filter(detector__in=of_kind, subject__in=map(str, ids), state=BreachState.OPEN)
    return Ticket.objects.filter(pk__in=beneath.values("ticket"), state__in=UNRESOLVED)


def events_since(*, moment: datetime, limit: int = 50) -> QuerySet[TicketEvent]:
    """The newest lines of all timelines after a moment, for live screens."""
    return TicketEvent.objects.filter(at__gt=moment).select_related("ticket").order_by("-at", "-pk")[:limit]


@dataclass(frozen=True, slots=True)
class Precision:
    """How often people found that a detector was right; `share` None before the first closing by a person."""

    detector: str
    closed: int
    right: int

    @property
    def share(self) -> Decimal | None:
        return (Decimal(self.right) / self.closed).quantize(Decimal("0.01")) if self.closed else None

    @property
    def is_digest_only(self) -> bool:
        """Wrong more often than right over at least fifty closings: it may not interrupt anyone."""
        return self.closed >= PRECISION_FROM and self.share is not None and self.share < DIGEST_BELOW


def precision(*, until: datetime, detectors: Iterable[str] = (), days: int = 90) -> list[Precision]:
    """Per detector (all of them unless named), closings of the last days, also where there is none.

    Right is every answer but *not a problem* and *duplicate*.
    """
    wrong = Q(resolution__in=[Resolution.NOT_A_PROBLEM, Resolution.DUPLICATE])
    names = list(detectors) or [name for name, _ in DETECTORS]
    closed = Ticket.objects.filter(
        detector__in=names, state=TicketState.RESOLVED, is_parent=False, resolved_at__gt=until - timedelta(days=days),
        resolved_at__lte=until,
    )  # fmt: skip
    rows = closed.order_by().values("detector").annotate(closed=Count("pk"), right=Count("pk", filter=~wrong))
    found = {row["detector"]: Precision(**row) for row in rows}
    return [found.get(name, Precision(name, 0, 0)) for name in names]
