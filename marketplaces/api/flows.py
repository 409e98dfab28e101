"""Accounts, their flows and runs, and what a person may ask of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Asked, Named, Reason, Rows, actor, write
from config.core.errors import Rejected
from config.core.permissions import Action
from marketplaces import filters, registry
from marketplaces.models import Account, Backfill, SyncRun, SyncState
from marketplaces.services import accounts, backfills, flows, replays
from marketplaces.sync import replay


class OfAccount(serializers.ModelSerializer):
    account = Named("key")


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Account
        fields = (
            "id", "key", "marketplace", "label", "stores", "stage", "status", "status_reason", "status_code",
            "paused_at", "paused_until", "connected_at", "history_from", "credentials_expire_on",
        )  # fmt: skip


class FlowSerializer(OfAccount):
    class Meta:
        model = SyncState
        fields = (
            "id", "account", "resource", "watermark", "last_ok_at", "last_tried_at", "failures_in_a_row",
            "last_error", "last_code", "rows_total", "is_paused", "pause_reason",
        )  # fmt: skip


class RunSerializer(OfAccount):
    class Meta:
        model = SyncRun
        fields = (
            "id", "account", "resource", "reason", "backfill", "state", "window_start", "window_end", "started_at", "finished_at",
            "calls", "pages", "new_pages", "rows_read", "inserted", "updated", "unchanged", "rejected",
            "unknown_values", "error", "code",
        )  # fmt: skip


class BackfillSerializer(OfAccount):
    class Meta:
        model = Backfill
        fields = (
            "id", "account", "resource", "since", "until", "read_until", "asked_by", "asked_at", "finished_at", "trouble",
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
}
