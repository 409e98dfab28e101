"""Siblings gather under a parent, and a day's flood is capped; what is hidden is counted, never lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Count, Q

from config.core import clock
from config.core.money import Money, total
from tickets.models import (
    UNRESOLVED,
    Breach,
    BreachState,
    EventKind,
    Severity,
    Snooze,
    Ticket,
    TicketEvent,
    TicketState,
)  # fmt: skip
from tickets.rules import exposure
from tickets.services import timeline
from tickets.types import TYPES, TicketType

MOST_ALONE = 5
OF_ACCOUNT = "account:"
SIBLINGS_WITHIN = timedelta(hours=24)
MOST_CHILDREN_A_DAY = 25


def group(
    kind: TicketType, fresh: Sequence[Ticket], lines: list[TicketEvent], *, a_day: int = MOST_CHILDREN_A_DAY
) -> dict[str, Ticket]:
    """Save new tickets under their parents; returns by scope key the ticket that stands for it.

    More than 5 siblings within 24 hours become children of one parent. Of a group at most `a_day` are opened a day, the
    worst first; the rest is shown by the parent alone. S1 always gets a ticket of its own.
    """
    by_group: dict[str, list[Ticket]] = {}
    for ticket in fresh:
        by_group.setdefault(ticket.group_key, []).append(ticket)
    alone = by_group.pop("", [])
    siblings, today = _counts(kind, by_group)
    parents = _parents(kind, by_group)
    shown = {ticket.scope_key: ticket for ticket in fresh}
    visible = list(alone)
    for key, members in by_group.items():
        kept, hidden = _capped(members, a_day - today[key])
        if key in parents or hidden or siblings[key] + len(members) > MOST_ALONE:
            parent = parents.get(key) or _new_parent(kind, members[0], lines)
            _adopt(parent, kept)
            shown |= {ticket.scope_key: parent for ticket in hidden}
        visible += kept
    Ticket.objects.bulk_create(visible)
    return shown


def _counts(kind: TicketType, groups: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """Per group: siblings still unresolved of the last 24 hours, and children opened since midnight (UTC)."""
    now = clock.now()
    members = Ticket.objects.filter(type=kind.key, group_key__in=list(groups), is_parent=False)
    recent = Count("pk", filter=Q(opened_at__gte=now - SIBLINGS_WITHIN, state__in=UNRESOLVED))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = members.values("group_key").annotate(recent=recent, today=Count("pk", filter=Q(opened_at__gte=midnight)))
    found = list(rows.values_list("group_key", "recent", "today"))
    return Counter({key: recent for key, recent, _ in found}), Counter({key: today for key, _, today in found})


def _parents(kind: TicketType, groups: Iterable[str]) -> dict[str, Ticket]:
    open_ones = Ticket.objects.filter(type=kind.key, is_parent=True, state__in=UNRESOLVED, group_key__in=list(groups))
    return {parent.group_key: parent for parent in open_ones}


def _capped(members: Sequence[Ticket], room: int) -> tuple[list[Ticket], list[Ticket]]:
    """Those that get a ticket today, and those that the parent hides."""
    worst_first = sorted(members, key=lambda ticket: (ticket.severity, -(ticket.money_rank or 0), ticket.scope_key))
    kept = [each for place, each in enumerate(worst_first) if place < room or each.severity == Severity.S1]
    return kept, [each for each in worst_first if each not in kept]


def _new_parent(kind: TicketType, member: Ticket, lines: list[TicketEvent]) -> Ticket:
    now, is_of_account = clock.now(), member.group_key.startswith(OF_ACCOUNT)
    parent = Ticket.objects.create(
        type=kind.key, scope_key=f"group:{member.group_key}"[:200], title=kind.label, detector=member.detector,
        severity=member.severity, account_id=member.account_id if is_of_account else None,
        brand_id=member.brand_id if is_of_account else None, is_parent=True,
        group_key=member.group_key, action=member.action, opened_at=now, changed_at=now,
        evidence={"as_of": {"clock": now.isoformat()}, "group": member.group_key},
    )  # fmt: skip
    lines.append(timeline.line(parent, EventKind.OPENED, text="siblings gather here"))
    return parent


def _adopt(parent: Ticket, children: Sequence[Ticket]) -> None:
    """Put new children, and unresolved siblings that still stand alone, under the parent."""
    for child in children:
        child.parent = parent
    Ticket.objects.filter(
        type=parent.type, group_key=parent.group_key, is_parent=False, parent=None, state__in=UNRESOLVED
    ).update(parent=parent)


def refresh_parents(ids: Iterable[int], lines: list[TicketEvent]) -> None:
    """Bring title, severity, money and the hidden count of unresolved parents in line with what is beneath them."""
    parents = list(Ticket.objects.filter(pk__in=ids, is_parent=True, state__in=UNRESOLVED).select_related("account"))
    children = _by_parent(Ticket.objects.filter(parent__in=parents, state__in=UNRESOLVED), "parent_id")
    hidden = _by_parent(Breach.objects.filter(ticket__in=parents, state=BreachState.OPEN), "ticket_id")
    changed: list[Ticket] = []
    for parent in parents:
        beneath = [*children.get(parent.pk, []), *hidden.get(parent.pk, [])]
        if not beneath:
            continue
        before = face(parent)
        parent.overflow = len({breach.scope_key for breach in hidden.get(parent.pk, [])})
        count = len(children.get(parent.pk, [])) + parent.overflow
        parent.title = (_where(parent) + TYPES.get(parent.type).many.format(count=count))[:300]
        set_money(parent, sum_or_none([_money(each) for each in beneath]))
        set_severity(parent, min(each.severity for each in beneath), lines)
        if face(parent) != before:
            changed.append(parent)
    write(changed)


def _where(parent: Ticket) -> str:
    """Whose tickets gather: an account's, or those of the supplier or brand that the group names."""
    if parent.group_key.startswith(OF_ACCOUNT):
        return f"{parent.account.label}: " if parent.account else ""
    return f"{parent.group_key.partition(':')[2]}: "


def _by_parent(rows: Iterable[Ticket] | Iterable[Breach], attribute: str) -> dict[int, list[Ticket | Breach]]:
    found: dict[int, list[Ticket | Breach]] = {}
    for row in rows:
        found.setdefault(getattr(row, attribute), []).append(row)
    return found


def _money(each: Ticket | Breach) -> Money | None:
    amount = each.money_per_day if isinstance(each, Ticket) else each.money
    return Money(amount, each.currency) if amount is not None and each.currency else None


def sum_or_none(amounts: Sequence[Money | None]) -> Money | None:
    """The sum of the known amounts when they share a currency; None when none is known or they do not."""
    known = [amount for amount in amounts if amount is not None]
    if len({amount.currency for amount in known}) != 1:
        return None
    return total(known, known[0].currency)


def face(ticket: Ticket) -> tuple[object, ...]:
    """The fields that a refresh may change, to tell whether it did."""
    return ticket.title, ticket.severity, ticket.money_per_day, ticket.currency, ticket.money_rank, ticket.overflow


def set_money(ticket: Ticket, money: Money | None) -> None:
    ticket.money_per_day = money.amount if money else None
    ticket.currency = money.currency if money else ""
    ticket.money_rank = exposure.in_reporting_currency(money)


def set_severity(ticket: Ticket, severity: str, lines: list[TicketEvent]) -> None:
    """Change the severity, say so on the timeline, and wake a sleeping ticket that got worse."""
    if severity == ticket.severity:
        return
    lines.append(timeline.line(ticket, EventKind.SEVERITY, text=f"{ticket.severity} to {severity}"))
    if ticket.state == TicketState.SNOOZED and severity < ticket.severity:
        ticket.state, ticket.snoozed_until = TicketState.OPEN, None
        Snooze.objects.filter(ticket=ticket, ended_at=None).update(ended_at=clock.now())
        lines.append(timeline.line(ticket, EventKind.WOKE, text="it got worse"))
    ticket.severity = severity


def write(tickets: Sequence[Ticket]) -> None:
    for ticket in tickets:
        ticket.changed_at = clock.now()
    Ticket.objects.bulk_update(
        tickets,
        [
            "title",
            "severity",
            "money_per_day",
            "currency",
            "money_rank",
            "overflow",
            "state",
            "snoozed_until",
            "changed_at",
        ],
    )
