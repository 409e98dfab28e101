"""An incident as a dossier: how long it took, everything in one archive, and how old each playbook's rehearsal is."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from config.core import clock
from config.core.exports import csv_lines
from tickets.models import Effect, HealthDay, Incident, Rehearsal

BEFORE = timedelta(days=14)
_MADE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One playbook and the days since it was last tried out; None: never."""

    effect: str
    label: str
    days: int | None


def rehearsals() -> list[Rehearsed]:
    """Every playbook with the age of its last rehearsal, the oldest first."""
    last = dict(Rehearsal.objects.order_by().values_list("effect").annotate(Max("held_on")))
    today = clock.now().date()
    found = [Rehearsed(e.value, e.label, (today - last[e.value]).days if e.value in last else None) for e in Effect]
    return sorted(found, key=lambda each: (each.days is not None, -(each.days or 0)))


def took(incident: Incident) -> float:
    """Seconds from detection until everything was well again, or until now."""
    return ((incident.recovered_at or clock.now()) - incident.detected_at).total_seconds()


def archive(incident: Incident) -> bytes:
    """A zip with what is known, the timeline, the measures of its account and every piece of evidence as it was given."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as files:
        _put(files, "incident.json", json.dumps(_facts(incident), indent=2, default=_said))
        _put(files, "timeline.csv", "".join(csv_lines(("at", "kind", "actor", "text"), _lines(incident))))
        _put(
            files,
            "measures.csv",
            "".join(csv_lines(("day", "metric", "value", "band", "of", "why"), _measures(incident))),
        )
        for piece in incident.evidence.all():
            _put(files, f"evidence/{piece.pk}-{piece.name}", bytes(piece.body))
    return stored.getvalue()


def _put(files: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    files.writestr(zipfile.ZipInfo(name, _MADE), content, zipfile.ZIP_DEFLATED)


def _facts(incident: Incident) -> dict[str, Any]:
    names = ("effect", "state", "severity", "title", "causes", "affected")
    times = ("detected_at", "opened_at", "recovered_at", "closed_at")
    return {
        "id": incident.pk,
        "account": incident.account.key,
        **{name: getattr(incident, name) for name in (*names, *times)},
        "steps": list(incident.steps.values("position", "title", "owner", "done_by", "done_at")),
        "tickets": list(incident.tickets.order_by("pk").values("id", "type", "severity", "state", "title")),
        "evidence": list(
            incident.evidence.values("name", "media_type", "size", "sha256", "note", "added_by", "added_at")
        ),
    }


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _lines(incident: Incident) -> Iterable[Sequence[Any]]:
    return [(event.at.isoformat(), event.kind, event.actor, event.text) for event in incident.events.all()]


def _measures(incident: Incident) -> Iterable[Sequence[Any]]:
    metrics = [cause["metric"] for cause in incident.causes]
    since, until = incident.detected_at.date() - BEFORE, (incident.closed_at or clock.now()).date()
    rows = HealthDay.objects.filter(account=incident.account, metric__in=metrics, day__range=(since, until))
    return [
        (row.day, row.metric, row.value, row.band, row.denominator, row.why) for row in rows.order_by("metric", "day")
    ]
