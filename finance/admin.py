"""Statements for inspection. Nothing here is typed in: it comes from statements and bank files."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from finance.models import Deposit, Discrepancy, FeeQuote, IdentityCheck, Settlement, SettlementLine


class _Inspect(ModelAdmin):
    """Look, search and filter; no add, change or delete. Long tables are not counted."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Settlement)
class SettlementAdmin(_Inspect):
    list_display = ("external_id", "account", "channel", "period_end", "total", "currency", "state", "residual")
    list_filter = ("state", "currency", "account")
    search_fields = ("external_id",)
    list_select_related = ("account",)


@admin.register(SettlementLine)
class SettlementLineAdmin(_Inspect):
    list_display = ("settlement", "row_no", "line_class", "scope", "label_text", "amount", "currency", "order_ref")
    list_filter = ("scope", "line_class")
    search_fields = ("order_ref__startswith", "settlement__external_id")
    list_select_related = ("settlement",)


@admin.register(IdentityCheck)
class IdentityCheckAdmin(_Inspect):
    list_display = ("settlement", "number", "expected", "actual", "passed", "reason", "as_of")
    list_filter = ("number", "passed")
    list_select_related = ("settlement",)


@admin.register(Discrepancy)
class DiscrepancyAdmin(_Inspect):
    list_display = ("kind", "account", "severity", "state", "amount", "currency", "settlement", "order_ref")
    list_filter = ("state", "kind", "severity", "account")
    search_fields = ("order_ref", "settlement__external_id")
    list_select_related = ("account", "settlement")


@admin.register(Deposit)
class DepositAdmin(_Inspect):
    list_display = ("booked_on", "account", "amount", "currency", "reference", "settlement")
    list_filter = ("account", "currency")
    list_select_related = ("account", "settlement")


@admin.register(FeeQuote)
class FeeQuoteAdmin(_Inspect):
    list_display = ("remote_id", "account", "channel", "price", "total", "currency", "quoted_at")
    list_filter = ("account", "channel")
    search_fields = ("remote_id",)
    list_select_related = ("account",)
