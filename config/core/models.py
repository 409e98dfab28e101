"""Abstract bases, and the rows behind every job. Installed in `public` and in each client's schema."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Stamped(models.Model):
    """When a row was first and last written, in the product's time."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class WorkState(models.TextChoices):
    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class WorkItem(models.Model):
    """One unit of work of record. The broker only carries its id and may lose, repeat or reorder it.

    `due_at` is product time, `lease_until` real time. `lost` counts leases whose worker died. `wanted_at` (product time)
    is set when the same work is asked for while this row runs: then it runs once more.
    """

    job = models.CharField(max_length=120)
    account_id = models.BigIntegerField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=250)
    queue = models.CharField(max_length=30)
    kwargs = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.READY)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    wanted_at = models.DateTimeField(null=True, blank=True)
    leased_by = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lost = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"], condition=Q(state__in=["ready", "leased"]), name="work_item_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="ready"), name="work_item_ready"),
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="work_item_leased"),
            models.Index(fields=["state", "finished_at"], name="work_item_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.job} #{self.pk} {self.state}"


class JobOutcome(models.TextChoices):
    OK = "ok"
    RETRY = "retry"
    PAUSED = "paused"
    FAILED = "failed"
    LOST = "lost"


class JobRun(models.Model):
    """One execution of a job: when, how long, what came of it."""

    job = models.CharField(max_length=120)
    account_id = models.BigIntegerField(null=True, blank=True)
    work_item_id = models.BigIntegerField(null=True, blank=True)
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=JobOutcome)
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["job", "account_id", "-started_at"], name="job_run_latest"),
            models.Index(fields=["-started_at"], name="job_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.outcome} {self.started_at:%Y-%m-%d %H:%M}"


class JobOverride(Stamped):
    """An operator's decision about a job's cadence; it wins over the declaration. Lives in `public`."""

    job = models.CharField(max_length=120, unique=True)
    is_enabled = models.BooleanField(default=True)
    every_seconds = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    decided_by = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return f"{self.job}: {'on' if self.is_enabled else 'off'}"


class PaceKind(models.TextChoices):
    DEGRADED = "degraded", "degraded for a peak"
    HURRY = "hurry", "faster than declared"


class Pace(models.Model):
    """For a time some work of a client, or of one account, runs less or more often. It ends by itself at `until`.

    `factors` multiply intervals by class of job or by resource: `{"less": "4"}`, `{"orders": "0.2"}`.
    """

    kind = models.CharField(max_length=10, choices=PaceKind)
    account_id = models.BigIntegerField(null=True, blank=True)
    factors = models.JSONField(default=dict)
    reason = models.CharField(max_length=300)
    decided_by = models.CharField(max_length=150)
    begun_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-until"], name="pace_until")]

    def __str__(self) -> str:
        return f"{self.kind} until {self.until:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """The last sign of life of a process (`worker:1`, `beat`), in real time. Lives in `public`."""

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
