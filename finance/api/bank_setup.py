"""Layouts, rules and bank accounts over the API: how bank files are read and whose bookings they hold."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Named, Rows, write
from config.core.permissions import Action
from finance.models import BankAccount, BankLayout, BankRule
from finance.services.bank import ways
from marketplaces.selectors import accounts


class BankLayoutSerializer(serializers.ModelSerializer):
    """`columns` maps our names to the bank's headings; a value in quotes holds for every row."""

    class Meta:
        model = BankLayout
        fields = ("id", *ways.LAYOUT_FIELDS)


class LayoutGiven(serializers.Serializer):
    """With `id` the layout that is changed; a field that is left out stays."""

    id = serializers.IntegerField(required=False)
    name = serializers.CharField(max_length=60, required=False)
    delimiter = serializers.CharField(max_length=1, required=False, trim_whitespace=False)
    encoding = serializers.CharField(max_length=20, required=False)
    decimal_comma = serializers.BooleanField(required=False)
    day_format = serializers.CharField(max_length=20, required=False)
    skip_lines = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    columns = serializers.DictField(child=serializers.CharField(max_length=200, allow_blank=True), required=False)


class BankRuleSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = BankRule
        fields = ("id", "text", "account")


class BankRuleGiven(serializers.Serializer):
    text = serializers.CharField(max_length=80)
    account = Named("key", queryset=accounts())


class BankAccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = BankAccount
        fields = ("id", "iban", "label", "currency")


class Called(serializers.Serializer):
    name = serializers.CharField(max_length=80, allow_blank=True)


class BankLayoutViews(Rows):
    queryset = BankLayout.objects.all()
    serializer_class = BankLayoutSerializer
    filterset_fields = ("name",)
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_BOOKS, takes=LayoutGiven, gives=BankLayoutSerializer, detail=False)
    def put(self, request: Request) -> Response:
        """Add a layout or change one; one that could read no file is refused."""
        given = self.given(request)
        return self.answer(ways.set_layout(given, pk=given.pop("id", None)))

    @write(Action.EDIT_BOOKS)
    def remove(self, request: Request, pk: str) -> Response:
        """Take a layout away; what was read by it stays."""
        ways.remove_layout(self.get_object().pk)
        return Response(status=204)


class BankRuleViews(Rows):
    queryset = BankRule.objects.select_related("account")
    serializer_class = BankRuleSerializer
    filterset_fields = ("account__key",)
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_BOOKS, takes=BankRuleGiven, gives=BankRuleSerializer, detail=False)
    def put(self, request: Request) -> Response:
        """Say whose bookings hold these words; those that wait are looked at again."""
        return self.answer(ways.set_rule(**self.given(request)))

    @write(Action.EDIT_BOOKS)
    def remove(self, request: Request, pk: str) -> Response:
        """Take a rule away; bookings that it placed stay."""
        ways.remove_rule(self.get_object().pk)
        return Response(status=204)


class BankAccountViews(Rows):
    queryset = BankAccount.objects.all()
    serializer_class = BankAccountSerializer
    filterset_fields = ("iban", "currency")
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_BOOKS, takes=Called, gives=BankAccountSerializer)
    def rename(self, request: Request, pk: str) -> Response:
        """Say what people call this bank account."""
        return self.answer(ways.name_account(self.get_object(), self.given(request)["name"]))


VIEWS: dict[str, Any] = {
    "bank-layouts": BankLayoutViews,
    "bank-rules": BankRuleViews,
    "bank-accounts": BankAccountViews,
}
