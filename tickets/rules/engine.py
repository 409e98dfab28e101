"""Measure, judge, and open, continue or clear breaches: always for a batch, always in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from config.core import clock, tenancy
from tickets.detectors.base import Detector, of_family, of_subject
from tickets.models import Breach, BreachState
from tickets.rules import freshness, pending, thresholds
from tickets.rules.judging import Change, Step, judge
from tickets.services import opening

UNCLEARED = (BreachState.WATCHING, BreachState.OPEN)
MOST_BATCHES = 200
_WRITTEN = [
    "state", "account", "brand", "threshold", "scope_key", "group_key", "title", "severity", "value", "money",
    "currency", "evidence", "params", "bad", "good", "counted_at", "measured_at", "opened_at", "cleared_at",
]  # fmt: skip


@dataclass
class Looks:
    """What evaluations want to be looked at again, and when. Asked for outside of their transactions: the receivers
    lock the same rows in their own order."""

    wanted: dict[tuple[str, datetime], list[str]] = field(default_factory=dict)

    def want(self, kind: str, subject: str, *, after: timedelta = timedelta(0)) -> None:
        self.wanted.setdefault((kind, clock.now() + after), []).append(subject)

    def ask(self) -> None:
        for (kind, due_at), subjects in self.wanted.items():
            pending.add(kind, subjects, due_at=due_at)
        self.wanted.clear()


def drain() -> dict[str, int]:
    """Judge every subject that waits and is due, a batch of one kind at a time; safe to run at any moment."""
    counts: Counter[str] = Counter()
    looks = Looks()
    for _ in range(MOST_BATCHES):
        with transaction.atomic():
            kind, subjects = pending.take()
            counts["checked"] += len(subjects)
            for detector in of_subject(kind):
                counts += _evaluate(detector, subjects, looks)
        if not subjects:
            break
        looks.ask()
    return dict(+counts)


def sweep(family: str | None = None) -> dict[str, int]:
    """Judge everything a family of detectors (None: all) might find, and everything it holds open: the net."""
    counts: Counter[str] = Counter()
    looks = Looks()
    for detector in of_family(family):
        held = Breach.objects.filter(detector=detector.name, state__in=UNCLEARED).values_list("subject", flat=True)
        subjects = list(dict.fromkeys([*detector.candidates(), *held]))
        for batch in _batches(subjects):
            with transaction.atomic():
                counts["checked"] += len(batch)
                counts += _evaluate(detector, batch, looks)
            looks.ask()
    return dict(+counts)


def _batches(subjects: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(subjects)
    while batch := list(islice(rest, pending.BATCH)):
        yield batch


def _evaluate(detector: Detector, subjects: Sequence[str], looks: Looks) -> Counter[str]:
    """One detector over one batch: measure, judge, write the breaches, and pass them on to their tickets."""
    tenancy.take_turn("tickets")
    counts: Counter[str] = Counter()
    changes = list(_judged(detector, subjects, looks, counts))
    _write(changes)
    for change in changes:
        if change.is_undecided and change.breach.threshold:
            spacing = max(change.breach.threshold.patience.spacing, timedelta(minutes=1))
            looks.want(detector.subject, change.breach.subject, after=spacing)
    by_step = {step: [each.breach for each in changes if each.step is step] for step in Step}
    opening.apply(
        detector, opened=by_step[Step.OPENED], continued=by_step[Step.CONTINUED], cleared=by_step[Step.CLEARED]
    )
    counts.update(change.step.value for change in changes)
    return counts


def _judged(detector: Detector, subjects: Sequence[str], looks: Looks, counts: Counter[str]) -> Iterator[Change]:
    rules = thresholds.of(detector.name)
    blind = {each.account_id for each in freshness.stale(detector)}
    if blind:
        looks.want("detector", detector.name)
    measures = {measure.subject: measure for measure in detector.measure(subjects)}
    standing = Breach.objects.filter(detector=detector.name, subject__in=subjects, state__in=UNCLEARED)
    breaches = {breach.subject: breach for breach in standing.select_related("threshold", "ticket")}
    for subject in subjects:
        measure, breach = measures.get(subject), breaches.get(subject)
        if measure:
            account_id, rule = measure.account_id, rules.best(measure)
        elif breach:
            account_id, rule = breach.account_id, breach.threshold
        else:
            continue
        if account_id in blind:
            counts["blind"] += 1
            continue
        if measure and rule and rule.is_near(measure.value):
            counts["warned"] += 1
        if change := judge(detector, measure, breach, rule=rule, at=clock.now()):
            yield change


def _write(changes: Sequence[Change]) -> None:
    dropped = [each.breach.pk for each in changes if each.step is Step.DROPPED]
    kept = [each.breach for each in changes if each.step is not Step.DROPPED]
    known = [breach for breach in kept if breach.pk is not None]
    Breach.objects.filter(pk__in=dropped).delete()
    Breach.objects.bulk_create([breach for breach in kept if breach.pk is None])
    Breach.objects.bulk_create(known, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN)
