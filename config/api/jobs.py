"""The job catalogue with each job's last outcome here, its runs, the queue of record, and the whole client at a glance."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Question, Rows
from config.core.jobs import JOBS
from config.core.models import JobRun, WorkItem
from config.screens import status


class JobRunSerializer(serializers.ModelSerializer):
    class Meta:
        model = JobRun
        fields = (
            "id", "job", "account_id", "work_item_id", "started_at", "milliseconds", "outcome", "code", "message",
            "counts",
        )  # fmt: skip


class WorkItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = WorkItem
        fields = (
            "id", "job", "account_id", "queue", "kwargs", "state", "due_at", "expires_at", "attempts", "lost",
            "last_error", "created_at", "finished_at",
        )  # fmt: skip


class JobSerializer(serializers.Serializer):
    """`every_s` is null for a job that runs on demand only; `last` is its last run for this client."""

    key = serializers.CharField()
    why = serializers.CharField()
    scope = serializers.CharField()
    queue = serializers.CharField()
    every_s = serializers.IntegerField(allow_null=True)
    last = JobRunSerializer(allow_null=True)


class JobRunViews(Rows):
    queryset = JobRun.objects.all()
    serializer_class = JobRunSerializer
    filterset_fields = {"job": ["exact"], "account_id": ["exact"], "outcome": ["exact"], "started_at": ["gte", "lt"]}


class WorkItemViews(Rows):
    queryset = WorkItem.objects.all()
    serializer_class = WorkItemSerializer
    filterset_fields = ("job", "account_id", "state", "queue")


class JobsView(Question):
    """Every job of the installation."""

    gives = JobSerializer

    def get(self, request: Request) -> Response:
        newest = JobRun.objects.order_by("job", "-started_at", "-pk").distinct("job")
        last = {run.job: run for run in newest}
        rows = [
            {
                "key": key, "why": job.why, "scope": str(job.scope), "queue": job.queue, "last": last.get(key),
                "every_s": int(job.every.total_seconds()) if job.every else None,
            }
            for key, job in JOBS
        ]  # fmt: skip
        return Response(JobSerializer(rows, many=True).data)


class StatusSerializer(serializers.Serializer):
    """What `manage.py status --json` says of one client."""

    accounts = serializers.ListField(child=serializers.DictField())
    rows = serializers.DictField(child=serializers.IntegerField())
    tickets = serializers.DictField(child=serializers.DictField())
    statements = serializers.ListField(child=serializers.DictField())


class StatusView(Question):
    """Accounts with their flows, rows per kind, open tickets per type, statements."""

    gives = StatusSerializer
    gives_one = True

    def get(self, request: Request) -> Response:
        return Response(StatusSerializer(status.client()).data)


VIEWS: dict[str, Any] = {"job-runs": JobRunViews, "work-items": WorkItemViews}
QUESTIONS: dict[str, Any] = {"jobs": JobsView, "status": StatusView}
