"""What people decide about money: matches by hand, write-offs, claims; and the money of order lines."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Lists, MoneyField, Named, Reason, Rows, actor, write
from config.core.permissions import Action
from finance.filters import decisions as filters
from finance.models import Claim, Discrepancy, HumanMatch, OrderLineMoney, SettlementLine, SettlementRevision, WriteOff
from finance.services import claims, hand_matches, write_offs
from inventory import selectors as inventory

_DECIDED = (
    "id", "state", "reason", "amount", "needs_second", "proposed_by", "proposed_at", "decided_by", "decided_at",
    "reversed_by", "reversed_at", "reversed_reason",
)  # fmt: skip


class HumanMatchSerializer(serializers.ModelSerializer):
    """`order_line` null: the row belongs to the account. `ordinal` counts equal rows of the statement from 0."""

    account = Named("key")
    amount = MoneyField()

    class Meta:
        model = HumanMatch
        fields = (*_DECIDED, "account", "settlement", "source_hash", "ordinal", "order_line")


class Proposal(serializers.Serializer):
    settlement_line = serializers.PrimaryKeyRelatedField(queryset=SettlementLine.objects.select_related("settlement"))
    order_line = serializers.PrimaryKeyRelatedField(queryset=inventory.order_lines(), allow_null=True)
    reason = serializers.CharField(max_length=200)


class WriteOffSerializer(serializers.ModelSerializer):
    amount = MoneyField()

    class Meta:
        model = WriteOff
        fields = (*_DECIDED, "discrepancy")


class Giving(serializers.Serializer):
    discrepancy = serializers.PrimaryKeyRelatedField(queryset=Discrepancy.objects.all())
    reason = serializers.CharField(max_length=200)


class ClaimSerializer(serializers.ModelSerializer):
    """`asked` and `recovered` are positive; `evidence` is the pack as it was submitted."""

    account = Named("key")
    asked, recovered = MoneyField(), MoneyField()

    class Meta:
        model = Claim
        fields = (
            "id", "account", "discrepancy", "kind", "order_line", "order_ref", "asked", "recovered", "deadline_on", "state",
            "reference", "note", "evidence", "opened_by", "opened_at", "submitted_by", "submitted_at", "closed_by",
            "closed_at",
        )  # fmt: skip


class Opening(serializers.Serializer):
    discrepancy = serializers.PrimaryKeyRelatedField(queryset=Discrepancy.objects.all())
    asked = serializers.DecimalField(max_digits=19, decimal_places=4, required=False)
    deadline_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=300, required=False)


class Submitted(serializers.Serializer):
    reference = serializers.CharField(max_length=120, required=False, allow_blank=True)


class Paid(serializers.Serializer):
    settlement_line = serializers.PrimaryKeyRelatedField(queryset=SettlementLine.objects.all())


class OrderLineMoneySerializer(serializers.ModelSerializer):
    """Expected, settled and variance in the line's currency; `variance` null while nothing is settled."""

    account = Named("key")
    expected, settled, variance = MoneyField(), MoneyField(), MoneyField()
    refunded, recovered, total = MoneyField(), MoneyField(), MoneyField()

    class Meta:
        model = OrderLineMoney
        fields = (
            "order_line", "account", "channel", "ordered_on", "expected", "settled", "variance", "refunded", "recovered",
            "total", "state", "basis", "settlement", "rebuilt_at",
        )  # fmt: skip


class RevisionSerializer(serializers.ModelSerializer):
    """What a new issue of a statement brought, took and changed, in the statement's currency."""

    difference = MoneyField(currency="settlement.currency")

    class Meta:
        model = SettlementRevision
        fields = (
            "id", "settlement", "number", "former_page_id", "page_id", "is_waiting", "booked_month", "rows_added",
            "rows_removed", "rows_changed", "difference", "by_class", "replaced_at", "compared_at",
        )  # fmt: skip


class HumanMatchViews(Rows):
    queryset = HumanMatch.objects.select_related("account")
    serializer_class = HumanMatchSerializer
    filterset_fields = ("state", "settlement", "account__key")

    @write(Action.RECONCILE, takes=Proposal, gives=HumanMatchSerializer, detail=False)
    def propose(self, request: Request) -> Response:
        """Say what a row is about; above the limit a second person must approve it."""
        given = self.given(request)
        return self.answer(hand_matches.propose(given.pop("settlement_line"), by=actor(request), **given))

    @write(Action.APPROVE_MONEY, gives=HumanMatchSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to what another person proposed."""
        return self.answer(hand_matches.approve(self.get_object(), by=actor(request)))

    @write(Action.APPROVE_MONEY, takes=Reason, gives=HumanMatchSerializer)
    def refuse(self, request: Request, pk: str) -> Response:
        """Turn it down."""
        return self.answer(hand_matches.refuse(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.RECONCILE, takes=Reason, gives=HumanMatchSerializer)
    def reverse(self, request: Request, pk: str) -> Response:
        """Take it back; the rules match the row again."""
        return self.answer(hand_matches.reverse(self.get_object(), by=actor(request), **self.given(request)))


class WriteOffViews(Rows):
    queryset = WriteOff.objects.all()
    serializer_class = WriteOffSerializer
    filterset_fields = ("state", "discrepancy")

    @write(Action.RECONCILE, takes=Giving, gives=WriteOffSerializer, detail=False)
    def propose(self, request: Request) -> Response:
        """Give up what a discrepancy says is owed, when a second person agrees."""
        given = self.given(request)
        return self.answer(write_offs.propose(given.pop("discrepancy"), by=actor(request), **given))

    @write(Action.APPROVE_MONEY, gives=WriteOffSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Agree: the discrepancy is accepted."""
        return self.answer(write_offs.approve(self.get_object(), by=actor(request)))

    @write(Action.APPROVE_MONEY, takes=Reason, gives=WriteOffSerializer)
    def refuse(self, request: Request, pk: str) -> Response:
        """Turn it down."""
        return self.answer(write_offs.refuse(self.get_object(), by=actor(request), **self.given(request)))


class ClaimViews(Rows):
    queryset = Claim.objects.select_related("account")
    serializer_class = ClaimSerializer
    filterset_class = filters.ClaimFilter

    @write(Action.RECONCILE, takes=Opening, gives=ClaimSerializer, detail=False)
    def open(self, request: Request) -> Response:
        """A draft that asks for what a discrepancy says is owed, or for another amount."""
        given = self.given(request)
        return self.answer(claims.open_for(given.pop("discrepancy"), by=actor(request), **given))

    @write(Action.RECONCILE, takes=Submitted, gives=ClaimSerializer)
    def submit(self, request: Request, pk: str) -> Response:
        """It was handed to the marketplace; its evidence is kept as it is now."""
        return self.answer(claims.submit(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.RECONCILE, takes=Paid, gives=ClaimSerializer)
    def recover(self, request: Request, pk: str) -> Response:
        """Match a row of a statement that pays it."""
        line = self.given(request)["settlement_line"]
        return self.answer(claims.recover(self.get_object(), line, by=actor(request)))

    @write(Action.RECONCILE, takes=Reason, gives=ClaimSerializer)
    def refuse(self, request: Request, pk: str) -> Response:
        """The marketplace refused it."""
        return self.answer(claims.refuse(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.RECONCILE, takes=Reason, gives=ClaimSerializer)
    def withdraw(self, request: Request, pk: str) -> Response:
        """We do not follow it any longer."""
        return self.answer(claims.withdraw(self.get_object(), by=actor(request), **self.given(request)))


class OrderLineMoneyViews(Lists):
    queryset = OrderLineMoney.objects.select_related("account")
    serializer_class = OrderLineMoneySerializer
    filterset_class = filters.OrderLineMoneyFilter
    ordering = ("-order_line_id",)


class RevisionViews(Rows):
    queryset = SettlementRevision.objects.select_related("settlement")
    serializer_class = RevisionSerializer
    filterset_fields = ("settlement", "is_waiting")


VIEWS: dict[str, Any] = {
    "human-matches": HumanMatchViews,
    "write-offs": WriteOffViews,
    "claims": ClaimViews,
    "order-line-money": OrderLineMoneyViews,
    "settlement-revisions": RevisionViews,
}
