"""What offers should say, what became of it, and what people decide about it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import publish_filters as filters
from catalog.models import (
    FieldOwner,
    LearnedRule,
    Listing,
    OfferChange,
    OfferField,
    OnDrift,
    ParityFinding,
    ParityRun,
    PublishBatch,
)
from catalog.publishing import blocked
from catalog.services import approvals, owners, publishing
from config.core import clock
from config.core.api import Lists, Named, Reason, Rows, actor, write
from config.core.permissions import Action

MOST_WISHES = 1_000
LONGEST_VALUE = 20_000


class OfferFieldSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = OfferField
        fields = (
            "id", "account", "listing", "field", "wanted", "wanted_at", "cause", "cause_at", "asked_by", "sent", "sent_at",
            "confirmed", "confirmed_at", "live", "live_at", "state", "reason", "attempts", "due_at", "command", "batch",
        )  # fmt: skip


class OfferChangeSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = OfferChange
        fields = (
            "id", "account", "offer", "value", "cause", "cause_at", "asked_by", "wanted_at", "sent_at", "confirmed_at",
            "outcome",
        )  # fmt: skip


class PublishBatchSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = PublishBatch
        fields = (
            "id", "account", "state", "reasons", "items", "asked_by", "made_at", "decided_by", "decided_at", "note",
        )  # fmt: skip


class ParityRunSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = ParityRun
        fields = (
            "id", "account", "at", "cause", "compared", "equal", "under_way", "price_drifted", "quantity_drifted",
            "oversellable", "other_drifted", "unread", "revenue",
        )  # fmt: skip


class ParityFindingSerializer(serializers.ModelSerializer):
    class Meta:
        model = ParityFinding
        fields = ("id", "run", "listing", "field", "intended", "live")


class LearnedRuleSerializer(serializers.ModelSerializer):
    class Meta:
        model = LearnedRule
        fields = (
            "id", "marketplace", "product_type", "field", "value", "reason", "seen", "first_seen_at", "last_seen_at",
            "is_waived", "waived_by", "note",
        )  # fmt: skip


class FieldOwnerSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = FieldOwner
        fields = ("id", "account", "listing", "field", "owner", "on_drift", "set_by", "set_at")


class WishSerializer(serializers.Serializer):
    """`value` as text: units like `7`, a price like `12.30` in the currency of the listing, a title, `yes` or `no` for
    `on_hold`; bullets and images as a JSON list of texts, attributes as a JSON object of texts."""

    listing = serializers.PrimaryKeyRelatedField(queryset=Listing.objects.all())
    field = serializers.ChoiceField(choices=filters.FIELDS)
    value = serializers.CharField(max_length=LONGEST_VALUE)


class Wishes(serializers.Serializer):
    wishes = WishSerializer(many=True, allow_empty=False, max_length=MOST_WISHES)
    cause = serializers.CharField(max_length=200, default="a partner's wish")


class Wanted(serializers.Serializer):
    changed = serializers.IntegerField(read_only=True)


class OwnerGiven(serializers.Serializer):
    listing = serializers.PrimaryKeyRelatedField(queryset=Listing.objects.all())
    field = serializers.ChoiceField(choices=filters.FIELDS)
    owner = serializers.CharField(max_length=12)
    on_drift = serializers.CharField(max_length=8, default="ask")


class OfferFieldViews(Rows):
    queryset = OfferField.objects.select_related("account")
    serializer_class = OfferFieldSerializer
    filterset_class = filters.OfferFieldFilter

    @write(Action.WRITE_MARKETPLACE, takes=Wishes, gives=Wanted, detail=False)
    def want(self, request: Request) -> Response:
        """Say what offers should say, up to 1,000 at once; it is written where the account may act, newest wish first."""
        given, now = self.given(request), clock.now()
        wishes = [
            publishing.Want(
                listing_id=each["listing"].pk, field=each["field"], value=each["value"], cause=given["cause"], cause_at=now,
                asked_by=actor(request),
            )
            for each in given["wishes"]
        ]  # fmt: skip
        return Response({"changed": publishing.want(wishes)})

    @write(Action.WRITE_MARKETPLACE, gives=OfferFieldSerializer)
    def restore(self, request: Request, pk: str) -> Response:
        """Write our value of a drifted field again."""
        return self._settled(request, OnDrift.RESTORE)

    @write(Action.WRITE_MARKETPLACE, gives=OfferFieldSerializer)
    def adopt(self, request: Request, pk: str) -> Response:
        """Take over what the marketplace shows of a drifted field."""
        return self._settled(request, OnDrift.ADOPT)

    @write(Action.WRITE_MARKETPLACE, gives=OfferFieldSerializer)
    def retry(self, request: Request, pk: str) -> Response:
        """Send a refused or unknown field again."""
        row = self.get_object()
        approvals.retry([row.pk], by=actor(request))
        return self.answer(row)

    def _settled(self, request: Request, how: str) -> Response:
        row = self.get_object()
        approvals.settle([row.pk], how, by=actor(request))
        return self.answer(row)


class BlockedOfferSerializer(serializers.ModelSerializer):
    account = Named("key")
    block = serializers.ChoiceField(choices=list(blocked.LABELS.items()), read_only=True)
    to_do = serializers.SerializerMethodField()

    class Meta:
        model = OfferField
        fields = (
            "id", "account", "listing", "field", "wanted", "wanted_at", "live", "state", "block", "reason", "to_do", "batch",
        )  # fmt: skip

    def get_to_do(self, row: OfferField) -> str:
        return blocked.to_do(row)


class BlockedOfferViews(Lists):
    """Wishes that stand still until a person does something: why, and what that is."""

    queryset = blocked.offers(OfferField.objects.select_related("account"))
    serializer_class = BlockedOfferSerializer
    filterset_class = filters.BlockedFilter


class OfferChangeViews(Rows):
    queryset = OfferChange.objects.select_related("account")
    serializer_class = OfferChangeSerializer
    filterset_fields = ("offer", "account__key", "outcome")


class PublishBatchViews(Rows):
    queryset = PublishBatch.objects.select_related("account")
    serializer_class = PublishBatchSerializer
    filterset_class = filters.PublishBatchFilter

    @write(Action.WRITE_MARKETPLACE, gives=PublishBatchSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Let a held set leave; whoever asked for it is not the second person."""
        return self.answer(approvals.approve(self.get_object().pk, by=actor(request)))

    @write(Action.WRITE_MARKETPLACE, takes=Reason, gives=PublishBatchSerializer)
    def decline(self, request: Request, pk: str) -> Response:
        """Withdraw the changes of a held set."""
        return self.answer(approvals.decline(self.get_object().pk, by=actor(request), **self.given(request)))


class ParityRunViews(Rows):
    queryset = ParityRun.objects.select_related("account")
    serializer_class = ParityRunSerializer
    filterset_class = filters.ParityRunFilter


class ParityFindingViews(Rows):
    queryset = ParityFinding.objects.all()
    serializer_class = ParityFindingSerializer
    filterset_fields = ("run", "listing", "field")


class LearnedRuleViews(Rows):
    queryset = LearnedRule.objects.all()
    serializer_class = LearnedRuleSerializer
    filterset_class = filters.LearnedRuleFilter

    @write(Action.WRITE_MARKETPLACE, takes=Reason, gives=LearnedRuleSerializer)
    def waive(self, request: Request, pk: str) -> Response:
        """Let the refused value be tried again for such products."""
        return self.answer(approvals.waive(self.get_object().pk, by=actor(request), **self.given(request)))


class FieldOwnerViews(Rows):
    queryset = FieldOwner.objects.select_related("account")
    serializer_class = FieldOwnerSerializer
    filterset_fields = ("account__key", "listing", "field", "owner")

    @write(Action.WRITE_MARKETPLACE, takes=OwnerGiven, gives=FieldOwnerSerializer, detail=False)
    def give(self, request: Request) -> Response:
        """Say who may change a field of a listing, and what follows when somebody else does."""
        given = self.given(request)
        listing, field = given.pop("listing"), given.pop("field")
        return self.answer(owners.set_owner(listing.account, field, listing=listing, **given, by=actor(request)))


VIEWS: dict[str, Any] = {
    "offer-fields": OfferFieldViews,
    "blocked-offers": BlockedOfferViews,
    "offer-changes": OfferChangeViews,
    "publish-batches": PublishBatchViews,
    "parity-runs": ParityRunViews,
    "parity-findings": ParityFindingViews,
    "learned-rules": LearnedRuleViews,
    "field-owners": FieldOwnerViews,
}
