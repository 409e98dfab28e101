"""How far each flow has come, every run of it, the reports it waits for, and the rows it could not take."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.core.multirange import MultiRangeField
from marketplaces.models.accounts import Account


class SyncState(models.Model):
    """One flow: an account's resource. `watermark` is the newest record time stored; `covered` the time spans read.

    `mark` is where a snapshot that was broken off at `marked_at` goes on, in the words of the marketplace's client.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="flows")
    resource = models.CharField(max_length=40)
    watermark = models.DateTimeField(null=True, blank=True)
    covered = MultiRangeField(default=tuple)
    mark = models.TextField(blank=True, default="")
    marked_at = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_tried_at = models.DateTimeField(null=True, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_code = models.CharField(max_length=60, blank=True)
    rows_total = models.PositiveBigIntegerField(default=0)
    is_paused = models.BooleanField(default=False)
    pause_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "resource"], name="flow_once")]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.resource}"


class RunReason(models.TextChoices):
    SCHEDULE = "schedule"
    BACKFILL = "backfill"
    GAP = "gap"
    BY_ID = "by_id"
    EVENT = "event"
    REPLAY = "replay"
    OPERATOR = "operator"
    FILE = "file"
    READ_BACK = "read_back", "after a write"


class RunState(models.TextChoices):
    RUNNING = "running"
    OK = "ok"
    WAITING = "waiting", "waiting for a report"
    STOPPED = "stopped", "stopped by a poisoned page"
    FAILED = "failed"


class SyncRun(models.Model):
    """One run of the pipeline, with counts per stage."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="runs")
    resource = models.CharField(max_length=40)
    reason = models.CharField(max_length=10, choices=RunReason, default=RunReason.SCHEDULE)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    backfill = models.ForeignKey("marketplaces.Backfill", models.SET_NULL, null=True, blank=True, related_name="runs")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    new_pages = models.PositiveIntegerField(default=0)
    rows_read = models.PositiveIntegerField(default=0)
    inserted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    unknown_values = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "resource", "-started_at"], name="sync_run_latest"),
            models.Index(fields=["-started_at"], name="sync_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.resource} {self.state}"


class ReportJobState(models.TextChoices):
    INTENDED = "intended"
    WAITING = "waiting"
    READY = "ready"
    STORED = "stored"
    EMPTY = "empty"
    FAILED = "failed"
    ABANDONED = "abandoned"


class ReportJob(models.Model):
    """A report that was asked for: its remote id outlives every process, so that it is asked for once."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="report_jobs")
    resource = models.CharField(max_length=40)
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReportJobState, default=ReportJobState.INTENDED)
    remote_id = models.CharField(max_length=200, blank=True)
    document_id = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)
    creates = models.PositiveSmallIntegerField(default=0)
    polls = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField(null=True, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    is_slow = models.BooleanField(default=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "resource"],
                condition=Q(state__in=["intended", "waiting", "ready"]),
                name="report_job_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.resource} {self.state}"


class RejectedState(models.TextChoices):
    OPEN = "open"
    REPLAYED = "replayed"
    DISMISSED = "dismissed"


class RejectedRow(models.Model):
    """A piece of a page that could not become a row: reason for a person, piece as it came, replayable."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="rejected_rows")
    resource = models.CharField(max_length=40)
    run = models.ForeignKey(SyncRun, models.SET_NULL, null=True, related_name="rejected_rows")
    page = models.ForeignKey("marketplaces.RawPage", models.SET_NULL, null=True, related_name="rejected_rows")
    fingerprint = models.CharField(max_length=64)
    external_id = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60)
    reason = models.TextField()
    raw = models.JSONField()
    state = models.CharField(max_length=10, choices=RejectedState, default=RejectedState.OPEN)
    attempts = models.PositiveSmallIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "resource", "fingerprint"], name="rejected_row_once")]
        indexes = [models.Index(fields=["state", "-last_seen_at"], name="rejected_row_open")]

    def __str__(self) -> str:
        return f"{self.resource}: {self.reason[:60]}"
