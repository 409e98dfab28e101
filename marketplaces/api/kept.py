"""What the pipeline keeps: pages, calls, pieces that could not be read, and what is missing."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Rows, actor, write
from config.core.permissions import Action
from marketplaces import filters
from marketplaces.api.flows import OfAccount
from marketplaces.models import Gap, RawPage, RejectedRow, ReportJob, Traffic
from marketplaces.services import replays


class RejectedRowSerializer(OfAccount):
    class Meta:
        model = RejectedRow
        fields = (
            "id", "account", "resource", "run", "page", "external_id", "code", "reason", "raw", "state", "attempts",
            "first_seen_at", "last_seen_at",
        )  # fmt: skip


class GapSerializer(OfAccount):
    class Meta:
        model = Gap
        fields = (
            "id", "account", "resource", "kind", "external_id", "since", "until", "revealed_by", "state", "reason",
            "attempts", "found_at", "filled_at",
        )  # fmt: skip


class ReportJobSerializer(OfAccount):
    class Meta:
        model = ReportJob
        fields = (
            "id", "account", "resource", "window_start", "window_end", "state", "remote_id", "document_id", "reason",
            "creates", "polls", "requested_at", "next_poll_at", "is_slow", "finished_at",
        )  # fmt: skip


class RawPageSerializer(OfAccount):
    class Meta:
        model = RawPage
        fields = (
            "id", "account", "resource", "run", "sha256", "media_type", "document_id", "size", "subjects",
            "fetched_at", "applied_at",
        )  # fmt: skip


class TrafficSerializer(OfAccount):
    class Meta:
        model = Traffic
        fields = (
            "id", "account", "run_id", "command_id", "operation", "method", "url", "status", "milliseconds",
            "request_id", "error", "subjects", "at",
        )  # fmt: skip


class RejectedRowViews(Rows):
    queryset = RejectedRow.objects.select_related("account")
    serializer_class = RejectedRowSerializer
    filterset_class = filters.RejectedRowFilter

    @write(Action.REPLAY, gives=RejectedRowSerializer)
    def replay(self, request: Request, pk: str) -> Response:
        """Map its page again; the row tells whether it was taken this time."""
        row: RejectedRow = self.get_object()
        replays.rows([row.pk])
        return self.answer(row)

    @write(Action.REPLAY, gives=RejectedRowSerializer)
    def dismiss(self, request: Request, pk: str) -> Response:
        """Leave it out for good."""
        row: RejectedRow = self.get_object()
        replays.dismiss([row.pk], by=actor(request))
        return self.answer(row)


class GapViews(Rows):
    queryset = Gap.objects.select_related("account")
    serializer_class = GapSerializer
    filterset_class = filters.GapFilter


class ReportJobViews(Rows):
    queryset = ReportJob.objects.select_related("account")
    serializer_class = ReportJobSerializer
    filterset_fields = ("account__key", "resource", "state")


class RawPageViews(Rows):
    queryset = RawPage.objects.select_related("account").defer("body")
    serializer_class = RawPageSerializer
    filterset_class = filters.RawPageFilter


class TrafficViews(Rows):
    queryset = Traffic.objects.select_related("account").defer("request_body", "response_body")
    serializer_class = TrafficSerializer
    filterset_class = filters.TrafficFilter


VIEWS: dict[str, Any] = {
    "rejected-rows": RejectedRowViews,
    "gaps": GapViews,
    "report-jobs": ReportJobViews,
    "raw-pages": RawPageViews,
    "traffic": TrafficViews,
}
