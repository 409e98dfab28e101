"""Costs as dated facts, where one is missing, and cost sheets from the upload to the day they are applied."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import selectors as catalog
from config.core.api import Lists, MoneyField, Named, Question, Rows, actor, exact, write
from config.core.permissions import Action
from config.core.sheets.api import FIELDS, SheetFile, SheetSerializer, decided_by, uploader
from finance.cost_sheets import effect
from finance.cost_sheets.columns import AMOUNTS
from finance.filters import costs as filters
from finance.models import Cost, CostSheet, CostSheetRow
from finance.selectors import cost_sheets as sheets
from finance.selectors import costs as selectors
from finance.services import cost_sheets, costs
from finance.services.costs import Entry
from inventory import selectors as inventory


class PartField(MoneyField):
    """Null where the row is an end: then no cost is known."""

    def to_representation(self, value: Any) -> dict[str, str | None] | None:
        return None if value.is_end else super().to_representation(value)


class CostSerializer(serializers.ModelSerializer):
    """What one piece costs from a day on, without VAT; all amounts null where the row ends its key's cost."""

    sku, warehouse = Named("code"), Named("code", or_null=True)
    purchase, inbound, insurance, customs, other = PartField(), PartField(), PartField(), PartField(), PartField()
    landed = PartField()

    class Meta:
        model = Cost
        fields = (
            "id", "sku", "warehouse", "vendor", "currency", "valid_from", "known_at", "is_end", *AMOUNTS, "landed",
            "vat_rate", "source", "entered_by",
        )  # fmt: skip


def _part(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=16, decimal_places=4, min_value=0, **options)


class CostParts(serializers.Serializer):
    """Amounts per piece, positive, without VAT; `vat_rate` is a fraction such as 0.19."""

    purchase = _part()
    inbound, insurance, customs, other = (_part(required=False) for _ in range(4))
    vat_rate = serializers.DecimalField(max_digits=6, decimal_places=4, min_value=0, required=False, allow_null=True)


class NewCost(CostParts):
    sku = Named("code", queryset=catalog.skus())
    warehouse = Named("code", queryset=inventory.warehouses(), required=False, or_null=True)
    vendor = serializers.CharField(max_length=120, required=False, allow_blank=True)
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    valid_from = serializers.DateField()


class CorrectedParts(CostParts):
    purchase = _part(required=False)


class EndAsked(serializers.Serializer):
    """The first day from which no cost is known."""

    on = serializers.DateField()


class CostViews(Rows):
    queryset = selectors.costs()
    serializer_class = CostSerializer
    filterset_class = filters.CostFilter
    needs = Action.VIEW_MONEY

    @write(Action.EDIT_COSTS, takes=NewCost, gives=CostSerializer, detail=False)
    def enter(self, request: Request) -> Response:
        """Record a cost from a day on; the profit of the lines that it changes is computed again."""
        given = self.given(request)
        place, sku = given.pop("warehouse", None), given.pop("sku")
        entry = Entry(sku_id=sku.pk, warehouse_id=place.pk if place else None, **given)
        return self.answer(costs.enter(entry, by=actor(request), source="API"))

    @write(Action.EDIT_COSTS, takes=CorrectedParts, gives=CostSerializer)
    def correct(self, request: Request, pk: str) -> Response:
        """What the goods of this row really cost; what is left out stays as it was."""
        return self.answer(costs.correct(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.EDIT_COSTS, takes=EndAsked, gives=CostSerializer)
    def end(self, request: Request, pk: str) -> Response:
        """From a day on, no cost is known for the key of this row."""
        return self.answer(costs.end(self.get_object(), by=actor(request), **self.given(request)))


class CostSheetSerializer(SheetSerializer):
    class Meta:
        model = CostSheet
        fields = ("id", *FIELDS)


Decisions: Any = decided_by(cost_sheets, CostSheetSerializer, edit=Action.EDIT_COSTS, approve=Action.APPROVE_COSTS)


class CostSheetViews(Decisions):
    queryset = sheets.sheets()
    serializer_class = CostSheetSerializer
    filterset_class = filters.CostSheetFilter
    needs = Action.VIEW_MONEY

    @write(
        Action.EDIT_COSTS,
        takes=SheetFile,
        gives=CostSheetSerializer,
        detail=False,
        parser_classes=[MultiPartParser],
    )
    def upload(self, request: Request) -> Response:
        """CSV or XLSX; its rows are judged and nothing counts before it is applied. The same file is the same sheet."""
        file = self.given(request)["file"]
        sheet, _ = cost_sheets.upload(file.read(), name=file.name, by=uploader(request))
        return self.answer(sheet)

    @write(Action.EDIT_COSTS, gives=CostSheetSerializer)
    def apply(self, request: Request, pk: str) -> Response:
        """Record all rows that can be used, or none."""
        sheet: CostSheet = self.get_object()
        cost_sheets.apply(sheet, by=actor(request))
        return self.answer(sheet)


class CostSheetRowSerializer(serializers.ModelSerializer):
    """One row of a file: what it says, what is wrong with it, and why somebody must approve it."""

    sku, warehouse = Named("code", or_null=True), Named("code", or_null=True)
    landed = PartField()
    former = MoneyField("former.landed", currency="former.currency")

    class Meta:
        model = CostSheetRow
        fields = (
            "id", "sheet", "row_no", "state", "cells", "problems", "approvals", "sku", "warehouse", "vendor",
            "currency", "valid_from", "is_end", "landed", "vat_rate", "former", "jump", "decided_by", "decided_at",
            "cost",
        )  # fmt: skip


class CostSheetRowViews(Lists):
    queryset = CostSheetRow.objects.select_related("sku", "warehouse", "former")
    serializer_class = CostSheetRowSerializer
    filterset_class = filters.CostSheetRowFilter
    needs = Action.VIEW_MONEY
    ordering = ("sheet_id", "row_no")


class CostGapSerializer(serializers.Serializer):
    """A SKU at a place (null: anywhere) that is sold or in stock while no cost holds."""

    sku = serializers.CharField()
    warehouse = serializers.CharField(allow_null=True)
    lines, units, stock = serializers.IntegerField(), serializers.IntegerField(), serializers.IntegerField()
    first_on, last_on = serializers.DateField(allow_null=True), serializers.DateField(allow_null=True)
    paid = serializers.ListField(child=serializers.DictField())


class GapView(Question):
    """Where costs are missing: sold in the last 400 days, or in stock today."""

    needs = Action.VIEW_MONEY
    gives = CostGapSerializer

    def get(self, request: Request) -> Response:
        found = selectors.gaps()
        skus = dict(catalog.skus().filter(pk__in={gap.sku_id for gap in found}).values_list("pk", "code"))
        places = {place.pk: place.code for place in inventory.warehouses()}
        return Response(
            [
                {
                    "sku": skus[gap.sku_id], "warehouse": places.get(gap.warehouse_id or 0), "lines": gap.lines,
                    "units": gap.units, "stock": gap.stock, "first_on": gap.first_on, "last_on": gap.last_on,
                    "paid": [_said(amount, currency) for currency, amount in gap.paid.items()],
                }
                for gap in found
            ]
        )  # fmt: skip


def _said(amount: Any, currency: str) -> dict[str, str] | None:
    return None if amount is None else {"amount": exact(amount, currency), "currency": currency}


class CostEffectAsked(serializers.Serializer):
    sheet = serializers.IntegerField(min_value=1)


class CostEffectSerializer(serializers.Serializer):
    """What a sheet would change for one SKU: order lines, what buyers paid for them, and the margin after goods."""

    sku, currency = serializers.CharField(), serializers.CharField()
    lines, locked_lines, units = serializers.IntegerField(), serializers.IntegerField(), serializers.IntegerField()
    paid, margin_before, margin_after = MoneyField(), MoneyField(), MoneyField()
    percent_before, percent_after = (
        serializers.DecimalField(max_digits=9, decimal_places=1, allow_null=True) for _ in range(2)
    )


class EffectView(Question):
    """The preview of a waiting sheet; empty for one that is closed."""

    needs = Action.VIEW_MONEY
    asks = CostEffectAsked
    gives = CostEffectSerializer

    def get(self, request: Request) -> Response:
        sheet = sheets.sheets().filter(pk=self.given(request)["sheet"]).first()
        if sheet is None:
            raise NotFound("there is no such sheet")
        return Response([_effect(each) for each in effect.of_sheet(sheet)])


def _effect(each: effect.Effect) -> dict[str, Any]:
    return {
        "sku": each.code, "currency": each.currency, "lines": each.lines, "locked_lines": each.locked_lines,
        "units": each.units, "paid": _said(each.paid, each.currency),
        "margin_before": _said(each.before.amount, each.currency),
        "margin_after": _said(each.after.amount, each.currency),
        "percent_before": each.before.percent, "percent_after": each.after.percent,
    }  # fmt: skip


VIEWS: dict[str, Any] = {"costs": CostViews, "cost-sheets": CostSheetViews, "cost-sheet-rows": CostSheetRowViews}
QUESTIONS: dict[str, Any] = {"cost-gaps": GapView, "cost-effects": EffectView}
