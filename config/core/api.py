"""What the API of every app is made of: read-only lists with cursors, filters and CSV, and writes with their right."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from config.core import downloads, tenancy
from config.core.money import quantise
from config.core.permissions import Action, may

View = TypeVar("View", bound=Callable[..., Any])


class MoneyField(serializers.Field):
    """`{"amount": "12.34", "currency": "EUR"}`; null when unknown. Plus is money towards the seller unless said else.

    The amount is the field of this name, or of the path `amount`; `currency` is a path or a function of the row.
    """

    def __init__(self, amount: str = "", *, currency: str | Callable[[Any], str] = "currency") -> None:
        self.amount, self.currency = amount, currency
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> dict[str, str | None] | None:
        amount = _reach(value, self.amount or str(self.field_name))
        if amount is None:
            return None
        currency = self.currency(value) if callable(self.currency) else _reach(value, self.currency)
        return {"amount": exact(amount, currency or ""), "currency": currency or None}


def exact(amount: Decimal, currency: str) -> str:
    """To the minor unit; with more digits only where the amount has them."""
    rounded = quantise(amount, currency)
    return str(rounded) if rounded == amount else f"{amount.normalize():f}"


def reporting_currency(row: Any) -> str:
    """What totals over currencies are shown in by the current client."""
    return str(tenancy.connection.tenant.reporting_currency)


def _reach(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name) if row is not None else None
    return row


class AmountField(serializers.RegexField):
    """An amount above or at zero as text, `12.30`; a JSON number is refused, for a program may have rounded it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^[0-9]{1,12}(\.[0-9]{1,4})?$", **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class CurrencyField(serializers.RegexField):
    """An ISO 4217 code in capitals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^[A-Z]{3}$", **options)


class Named(serializers.SlugRelatedField):
    """A row called by its own name (an account's key, a SKU's code) instead of by its number."""

    def __init__(self, slug_field: str, *, or_null: bool = False, **options: Any) -> None:
        given = options if "queryset" in options else {"read_only": True, **options}
        super().__init__(slug_field=slug_field, allow_null=or_null, **given)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(serializers.CharField().run_validation(data))


class Asked(serializers.Serializer):
    """Work that was asked for; `work_item` is null where the same work was waiting already."""

    work_item = serializers.IntegerField(allow_null=True, read_only=True)


class Reason(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class Cursor(CursorPagination):
    """Pages that new rows do not shift; `limit` sets their length."""

    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = "-pk"

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        return tuple(view.ordering)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, ValidationError):
            raise NotFound("this cursor leads nowhere; begin without one") from None


class Allowed(BasePermission):
    """The right that the view (or its action) needs, asked of the token's scopes or of the user's roles."""

    def has_permission(self, request: Request, view: Any) -> bool:
        self.message = f"this needs the right: {str(view.needs).replace('_', ' ')}"
        token: Any = request.auth
        if token is not None:
            return bool(token.allows(view.needs))
        return may(request.user, view.needs)


def actor(request: Request) -> str:
    """How a timeline calls whoever sent the request."""
    return str(request.user.get_username())


class Question(APIView):
    """Base of views that answer without a table behind them."""

    permission_classes = [Allowed]
    needs = Action.VIEW
    asks: type[serializers.Serializer] | None = None

    def given(self, request: Request) -> dict[str, Any]:
        """What stands in the address, checked by what the view `asks`."""
        if self.asks is None:
            return {}
        asked = self.asks(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)


class Lists(ListModelMixin, GenericViewSet):
    """A list without pages of single rows. `?format=csv` gives all rows of the list as a file."""

    permission_classes = [Allowed]
    pagination_class = Cursor
    needs: Action = Action.VIEW
    ordering: tuple[str, ...] = ("-pk",)
    lookup_value_regex = "[0-9]+"
    takes: type[serializers.Serializer] | None = None
    gives: type[serializers.Serializer] | None = None

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        with transaction.atomic():
            if request.query_params.get("format") != "csv":
                return super().list(request, *args, **kwargs)
            rows = self.filter_queryset(self.get_queryset())
            return downloads.table(rows, self.get_serializer(many=True), name=self.basename, money=MoneyField)

    def given(self, request: Request) -> dict[str, Any]:
        """The body of a write, checked by what the action `takes`."""
        if self.takes is None:
            return {}
        body = self.takes(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def answer(self, row: Any) -> Response:
        """The row as it is now: read again, because a service may have changed more than it was given."""
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data)


class Rows(RetrieveModelMixin, Lists):
    """A list and its rows."""


def write(
    needs: Action, *, takes: type[serializers.Serializer] | None = None,
    gives: type[serializers.Serializer] | None = None, detail: bool = True, **options: Any,
) -> Callable[[View], View]:  # fmt: skip
    """A POST below a row (or below the list): the right it needs, what its body holds, what it answers."""

    def decorate(method: View) -> View:
        name = method.__name__.removesuffix("_")
        wrapped: Any = action(
            detail=detail, methods=["post"], url_path=name.replace("_", "-"), needs=needs, takes=takes, gives=gives,
            filter_backends=[], pagination_class=None, **options,
        )(method)  # fmt: skip
        return cast(View, wrapped)

    return decorate
