"""Every job with its reason, cadence and last outcome; and work that gave up and waits for a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.core import clock, operations, schedule, tenancy
from config.core.buttons import Button, allowed, chosen, press, text
from config.core.filters import SearchFilter
from config.core.jobs import JOBS, Job, Scope
from config.core.models import JobOutcome, JobOverride, JobRun, WorkItem, WorkState
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require

LOOK_BACK = timedelta(days=2)
RUNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job as of now; `every` None means only on demand."""

    job: Job
    override: JobOverride | None
    run: JobRun | None
    parked: int

    @property
    def is_on(self) -> bool:
        return self.override is None or self.override.is_enabled

    @property
    def every(self) -> timedelta | None:
        changed = self.override.every_seconds if self.override else None
        return timedelta(seconds=changed) if changed else self.job.every

    @property
    def next_at(self) -> datetime | None:
        """When it is expected to run next; None when that is now, or when it is off or runs only on demand."""
        return schedule.next_run(self.every, self.run.started_at if self.run else None) if self.is_on else None

    @property
    def is_due(self) -> bool:
        is_of_here = operations.is_shared() == (self.job.scope is Scope.PUBLIC)
        return is_of_here and self.is_on and self.every is not None and self.next_at is None

    @property
    def can_run(self) -> bool:
        return self.job.every is not None and (operations.is_shared() or self.job.scope is not Scope.PUBLIC)

    @property
    def needs_someone(self) -> bool:
        return bool(self.parked) or bool(
            self.run and self.run.outcome in (JobOutcome.FAILED, JobOutcome.PAUSED, JobOutcome.LOST)
        )


def _rows(keys: list[str] | None = None) -> list[Row]:
    """All jobs, or some; three queries for any number."""
    with tenancy.in_public():
        overrides = {each.job: each for each in JobOverride.objects.all()}
    longest = max((job.every for _, job in JOBS if job.every), default=LOOK_BACK)
    lately = JobRun.objects.filter(started_at__gte=clock.now() - max(LOOK_BACK, longest * 2))
    last = {run.job: run for run in lately.order_by("job", "-started_at").distinct("job")}
    dead = WorkItem.objects.filter(state=WorkState.DEAD).order_by().values_list("job").annotate(Count("pk"))
    parked = Counter(dict(dead))
    return [
        Row(job=job, override=overrides.get(key), run=last.get(key), parked=parked[key])
        for key, job in JOBS
        if keys is None or key in keys
    ]


def _run_now(request: HttpRequest, job: Job) -> str:
    made = operations.run_now(job)
    return f"{job.key}: {made} asked for" if made else f"{job.key} is waiting or running already"


def _override(request: HttpRequest, job: Job) -> str:
    if not operations.is_shared():
        raise ValidationError("a cadence holds for every client; an operator changes it on the installation's own host")
    minutes = request.POST.get("minutes", "").strip()
    if minutes and not minutes.isdecimal():
        raise ValidationError("the cadence is a whole number of minutes")
    decision = operations.Decision(
        is_enabled=request.POST.get("is_enabled") == "on",
        every=timedelta(minutes=int(minutes)) if minutes else None,
        reason=text(request, "reason", missing="say why; the next person will ask"),
        by=request.user.get_username(),
    )
    operations.override(job, decision)
    return f"{job.key}: your decision holds from now on, for every client"


def _forget(request: HttpRequest, job: Job) -> str:
    if not operations.is_shared():
        raise ValidationError("an operator changes this on the installation's own host")
    operations.forget_override(job.key)
    return f"{job.key} runs as it is declared again"


BUTTONS = {
    "run_now": Button(Action.RUN_SYNC, _run_now),
    "override": Button(Action.ADMINISTER, _override),
    "forget": Button(Action.ADMINISTER, _forget),
}


def jobs(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return press(request, BUTTONS, _job(request.POST.get("job", "")))
    require(request, Action.VIEW)
    rows = _rows()
    wanted = request.GET.get("q", "").strip().lower()
    context = {
        "rows": [row for row in rows if wanted in f"{row.job.key} {row.job.why}".lower()],
        "wanted": wanted,
        "count": len(rows),
        "troubled": sum(row.needs_someone for row in rows),
        "parked": sum(row.parked for row in rows),
        "changed": sum(row.override is not None for row in rows),
        "can": allowed(request, BUTTONS),
        "is_shared": operations.is_shared(),
    }
    return page(request, "jobs/jobs.html", "Jobs", context)


def job(request: HttpRequest, key: str) -> HttpResponse:
    found = _job(key)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    context = {
        "row": _rows([key])[0],
        "runs": JobRun.objects.filter(job=key).order_by("-started_at")[:RUNS],
        "waiting": WorkItem.objects.filter(job=key, state__in=[WorkState.READY, WorkState.LEASED]).order_by("due_at")[
            :20
        ],
        "can": allowed(request, BUTTONS),
        "is_shared": operations.is_shared(),
    }
    return page(request, "jobs/job.html", key, context)


def _job(key: str) -> Job:
    if key not in JOBS:
        raise Http404(f"no job is called {key!r}")
    return JOBS.get(key)


def _replay(request: HttpRequest) -> str:
    ids = chosen(request)
    started = operations.replay(ids)
    left = len(ids) - started
    return f"{started} started again" + (
        f"; {left} were asked for anew meanwhile or have no job any more" if left else ""
    )


class ParkedFilter(django_filters.FilterSet):
    q = SearchFilter(exact=("job",), within=("last_error",), label="Job or error")

    class Meta:
        model = WorkItem
        fields = ("q", "queue", "account_id")


PARKED_BUTTONS = {"replay": Button(Action.RUN_SYNC, _replay)}
PARKED = Listing(
    title="Parked work",
    subtitle="Work that gave up: its tries are spent, its worker died twice, or it needs a person. After a fix, start "
    "it again; nothing of it is lost.",
    queryset=lambda request: WorkItem.objects.filter(state=WorkState.DEAD),
    filterset=ParkedFilter,
    columns=(
        Column("Job", "job", sort="job"),
        Column("Why it gave up", lambda item: item.last_error[:200]),
        Column(
            "With", lambda item: ", ".join(f"{name} {value}" for name, value in item.kwargs.items()), is_wide_only=True
        ),
        Column("Account", "account_id", "number", is_wide_only=True),
        Column("Tries", "attempts", "number"),
        Column("Workers lost", "lost", "number", is_wide_only=True),
        Column("Gave up", "finished_at", "since", sort="finished_at"),
    ),
    order_by=("-finished_at", "-pk"),
    actions={"replay": "Start again"},
    action_permission=Action.RUN_SYNC,
    empty="Nothing gave up.",
    template="jobs/parked.html",
)


def parked(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, PARKED_BUTTONS)
    return listing(request, PARKED)
