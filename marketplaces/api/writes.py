"""What goes out to marketplaces and what they push to us, each to be taken up again where it failed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Reason, Rows, actor, write
from config.core.permissions import Action
from marketplaces import filters
from marketplaces.api.flows import OfAccount
from marketplaces.models import Command, InboxEvent
from marketplaces.services import retries
from marketplaces.services.writes import Wish


class CommandSerializer(OfAccount):
    class Meta:
        model = Command
        fields = (
            "id", "account", "kind", "key", "subject", "channel", "payload", "state", "attempts", "reason",
            "remote_ref", "answer", "asked_by", "planned_at", "sent_at", "confirmed_at", "next_check_at",
        )  # fmt: skip


class InboxEventSerializer(OfAccount):
    class Meta:
        model = InboxEvent
        fields = (
            "id", "account", "event_id", "kind", "order_id", "media_type", "happened_at", "received_at", "repeats",
            "state", "error",
        )  # fmt: skip


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


VIEWS: dict[str, Any] = {"commands": CommandViews, "events": InboxEventViews}
