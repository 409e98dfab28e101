"""The life of an incident: opened and closed from bands with patience, worked through its playbook, with its proof."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from marketplaces.selectors import accounts
from tickets.health import effects
from tickets.health.base import METRICS
from tickets.health.effects import Sign
from tickets.health.values import said
from tickets.models import (
    UNRESOLVED,
    Effect,
    Evidence,
    Happened,
    HealthDay,
    Incident,
    IncidentEvent,
    IncidentState,
    IncidentStep,
    PlaybookStep,
    Rehearsal,
    Ticket,
)
from tickets.rules.hysteresis import Patience, Standing, advance

PATIENCE = Patience(opens_after=2, clears_after=2, spacing=timedelta(minutes=30))
PRODUCT = "health"
MOST_TICKETS = 50
LARGEST = 5 * 1024 * 1024
TYPES: Mapping[str, tuple[str, ...]] = {
    Effect.OVERSOLD: ("parity_drift", "stock_coverage"),
    Effect.BLIND: ("technical_issue",),
    Effect.LATE: ("unshipped_order", "shipping_labels", "account_health"),
    Effect.WRONG: ("parity_drift", "stock_not_live"),
    Effect.SLOW: ("stock_not_live", "technical_issue"),
    Effect.MONEY: ("settlement_discrepancy", "statement_missing"),
}
"""Tickets of the account that an incident gathers: it points at them and never stands in for one."""
UNCLOSED = (IncidentState.WATCHING, IncidentState.OPEN)
Place = tuple[int, str]


def follow(days: Iterable[date]) -> dict[str, int]:
    """Judge these measured days in order of time: open, continue and close incidents. Repeating a day changes nothing."""
    ordered = sorted(days)
    if not ordered:
        return {}
    with transaction.atomic():
        standing = {(i.account_id, i.effect): i for i in Incident.objects.filter(state__in=UNCLOSED)}
        signs = _signs(ordered)
        labels = dict(accounts().values_list("pk", "label"))
        turned: Counter[str] = Counter()
        for day, place in ((each, place) for each in ordered for place in sorted(signs[each])):
            former = standing.pop(place, None)
            was = former.state if former else ""
            incident = _judge(former, place, signs[day][place], _end(day), labels)
            turned[incident.state if incident and incident.state != was else ""] += 1
            if incident and incident.state in UNCLOSED:
                standing[place] = incident
        _gather([i for i in standing.values() if i.state == IncidentState.OPEN])
    return {"opened": turned[IncidentState.OPEN], "closed": turned[IncidentState.CLOSED]}


def _end(day: date) -> datetime:
    return min(datetime.combine(day + timedelta(days=1), time(), UTC), clock.now())


def _signs(days: Sequence[date]) -> dict[date, dict[Place, list[Sign]]]:
    """Per day and place (account and effect), what each metric says."""
    found: dict[date, dict[Place, list[Sign]]] = defaultdict(lambda: defaultdict(list))
    rows = HealthDay.objects.filter(day__in=days).order_by("day", "account", "metric")
    for row in rows.only("account_id", "metric", "day", "value", "numerator", "band", "used", "facts"):
        metric = METRICS.get(row.metric) if row.metric in METRICS else None
        if metric and metric.effect:
            hit = row.numerator if metric.hits == "numerator" else row.facts.get(metric.hits)
            sign = Sign(row.metric, row.band, row.value, row.used, None if hit is None else int(hit))
            found[row.day][row.account_id, metric.effect].append(sign)
    return found


def _judge(
    incident: Incident | None, place: Place, signs: Sequence[Sign], at: datetime, labels: Mapping[int, str]
) -> Incident | None:
    """One evaluation of one place; returns the incident that stands afterwards, if any."""
    before = _standing(incident)
    if incident and at <= incident.counted_at:
        return incident
    after = advance(before, effects.verdict(signs), at, PATIENCE)
    if after == before:
        return incident
    if after.is_idle:
        return _finish(incident, at) if incident else None
    found = incident or Incident(account_id=place[0], effect=place[1], detected_at=at)
    if after.bad:
        _describe(found, signs, labels[place[0]], at)
    found.recovered_at = (found.recovered_at or at) if after.good else None
    found.bad, found.good, found.counted_at = after.bad, after.good, after.counted_at or at
    if after.is_open and not before.is_open:
        return _open(found, at)
    found.save()
    return found


def _standing(incident: Incident | None) -> Standing:
    if incident is None:
        return Standing()
    return Standing(incident.state == IncidentState.OPEN, incident.bad, incident.good, incident.counted_at)


def _describe(incident: Incident, signs: Sequence[Sign], label: str, at: datetime) -> None:
    """Say what is wrong now, and tell a change of severity."""
    wrong = [sign for sign in signs if sign.band == effects.RISK]
    former, incident.severity = incident.severity, effects.severity_of(incident.effect, signs)
    incident.affected = effects.affected(signs)
    incident.causes = [_cause(sign) for sign in wrong]
    told = ", ".join(f"{each['label'].lower()} {each['said']}" for each in incident.causes)
    incident.title = f"{label}: {Effect(incident.effect).label} ({told})"[:300]
    if incident.state == IncidentState.OPEN and former != incident.severity:
        kind = Happened.WORSE if incident.severity < former else Happened.EASED
        _tell(incident, kind, PRODUCT, f"{former} became {incident.severity}: {told}", at)


def _cause(sign: Sign) -> dict[str, Any]:
    metric = METRICS.get(sign.metric)
    used = None if sign.used is None else f"{(sign.used * 100).quantize(Decimal(1)):f}"
    return {"metric": sign.metric, "label": metric.label, "said": said(metric, sign.value), "used_percent": used}


def _open(incident: Incident, at: datetime) -> Incident:
    incident.state, incident.opened_at = IncidentState.OPEN, at
    incident.save()
    steps = PlaybookStep.objects.filter(effect=incident.effect)
    IncidentStep.objects.bulk_create(
        IncidentStep(incident=incident, position=step.position, title=step.title, detail=step.detail, owner=step.owner)
        for step in steps
    )
    _tell(incident, Happened.OPENED, PRODUCT, incident.title, at)
    return incident


def _finish(incident: Incident, at: datetime) -> Incident | None:
    """Close what was open; forget what was only watched."""
    if incident.state != IncidentState.OPEN:
        incident.delete()
        return None
    incident.state, incident.closed_at, incident.counted_at = IncidentState.CLOSED, at, at
    incident.recovered_at = incident.recovered_at or at
    incident.bad = incident.good = 0
    incident.save()
    _tell(incident, Happened.CLOSED, PRODUCT, "every metric behind it is stable again", at)
    return incident


def _gather(incidents: Sequence[Incident]) -> None:
    """Point each open incident at the unresolved tickets of its account that are about the same effect."""
    for incident in incidents:
        mine = Ticket.objects.filter(account=incident.account_id, type__in=TYPES[incident.effect], parent=None)
        worst = mine.filter(state__in=UNRESOLVED).order_by("severity", "-opened_at")[:MOST_TICKETS]
        incident.tickets.add(*worst)


def _tell(incident: Incident, kind: str, actor: str, text: str, at: datetime | None = None) -> None:
    IncidentEvent.objects.create(incident=incident, kind=kind, actor=actor[:150], text=text, at=at or clock.now())


def do_step(incident: Incident, position: int, *, by: str) -> IncidentStep:
    """A person did a step of the playbook; done is done."""
    step = incident.steps.filter(position=position).first()
    if step is None:
        raise ValidationError("the playbook has no such step")
    with transaction.atomic():
        done = incident.steps.filter(pk=step.pk, done_at=None).update(done_by=by, done_at=clock.now())
        if done:
            _tell(incident, Happened.STEP, by, step.title)
    step.refresh_from_db()
    return step


def comment(incident: Incident, text: str, *, by: str) -> Incident:
    if not text.strip():
        raise ValidationError("there is nothing to say")
    _tell(incident, Happened.COMMENT, by, text.strip())
    return incident


def attach(incident: Incident, name: str, body: bytes, *, media_type: str, by: str, note: str = "") -> Evidence:
    """Keep a file as proof; the same bytes are kept once. At most 5 MB."""
    if not body:
        raise ValidationError("the file is empty")
    if len(body) > LARGEST:
        raise ValidationError("a piece of evidence may have 5 MB at most")
    digest = hashlib.sha256(body).hexdigest()
    values = {
        "name": name.rpartition("/")[2][:200] or "evidence", "media_type": media_type[:120], "body": body,
        "size": len(body), "note": note[:300], "added_by": by, "added_at": clock.now(),
    }  # fmt: skip
    with transaction.atomic():
        found, is_new = Evidence.objects.get_or_create(incident=incident, sha256=digest, defaults=values)
        if is_new:
            _tell(incident, Happened.EVIDENCE, by, f"{found.name} ({digest[:12]}…) {found.note}".strip())
    return found


def rehearse(effect: str, *, by: str, note: str = "") -> Rehearsal:
    """A playbook was tried out today."""
    if effect not in Effect.values:
        raise ValidationError("there is no such playbook")
    return Rehearsal.objects.create(effect=effect, held_on=clock.now().date(), held_by=by, note=note.strip())
