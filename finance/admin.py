"""Statements for inspection. Nothing here is typed in: it comes from statements and bank files."""

from __future__ import annotations

from django.contrib import admin

from config.core.admin import Inspect
from config.core.permissions import Action
from finance.models import (
    Acceptance,
    AccountMonth,
    Deposit,
    Discrepancy,
    FeeQuote,
    IdentityCheck,
    Restatement,
    Settlement,
    SettlementLine,
)


class _Money(Inspect):
    looks = Action.VIEW_MONEY


@admin.register(Settlement)
class SettlementAdmin(_Money):
    list_display = ("external_id", "account", "channel", "period_end", "total", "currency", "state", "residual")
    list_filter = ("state", "currency", "account")
    search_fields = ("external_id",)
    list_select_related = ("account",)


@admin.register(SettlementLine)
class SettlementLineAdmin(_Money):
    list_display = ("settlement", "row_no", "line_class", "scope", "label_text", "amount", "currency", "order_ref")
    list_filter = ("scope", "line_class")
    search_fields = ("order_ref__startswith", "settlement__external_id")
    list_select_related = ("settlement",)


@admin.register(IdentityCheck)
class IdentityCheckAdmin(_Money):
    list_display = ("settlement", "number", "expected", "actual", "passed", "reason", "as_of")
    list_filter = ("number", "passed")
    list_select_related = ("settlement",)


@admin.register(Discrepancy)
class DiscrepancyAdmin(_Money):
    list_display = ("kind", "account", "severity", "state", "amount", "currency", "settlement", "order_ref")
    list_filter = ("state", "kind", "severity", "account")
    search_fields = ("order_ref", "settlement__external_id")
    list_select_related = ("account", "settlement")


@admin.register(Deposit)
class DepositAdmin(_Money):
    list_display = ("booked_on", "account", "amount", "currency", "reference", "settlement")
    list_filter = ("account", "currency")
    list_select_related = ("account", "settlement")


@admin.register(FeeQuote)
class FeeQuoteAdmin(_Money):
    list_display = ("remote_id", "account", "channel", "price", "total", "currency", "quoted_at")
    list_filter = ("account", "channel")
    search_fields = ("remote_id",)
    list_select_related = ("account",)


@admin.register(AccountMonth)
class AccountMonthAdmin(_Money):
    list_display = ("month", "account", "state", "prepared_by", "locked_by", "locked_at")
    list_filter = ("state", "account")
    list_select_related = ("account",)


@admin.register(Acceptance)
class AcceptanceAdmin(_Money):
    list_display = ("month", "check_key", "finding", "reason", "accepted_by", "accepted_at")
    list_filter = ("check_key",)
    list_select_related = ("month",)


@admin.register(Restatement)
class RestatementAdmin(_Money):
    list_display = ("noted_at", "account", "month", "kind", "reference", "amount", "currency", "booked_month")
    list_filter = ("kind", "account")
    list_select_related = ("account",)
