"""Fee schedules and what they make every order line cost; rows are added, ended and withdrawn, never changed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Lists, MoneyField, Named, Rows, actor, write
from config.core.permissions import Action
from finance.fee_words import place, terms, tier
from finance.filters import fees as filters
from finance.models import ExpectedFee, FeeBasis, FeeRule, FeeVat, Rounding, VatTreatment, VolumeUnit
from finance.selectors import fees as selectors
from finance.services import tariffs
from marketplaces.canonical import LineClass
from marketplaces.selectors import accounts

PLACE = ("channel", "category", "programme", "line_class", "currency", "valid_from", "is_end")
AMOUNTS = ("per_unit", "per_line", "per_order", "per_volume", "minimum", "maximum", "price_from", "price_below")
TERMS = (
    "basis", "rate", "volume_unit", "is_charged_later", "is_limit_per_piece", "is_marginal",
    "weight_from_g", "weight_below_g", "longest_mm",
    "middle_mm", "shortest_mm", "volume_divisor", "rounding", "vat",
    "vat_rate", "basis_includes_vat", "tolerance_rate",
)  # fmt: skip


class FeeRuleSerializer(serializers.ModelSerializer):
    """One row of a schedule, amounts positive; `account` null: published by the marketplace for everybody.

    `says` is the row in words; `standing`: holds, later, replaced, ended or withdrawn, as of today.
    """

    account = Named("key", or_null=True)
    per_unit, per_line, per_order, per_volume, minimum, maximum = (MoneyField() for _ in range(6))
    price_from, price_below, tolerance = MoneyField(), MoneyField(), MoneyField()
    says = serializers.SerializerMethodField()
    standing = serializers.CharField(read_only=True)

    class Meta:
        model = FeeRule
        fields = (
            "id", "account", "marketplace", *PLACE, *TERMS, *AMOUNTS, "tolerance", "says", "standing", "source",
            "entered_at", "entered_by", "withdrawn_at", "withdrawn_by",
        )  # fmt: skip

    def get_says(self, rule: FeeRule) -> str:
        return "; ".join(filter(None, (place(rule), tier(rule), terms(rule))))


def _amount(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0, required=False, **options)


def _share(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=9, decimal_places=6, min_value=0, max_value=1, required=False, **options)


def _whole(least: int) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=10**7, required=False)


class NewFeeRule(serializers.Serializer):
    """A row of an account's own schedule. `rate` is a fraction such as 0.15; blank places hold for all."""

    account = Named("key", queryset=accounts())
    line_class = serializers.ChoiceField([c.value for c in LineClass])
    valid_from = serializers.DateField()
    channel, category = (serializers.CharField(max_length=most, required=False) for most in (20, 120))
    programme = serializers.ChoiceField(["merchant", "marketplace"], required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    basis = serializers.ChoiceField(FeeBasis.choices, required=False)
    rate = _share()
    per_unit, per_line, per_order, per_volume = _amount(), _amount(), _amount(), _amount()
    volume_unit = serializers.ChoiceField(VolumeUnit.choices, required=False)
    minimum, maximum = _amount(), _amount()
    price_from, price_below = _amount(), _amount()
    weight_from_g, weight_below_g = _whole(0), _whole(0)
    longest_mm, middle_mm, shortest_mm, volume_divisor = _whole(1), _whole(1), _whole(1), _whole(1)
    is_limit_per_piece, is_marginal = (serializers.BooleanField(required=False) for _ in range(2))
    is_charged_later, basis_includes_vat = (serializers.BooleanField(required=False) for _ in range(2))
    rounding = serializers.ChoiceField(Rounding.choices, required=False)
    vat = serializers.ChoiceField(VatTreatment.choices, required=False)
    vat_rate = _share()
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]


class FeeEndAsked(serializers.Serializer):
    """The first day on which the row's key has no fee of its own any more."""

    on = serializers.DateField()


class Adopted(serializers.Serializer):
    """`vat_rate` is a fraction such as 0.19, for rows to which VAT is added."""

    account = Named("key", queryset=accounts())
    line_class = serializers.ChoiceField([c.value for c in LineClass])
    rounding = serializers.ChoiceField(Rounding.choices)
    vat_rate = _share(allow_null=True)


class RowsWritten(serializers.Serializer):
    rows = serializers.IntegerField()


class FeeRuleViews(Rows):
    queryset = selectors.rules()
    serializer_class = FeeRuleSerializer
    filterset_class = filters.FeeRuleFilter
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_FEES, takes=NewFeeRule, gives=FeeRuleSerializer, detail=False)
    def agree(self, request: Request) -> Response:
        """Add a row that was agreed with this account; the expected fees from its first day are reckoned anew."""
        given = self.given(request)
        return self.answer(tariffs.add(given.pop("account").pk, given, by=actor(request)))

    @write(Action.EDIT_FEES, takes=Adopted, gives=RowsWritten, detail=False)
    def adopt(self, request: Request) -> Response:
        """Approve how a class of fee of an account is rounded and taxed, as `fee-habits` proposes it."""
        given = self.given(request)
        told = {"rounding": given["rounding"], "vat_rate": given.get("vat_rate"), "by": actor(request)}
        return Response(tariffs.adopt(given["account"], given["line_class"], **told))

    @write(Action.EDIT_FEES, takes=FeeEndAsked, gives=FeeRuleSerializer)
    def end(self, request: Request, pk: str) -> Response:
        """End the row's key from a day on; what is less specific holds again."""
        return self.answer(tariffs.end(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.EDIT_FEES, gives=FeeRuleSerializer)
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take a mistaken row of an account's own schedule back, as if it had never held; it stays to be seen."""
        return self.answer(tariffs.withdraw(self.get_object(), by=actor(request)))


class FeeVatSerializer(serializers.ModelSerializer):
    """The VAT on top of an account's fees from a day on, where no row of a schedule says it; `rate` is a fraction."""

    account = Named("key")

    class Meta:
        model = FeeVat
        fields = ("id", "account", "channel", "line_class", "valid_from", "rate", "source", "entered_at", "entered_by")


class NewFeeVat(serializers.Serializer):
    """`rate` is a fraction such as 0.19; 0 where you owe it yourself (reverse charge). No class: all fees."""

    account = Named("key", queryset=accounts())
    channel = serializers.CharField(max_length=20, required=False)
    line_class = serializers.ChoiceField([c.value for c in LineClass], required=False)
    valid_from = serializers.DateField()
    rate = serializers.DecimalField(max_digits=6, decimal_places=4, min_value=0, max_value=1)
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]


class FeeVatViews(Rows):
    queryset = selectors.vats()
    serializer_class = FeeVatSerializer
    filterset_class = filters.FeeVatFilter
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_FEES, takes=NewFeeVat, gives=FeeVatSerializer, detail=False)
    def enter(self, request: Request) -> Response:
        """Say which VAT comes on top from a day on; the expected fees since then are reckoned anew."""
        given = self.given(request)
        return self.answer(tariffs.tax(given.pop("account").pk, given, by=actor(request)))


class ExpectedFeeSerializer(serializers.ModelSerializer):
    """What one fee of an order line should be, negative; null with a reason where it cannot be told.

    `source` is who says so: agreed (our schedule), order, quote (the marketplace's estimates) or published.
    """

    account = serializers.CharField(source="order_line.account.key", read_only=True)
    order_ref = serializers.CharField(source="order_line.order_ref", read_only=True)
    amount, tolerance = MoneyField(), MoneyField()

    class Meta:
        model = ExpectedFee
        fields = (
            "id", "account", "order_ref", "order_line", "line_class", "amount", "tolerance", "source", "rule",
            "quote", "reason",
        )  # fmt: skip


class ExpectedFeeViews(Lists):
    queryset = selectors.expected_fees()
    serializer_class = ExpectedFeeSerializer
    filterset_class = filters.ExpectedFeeFilter
    needs = Action.VIEW_MONEY


VIEWS: dict[str, Any] = {"fee-rules": FeeRuleViews, "fee-vats": FeeVatViews, "expected-fees": ExpectedFeeViews}
