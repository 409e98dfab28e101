"""The account map and how the books are kept, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Named, Rows, write
from config.core.permissions import Action
from finance.filters.journals import AccountRuleFilter
from finance.models import AccountRule, Books
from finance.services import books
from marketplaces.selectors import accounts


class AccountRuleSerializer(serializers.ModelSerializer):
    account = Named("key", or_null=True)

    class Meta:
        model = AccountRule
        fields = ("id", *books.RULE_FIELDS)


class RuleGiven(serializers.Serializer):
    """A row of the account map; with `id` the row that is changed."""

    id = serializers.IntegerField(required=False)
    purpose = serializers.CharField(max_length=20)
    code = serializers.CharField(max_length=20)
    account = Named("key", queryset=accounts(), required=False, or_null=True)
    currency = serializers.CharField(max_length=3, required=False, allow_blank=True)
    line_class = serializers.CharField(max_length=20, required=False, allow_blank=True)
    tax_class = serializers.CharField(max_length=12, required=False, allow_blank=True)
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    tax_key = serializers.CharField(max_length=4, required=False, allow_blank=True)
    tax_rate = serializers.CharField(max_length=60, required=False, allow_blank=True)


class BooksSerializer(serializers.ModelSerializer):
    """How the books are kept; the numbers of consultant and client are DATEV's, null until somebody enters them."""

    class Meta:
        model = Books
        fields = ("id", *books.BOOK_FIELDS)


class BooksGiven(serializers.Serializer):
    """What is to change; a field that is left out stays."""

    home_country = serializers.CharField(max_length=2, required=False, allow_blank=True)
    rounding_limit = serializers.DecimalField(max_digits=19, decimal_places=4, required=False)
    datev_consultant = serializers.IntegerField(required=False, allow_null=True)
    datev_client = serializers.IntegerField(required=False, allow_null=True)
    chart = serializers.CharField(max_length=4, required=False, allow_blank=True)
    account_digits = serializers.IntegerField(required=False)
    year_begins = serializers.IntegerField(required=False)


class AccountRuleViews(Rows):
    queryset = AccountRule.objects.select_related("account")
    serializer_class = AccountRuleSerializer
    filterset_class = AccountRuleFilter
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_BOOKS, takes=RuleGiven, gives=AccountRuleSerializer, detail=False)
    def put(self, request: Request) -> Response:
        """Add a row or change one; open months are booked again."""
        given = self.given(request)
        return self.answer(books.set_rule(given, pk=given.pop("id", None)))

    @write(Action.EDIT_BOOKS)
    def remove(self, request: Request, pk: str) -> Response:
        """Take a row out of the map; open months are booked again."""
        books.remove_rule(self.get_object().pk)
        return Response(status=204)


class BooksViews(Rows):
    queryset = Books.objects.all()
    serializer_class = BooksSerializer
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_BOOKS, takes=BooksGiven, gives=BooksSerializer, detail=False)
    def put(self, request: Request) -> Response:
        """Change how the books are kept; open months are booked again."""
        return self.answer(books.set_books(self.given(request)))

    @write(Action.EDIT_BOOKS, detail=False)
    def standard_chart(self, request: Request) -> Response:
        """Start with the standard chart where there is no account map; one that is there stays."""
        books.start_with_standard_chart()
        return Response(status=204)


VIEWS: dict[str, Any] = {"account-rules": AccountRuleViews, "books": BooksViews}
