"""What runs slower or faster than declared, for whom, why and until when."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import paces
from config.core.api import Named, Rows, actor, write
from config.core.models import Pace, PaceKind
from config.core.permissions import Action
from marketplaces.selectors import accounts


class PaceSerializer(serializers.ModelSerializer):
    """`factors` multiply intervals by class of job (`less`, `least`) or by resource. It holds until `until`."""

    class Meta:
        model = Pace
        fields = (
            "id", "kind", "account_id", "factors", "reason", "decided_by", "begun_at", "until", "ended_at", "ended_by",
        )  # fmt: skip


class PaceWish(serializers.Serializer):
    """An account's key, or null for all; without `factors` the usual ones of the kind are taken."""

    account = Named("key", queryset=accounts(), or_null=True, required=False)
    kind = serializers.ChoiceField(choices=PaceKind.choices, default=PaceKind.DEGRADED)
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=300)
    factors = serializers.DictField(child=serializers.CharField(max_length=10), required=False)


class PaceViews(Rows):
    queryset = Pace.objects.all()
    serializer_class = PaceSerializer
    filterset_fields = {"kind": ["exact"], "account_id": ["exact"], "until": ["gte", "lt"]}

    @write(Action.RUN_SYNC, takes=PaceWish, gives=PaceSerializer, detail=False)
    def begin(self, request: Request) -> Response:
        """Slow down for a peak, or hurry; what runs for the same account already takes over the new end."""
        given = self.given(request)
        account = given.pop("account", None)
        return self.answer(paces.begin(account_id=account.pk if account else None, by=actor(request), **given))

    @write(Action.RUN_SYNC, gives=PaceSerializer)
    def end(self, request: Request, pk: str) -> Response:
        """Let everything run as declared again."""
        return self.answer(paces.end(self.get_object(), by=actor(request)))


VIEWS: dict[str, Any] = {"paces": PaceViews}
