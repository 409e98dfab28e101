"""What the engine does to tickets: open or join, reopen, refresh, and resolve what is over. Sets in, few queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from statistics import median

from django.db.models import Exists, OuterRef

from config.core import clock, events
from config.core.money import Money
from tickets import selectors, signals
from tickets.detectors.base import Detector
from tickets.models import (
    UNRESOLVED,
    Breach,
    BreachState,
    EventKind,
    Resolution,
    Severity,
    Ticket,
    TicketEvent,
    TicketState,
)  # fmt: skip
from tickets.rules import exposure
from tickets.services import grouping, timeline
from tickets.types import TYPES

REOPENS_WITHIN = timedelta(days=7)
FLAPS_WITHIN = timedelta(days=30)
FLAPS_AT = 3
TRUST = timedelta(hours=1)
"""How long a person's word that something is fixed stands against measures that say otherwise."""

_CLAIMS = (Resolution.FIXED, Resolution.FIXED_ITSELF)


@dataclass
class Placing:
    """Tickets and timeline lines of one batch, written together at the end."""

    opened: list[Ticket] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    lines: list[TicketEvent] = field(default_factory=list)


def apply(
    detector: Detector, *, opened: Sequence[Breach], continued: Sequence[Breach], cleared: Sequence[Breach]
) -> None:
    """Give each open breach its ticket, and resolve the tickets of which nothing is left."""
    placing = Placing()
    homeless = [*opened, *(breach for breach in continued if _needs_ticket(breach))]
    if homeless:
        _place(detector, homeless, placing)
    known = {breach.ticket_id for breach in (*homeless, *continued, *cleared) if breach.ticket_id}
    refresh(placing.touched | known, placing.lines)
    TicketEvent.objects.bulk_create(placing.lines)
    if placing.opened:
        events.announce(signals.ticket_opened, ids=[ticket.pk for ticket in placing.opened])
    _resolve_what_is_over(cleared)


def _needs_ticket(breach: Breach) -> bool:
    """Open, but without a ticket that says so: hidden and now urgent, or called fixed while it is not."""
    ticket = breach.ticket
    if ticket is None:
        return True
    if ticket.is_parent and breach.severity == Severity.S1:
        return True
    claimed = ticket.state == TicketState.RESOLVED and ticket.resolution in _CLAIMS
    return claimed and ticket.resolved_at + TRUST <= clock.now()


def _place(detector: Detector, breaches: Sequence[Breach], placing: Placing) -> None:
    by_scope: dict[str, list[Breach]] = {}
    for breach in breaches:
        by_scope.setdefault(breach.scope_key, []).append(breach)
    known = {ticket: by_scope.pop(scope) for scope, ticket in _known(detector, by_scope).items()}
    over = {ticket: found for ticket, found in known.items() if ticket.state == TicketState.RESOLVED}
    for ticket, found in known.items():
        if ticket not in over:
            text = "; ".join(breach.title for breach in found)
            placing.lines.append(timeline.line(ticket, EventKind.JOINED, text=text))
        _attach(found, ticket)
    _reopen(over, placing)
    fresh = [_new(detector, scope, found) for scope, found in by_scope.items()]
    shown = grouping.group(detector.type, fresh, placing.lines, a_day=_children_a_day(detector) if fresh else 0)
    for ticket, found in zip(fresh, by_scope.values(), strict=True):
        _attach(found, shown[ticket.scope_key])
    created = [ticket for ticket in fresh if ticket.pk]
    placing.lines += [timeline.line(ticket, EventKind.OPENED, text=ticket.title) for ticket in created]
    placing.opened += created
    placing.touched |= {ticket.pk for ticket in shown.values()}
    Breach.objects.bulk_update(breaches, ["ticket"])


def _children_a_day(detector: Detector) -> int:
    """None, when people called it wrong too often: then what it finds is listed by the group's parent alone."""
    (lately,) = selectors.precision(until=clock.now(), detectors=[detector.name])
    return 0 if lately.is_digest_only else grouping.MOST_CHILDREN_A_DAY


def _known(detector: Detector, scopes: Iterable[str]) -> dict[str, Ticket]:
    """The unresolved ticket of each scope, or the one resolved within the last seven days."""
    since = clock.now() - REOPENS_WITHIN
    same = Ticket.objects.filter(type=detector.type.key, scope_key__in=list(scopes)).order_by("resolved_at", "pk")
    found = {ticket.scope_key: ticket for ticket in same.filter(resolved_at__gte=since).select_for_update()}
    return found | {ticket.scope_key: ticket for ticket in same.filter(state__in=UNRESOLVED).select_for_update()}


def _new(detector: Detector, scope: str, breaches: Sequence[Breach]) -> Ticket:
    first = min(breaches, key=lambda breach: breach.severity)
    return Ticket(
        type=detector.type.key, scope_key=scope, title=first.title, detector=detector.name, severity=first.severity,
        money_per_day=first.money, currency=first.currency, account_id=first.account_id, brand_id=first.brand_id,
        money_rank=exposure.in_reporting_currency(_money(first)), group_key=first.group_key, evidence=first.evidence,
        action=detector.action or detector.type.action.key, action_params=first.params, opened_at=clock.now(),
        changed_at=clock.now(),
    )  # fmt: skip


def _reopen(over: Mapping[Ticket, Sequence[Breach]], placing: Placing) -> None:
    """A recurrence within seven days is the same ticket; the third one in thirty days marks it as flapping."""
    lately = TicketEvent.objects.filter(
        ticket__in=over, kind=EventKind.REOPENED, at__gte=clock.now() - FLAPS_WITHIN
    ).order_by()
    returns = Counter(lately.values_list("ticket", flat=True))
    for ticket, breaches in over.items():
        ticket.state, ticket.resolution, ticket.resolved_at = TicketState.OPEN, "", None
        ticket.reopen_count += 1
        ticket.changed_at = clock.now()
        placing.lines.append(timeline.line(ticket, EventKind.REOPENED, text="; ".join(b.title for b in breaches)))
        if returns[ticket.pk] + 1 >= FLAPS_AT and not ticket.is_flapping:
            ticket.is_flapping = True
            placing.lines.append(_proposal(ticket, breaches))
    Ticket.objects.bulk_update(
        over, ["state", "resolution", "resolved_at", "reopen_count", "changed_at", "is_flapping"]
    )
    placing.opened += over
    placing.touched |= {ticket.pk for ticket in over}


def _proposal(ticket: Ticket, breaches: Sequence[Breach]) -> TicketEvent:
    """Propose the middle of the values that opened it as the new limit: half of them would not have opened it."""
    values = [breach.value for breach in (*ticket.breaches.all(), *breaches) if breach.value is not None]
    proposed = median(values) if values else None
    text = "came back three times in 30 days" + (f"; consider a limit of {proposed:f}" if proposed is not None else "")
    facts = {"threshold_id": breaches[0].threshold_id, "proposed_trigger": str(proposed) if values else None}
    return timeline.line(ticket, EventKind.FLAPPING, text=text, facts=facts)


def _attach(breaches: Iterable[Breach], ticket: Ticket) -> None:
    for breach in breaches:
        breach.ticket = ticket


def refresh(ids: Iterable[int], lines: list[TicketEvent]) -> None:
    """Bring severity and money of unresolved tickets, and of their parents, in line with what is open beneath them."""
    leaves = list(Ticket.objects.filter(pk__in=ids, state__in=UNRESOLVED).select_for_update())
    parents = {ticket.parent_id for ticket in leaves if ticket.parent_id}
    parents |= {ticket.pk for ticket in leaves if ticket.is_parent}
    leaves = [ticket for ticket in leaves if not ticket.is_parent]
    by_ticket: dict[int, list[Breach]] = {}
    for breach in Breach.objects.filter(ticket__in=leaves, state=BreachState.OPEN):
        by_ticket.setdefault(breach.ticket_id, []).append(breach)
    changed = [ticket for ticket in leaves if by_ticket.get(ticket.pk) and _update(ticket, by_ticket[ticket.pk], lines)]
    grouping.write(changed)
    grouping.refresh_parents(parents, lines)


def _update(ticket: Ticket, breaches: Sequence[Breach], lines: list[TicketEvent]) -> bool:
    worst = min(breaches, key=lambda breach: breach.severity)
    money = grouping.sum_or_none([_money(breach) for breach in breaches])
    before = grouping.face(ticket)
    grouping.set_money(ticket, money)
    ticket.title = worst.title
    grouping.set_severity(ticket, worst.severity, lines)
    return grouping.face(ticket) != before


def _money(breach: Breach) -> Money | None:
    return Money(Decimal(breach.money), breach.currency) if breach.money is not None and breach.currency else None


def _resolve_what_is_over(cleared: Sequence[Breach]) -> None:
    """Resolve tickets without an open breach as *fixed itself*, then the parents of which nothing is left."""
    ids = {breach.ticket_id for breach in cleared if breach.ticket_id}
    still_open = Breach.objects.filter(ticket=OuterRef("pk"), state=BreachState.OPEN)
    itself = [key for key, kind in TYPES if kind.resolves_itself]
    over = Ticket.objects.filter(~Exists(still_open), pk__in=ids, state__in=UNRESOLVED, type__in=itself)
    done = list(over.filter(is_parent=False).select_for_update())
    candidates = {ticket.parent_id for ticket in done if ticket.parent_id} | ids
    _close(done, "nothing is left of its cause")
    unresolved = Ticket.objects.filter(parent=OuterRef("pk"), state__in=UNRESOLVED)
    parents = Ticket.objects.filter(
        ~Exists(still_open), ~Exists(unresolved), pk__in=candidates, is_parent=True, state__in=UNRESOLVED
    )
    _close(list(parents.select_for_update()), "everything beneath it is resolved")
    lines = _cleared_in_part(cleared)
    grouping.refresh_parents(candidates, lines)
    TicketEvent.objects.bulk_create(lines)


def _cleared_in_part(cleared: Sequence[Breach]) -> list[TicketEvent]:
    """A line for each cleared breach of a ticket that others keep open."""
    kept = Ticket.objects.filter(
        pk__in={breach.ticket_id for breach in cleared}, state__in=UNRESOLVED, is_parent=False
    ).in_bulk()
    said = [(kept[breach.ticket_id], breach.title) for breach in cleared if breach.ticket_id in kept]
    return [timeline.line(ticket, EventKind.CLEARED, text=title) for ticket, title in said]


def _close(tickets: Sequence[Ticket], why: str) -> None:
    for ticket in tickets:
        ticket.state, ticket.resolution, ticket.snoozed_until = TicketState.RESOLVED, Resolution.FIXED_ITSELF, None
        ticket.resolved_at = ticket.changed_at = clock.now()
    Ticket.objects.bulk_update(tickets, ["state", "resolution", "snoozed_until", "resolved_at", "changed_at"])
    TicketEvent.objects.bulk_create(timeline.line(ticket, EventKind.RESOLVED, text=why) for ticket in tickets)
    if tickets:
        events.announce(signals.ticket_resolved, ids=[ticket.pk for ticket in tickets])
