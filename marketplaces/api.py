"""Accounts, their flows, and all that the pipeline keeps; and what a person may ask of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Asked, Named, Reason, Rows, actor, write
from config.core.errors import Rejected
from config.core.permissions import Action
from marketplaces import filters, registry
from marketplaces.models import (
    Account,
    Backfill,
    Command,
    Gap,
    InboxEvent,
    RawPage,
    RejectedRow,
    ReportJob,
    SyncRun,
    SyncState,
    Traffic,
)
from marketplaces.services import accounts, backfills, flows, replays, retries
from marketplaces.services.writes import Wish
from marketplaces.sync import replay


class _OfAccount(serializers.ModelSerializer):
    account = Named("key")


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Account
        fields = (
            "id", "key", "marketplace", "label", "stores", "stage", "status", "status_reason", "status_code",
            "paused_at", "paused_until", "connected_at", "history_from", "credentials_expire_on",
        )  # fmt: skip


class FlowSerializer(_OfAccount):
    class Meta:
        model = SyncState
        fields = (
            "id", "account", "resource", "watermark", "last_ok_at", "last_tried_at", "failures_in_a_row",
            "last_error", "last_code", "rows_total", "is_paused", "pause_reason",
        )  # fmt: skip


class RunSerializer(_OfAccount):
    class Meta:
        model = SyncRun
        fields = (
            "id", "account", "resource", "reason", "backfill", "state", "window_start", "window_end", "started_at", "finished_at",
            "calls", "pages", "new_pages", "rows_read", "inserted", "updated", "unchanged", "rejected",
            "unknown_values", "error", "code",
        )  # fmt: skip


class BackfillSerializer(_OfAccount):
    class Meta:
        model = Backfill
        fields = (
            "id", "account", "resource", "since", "until", "read_until", "asked_by", "asked_at", "finished_at", "trouble",
        )  # fmt: skip


class RejectedRowSerializer(_OfAccount):
    class Meta:
        model = RejectedRow
        fields = (
            "id", "account", "resource", "run", "page", "external_id", "code", "reason", "raw", "state", "attempts",
            "first_seen_at", "last_seen_at",
        )  # fmt: skip


class GapSerializer(_OfAccount):
    class Meta:
        model = Gap
        fields = (
            "id", "account", "resource", "kind", "external_id", "since", "until", "revealed_by", "state", "reason",
            "attempts", "found_at", "filled_at",
        )  # fmt: skip


class ReportJobSerializer(_OfAccount):
    class Meta:
        model = ReportJob
        fields = (
            "id", "account", "resource", "window_start", "window_end", "state", "remote_id", "document_id", "reason",
            "creates", "polls", "requested_at", "next_poll_at", "is_slow", "finished_at",
        )  # fmt: skip


class RawPageSerializer(_OfAccount):
    class Meta:
        model = RawPage
        fields = (
            "id", "account", "resource", "run", "sha256", "media_type", "document_id", "size", "subjects",
            "fetched_at", "applied_at",
        )  # fmt: skip


class TrafficSerializer(_OfAccount):
    class Meta:
        model = Traffic
        fields = (
            "id", "account", "run_id", "command_id", "operation", "method", "url", "status", "milliseconds",
            "request_id", "error", "subjects", "at",
        )  # fmt: skip


class CommandSerializer(_OfAccount):
    class Meta:
        model = Command
        fields = (
            "id", "account", "kind", "key", "subject", "channel", "payload", "state", "attempts", "reason",
            "remote_ref", "answer", "asked_by", "planned_at", "sent_at", "confirmed_at", "next_check_at",
        )  # fmt: skip


class InboxEventSerializer(_OfAccount):
    class Meta:
        model = InboxEvent
        fields = (
            "id", "account", "event_id", "kind", "order_id", "media_type", "happened_at", "received_at", "repeats",
            "state", "error",
        )  # fmt: skip


class Pause(Reason):
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class Resource(serializers.Serializer):
    resource = serializers.CharField(max_length=40)


class Span(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class AccountViews(Rows):
    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    filterset_class = filters.AccountFilter
    lookup_field = "key"
    lookup_value_regex = "[A-Za-z0-9_-]+"

    @write(Action.RUN_SYNC, takes=Pause, gives=AccountSerializer)
    def pause(self, request: Request, key: str) -> Response:
        return self.answer(accounts.pause(self.get_object(), **self.given(request)))

    @write(Action.RUN_SYNC, gives=AccountSerializer)
    def resume(self, request: Request, key: str) -> Response:
        return self.answer(accounts.resume(self.get_object()))

    @write(Action.RUN_SYNC, takes=Resource, gives=Asked)
    def run(self, request: Request, key: str) -> Response:
        """Pull one resource now, whether it was ever pulled or not."""
        return pulled_now(self.get_object(), self.given(request)["resource"])


class FlowViews(Rows):
    queryset = SyncState.objects.select_related("account")
    serializer_class = FlowSerializer
    filterset_class = filters.FlowFilter

    @write(Action.RUN_SYNC, gives=Asked)
    def run(self, request: Request, pk: str) -> Response:
        """Pull now, outside the cadence."""
        flow: SyncState = self.get_object()
        if flow.is_paused:
            raise Rejected(f"this flow is paused: {flow.pause_reason}; resume it", code="paused")
        return pulled_now(flow.account, flow.resource)

    @write(Action.RUN_SYNC, takes=Reason, gives=FlowSerializer)
    def pause(self, request: Request, pk: str) -> Response:
        flow: SyncState = self.get_object()
        return self.answer(flows.pause(flow.account, flow.resource, **self.given(request)))

    @write(Action.RUN_SYNC, gives=FlowSerializer)
    def resume(self, request: Request, pk: str) -> Response:
        flow: SyncState = self.get_object()
        return self.answer(flows.resume(flow.account, flow.resource))

    @write(Action.RUN_SYNC, takes=Span, gives=BackfillSerializer)
    def backfill(self, request: Request, pk: str) -> Response:
        """Read a span again in the background, `until` excluded; the flow's position stays where it is."""
        flow: SyncState = self.get_object()
        given = self.given(request)
        asked = backfills.ask(flow.account, flow.resource, (given["since"], given["until"]), by=actor(request))
        return Response(BackfillSerializer(asked).data)

    @write(Action.REPLAY, gives=Asked)
    def replay(self, request: Request, pk: str) -> Response:
        """Map every archived page with open rejected rows again, in the background."""
        flow: SyncState = self.get_object()
        return Response({"work_item": replays.ask(flow.account, flow.resource)})


class BackfillViews(Rows):
    queryset = Backfill.objects.select_related("account")
    serializer_class = BackfillSerializer
    filterset_fields = ("account__key", "resource")


class RunViews(Rows):
    queryset = SyncRun.objects.select_related("account")
    serializer_class = RunSerializer
    filterset_class = filters.RunFilter

    @write(Action.REPLAY, gives=RunSerializer)
    def replay(self, request: Request, pk: str) -> Response:
        """Map the archived pages of this run again; answers the run that did it."""
        return self.answer(replay.run(self.get_object()))


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


def wish(request: Request) -> Wish:
    """Each request is one of its own; one that is repeated under its `Idempotency-Key` does not come this far."""
    return Wish(request_id=uuid4(), asked_by=actor(request))


class CommandViews(Rows):
    queryset = Command.objects.select_related("account")
    serializer_class = CommandSerializer
    filterset_class = filters.CommandFilter

    @write(Action.WRITE_MARKETPLACE, takes=Reason, gives=CommandSerializer)
    def retry(self, request: Request, pk: str) -> Response:
        """Send a refused or parked write again, under its own key."""
        return self.answer(retries.command(self.get_object().pk, by=actor(request), **self.given(request)))


class InboxEventViews(Rows):
    queryset = InboxEvent.objects.select_related("account").defer("body")
    serializer_class = InboxEventSerializer
    filterset_class = filters.InboxEventFilter

    @write(Action.REPLAY, takes=Reason, gives=InboxEventSerializer)
    def retry(self, request: Request, pk: str) -> Response:
        """Apply a failed event again, in the background."""
        return self.answer(retries.event(self.get_object().pk, by=actor(request), **self.given(request)))


def pulled_now(account: Account, resource: str) -> Response:
    """Ask for one pull; an account that is stopped and a resource that it does not have are refused."""
    if account.is_paused:
        raise Rejected(f"this account is stopped: {account.status_reason}; resume it", code="paused")
    if resource not in {known.key for known in registry.get(account.marketplace).resources}:
        raise Rejected(f"{account.label} has no resource {resource!r}", code="unknown_resource")
    return Response({"work_item": flows.pull_now(account, resource)})


VIEWS: dict[str, Any] = {
    "accounts": AccountViews,
    "flows": FlowViews,
    "backfills": BackfillViews,
    "runs": RunViews,
    "rejected-rows": RejectedRowViews,
    "gaps": GapViews,
    "report-jobs": ReportJobViews,
    "raw-pages": RawPageViews,
    "traffic": TrafficViews,
    "commands": CommandViews,
    "events": InboxEventViews,
}
