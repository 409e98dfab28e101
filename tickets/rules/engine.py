"""Measure, judge, and open, continue or clear breaches: always for a batch, always in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from django.db import connection, transaction

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


def drain() -> dict[str, int]:
    """Judge every subject that waits and is due, a batch of one kind at a time; safe to run at any moment."""
    counts: Counter[str] = Counter()
    for _ in range(MOST_BATCHES):
        with transaction.atomic():
            kind, subjects = pending.take()
            if not subjects:
                break
            counts["checked"] += len(subjects)
            for detector in of_subject(kind):
                counts.update(_evaluate(detector, subjects))
    return dict(counts)


def sweep(family: str | None = None) -> dict[str, int]:
    """Judge everything a family of detectors (None: all) might find, and everything it holds open: the net."""
    counts: Counter[str] = Counter()
    for detector in of_family(family):
        held = Breach.objects.filter(detector=detector.name, state__in=UNCLEARED).values_list("subject", flat=True)
        subjects = list(dict.fromkeys([*detector.candidates(), *held]))
        for batch in _batches(subjects):
            with transaction.atomic():
                counts["checked"] += len(batch)
                counts.update(_evaluate(detector, batch))
    return dict(counts)


def _batches(subjects: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(subjects)
    while batch := list(islice(rest, pending.BATCH)):
        yield batch


def _evaluate(detector: Detector, subjects: Sequence[str]) -> Counter[str]:
    """One detector over one batch: measure, judge, write the breaches, and pass them on to their tickets."""
    _one_at_a_time()
    changes = list(_judged(detector, subjects))
    _write(changes)
    undecided = [change.breach for change in changes if change.is_undecided]
    _look_again(detector, undecided)
    by_step = {step: [each.breach for each in changes if each.step is step] for step in Step}
    opening.apply(
        detector, opened=by_step[Step.OPENED], continued=by_step[Step.CONTINUED], cleared=by_step[Step.CLEARED]
    )
    return Counter(change.step.value for change in changes)


def _judged(detector: Detector, subjects: Sequence[str]) -> Iterator[Change]:
    rules = thresholds.of(detector.name)
    blind = {each.account_id for each in freshness.stale(detector)}
    measures = {measure.subject: measure for measure in detector.measure(subjects)}
    if blind:
        pending.add("detector", [detector.name])
    standing = Breach.objects.filter(detector=detector.name, subject__in=subjects, state__in=UNCLEARED)
    breaches = {breach.subject: breach for breach in standing.select_related("threshold", "ticket")}
    for subject in subjects:
        measure, breach = measures.get(subject), breaches.get(subject)
        if measure is None and breach is None:
            continue
        if (measure.account_id if measure else breach.account_id) in blind:
            continue
        rule = breach.threshold if measure is None else rules.best(
            account_id=measure.account_id, channel=measure.channel, brand_id=measure.brand_id, sku_id=measure.sku_id
        )  # fmt: skip
        change = judge(detector, measure, breach, rule=rule, at=clock.now())
        if change:
            yield change


def _write(changes: Sequence[Change]) -> None:
    dropped = [each.breach.pk for each in changes if each.step is Step.DROPPED]
    kept = [each.breach for each in changes if each.step is not Step.DROPPED]
    known = [breach for breach in kept if breach.pk is not None]
    Breach.objects.filter(pk__in=dropped).delete()
    Breach.objects.bulk_create([breach for breach in kept if breach.pk is None])
    Breach.objects.bulk_update(known, _WRITTEN)


def _look_again(detector: Detector, undecided: Sequence[Breach]) -> None:
    """A second evaluation decides: ask for it once it counts, so that no sweep has to be waited for."""
    spacings: dict[timedelta, list[str]] = {}
    for breach in undecided:
        spacing = timedelta(minutes=breach.threshold.spacing_minutes if breach.threshold else 15)
        spacings.setdefault(spacing, []).append(breach.subject)
    for spacing, subjects in spacings.items():
        pending.add(detector.subject, subjects, due_at=clock.now() + max(spacing, timedelta(minutes=1)))


def _one_at_a_time() -> None:
    """One evaluation per client at a time, until its transaction ends: siblings are counted, so order matters."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("tickets.engine")])
