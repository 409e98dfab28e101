"""Statements for inspection. Nothing here is typed in: it comes from statements and bank files."""

from __future__ import annotations

from django.contrib import admin

from config.core.admin import Configure, Inspect
from config.core.permissions import Action
from finance.models import (
    Acceptance,
    AccountMonth,
    AccountRule,
    ApprovalLimit,
    BankAccount,
    BankBooking,
    BankFile,
    BankLayout,
    BankRejected,
    BankRule,
    Books,
    Certificate,
    Cost,
    CostSheet,
    CostSheetRow,
    Deposit,
    Discrepancy,
    ExpectedFee,
    FeeQuote,
    FeeRule,
    FeeVat,
    IdentityCheck,
    Journal,
    JournalExport,
    JournalLine,
    Restatement,
    RoundingEntry,
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


@admin.register(FeeRule)
class FeeRuleAdmin(_Money):
    list_display = ("line_class", "account", "marketplace", "channel", "category", "rate", "valid_from", "withdrawn_at")
    list_filter = ("line_class", "marketplace", "account")
    search_fields = ("category", "source")
    list_select_related = ("account",)


@admin.register(FeeVat)
class FeeVatAdmin(_Money):
    list_display = ("account", "line_class", "channel", "valid_from", "rate", "source", "entered_by")
    list_filter = ("account", "line_class")
    list_select_related = ("account",)


@admin.register(ExpectedFee)
class ExpectedFeeAdmin(_Money):
    list_display = ("order_line", "line_class", "amount", "currency", "source", "reason")
    list_filter = ("line_class", "source", "reason")
    list_select_related = ("order_line",)


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


@admin.register(Cost)
class CostAdmin(_Money):
    list_display = ("sku", "warehouse", "vendor", "landed", "currency", "valid_from", "known_at", "is_end", "source")
    list_filter = ("currency", "is_end")
    search_fields = ("sku__code__startswith", "vendor")
    list_select_related = ("sku", "warehouse")


@admin.register(CostSheet)
class CostSheetAdmin(_Money):
    list_display = ("name", "state", "uploaded_at", "uploaded_by", "closed_at", "closed_by")
    list_filter = ("state",)


@admin.register(CostSheetRow)
class CostSheetRowAdmin(_Money):
    list_display = ("sheet", "row_no", "state", "sku", "warehouse", "landed", "currency", "valid_from", "decided_by")
    list_filter = ("state",)
    list_select_related = ("sheet", "sku", "warehouse")


@admin.register(Books)
class BooksAdmin(Configure):
    list_display = ("key", "home_country", "chart", "datev_consultant", "datev_client", "rounding_limit")


@admin.register(AccountRule)
class AccountRuleAdmin(Configure):
    list_display = ("purpose", "account", "tax_class", "country", "line_class", "currency", "code", "name")
    list_filter = ("purpose", "account")
    list_select_related = ("account",)


@admin.register(Journal)
class JournalAdmin(_Money):
    list_display = ("number", "account", "month", "kind", "booked_on", "debit", "currency", "is_locked")
    list_filter = ("kind", "is_locked", "account")
    search_fields = ("number",)
    list_select_related = ("account",)


@admin.register(JournalLine)
class JournalLineAdmin(_Money):
    list_display = ("journal", "row_no", "code", "purpose", "amount", "order_ref", "tax_class", "country")
    list_filter = ("purpose",)
    list_select_related = ("journal",)


@admin.register(JournalExport)
class JournalExportAdmin(_Money):
    list_display = ("name", "account", "month", "format", "size", "is_current", "made_by", "made_at")
    list_filter = ("format", "is_current", "account")
    list_select_related = ("account",)
    exclude = ("body",)


@admin.register(Certificate)
class CertificateAdmin(_Money):
    list_display = ("month", "sha256", "bundle_size", "made_at")
    list_select_related = ("month",)
    exclude = ("body",)


@admin.register(BankAccount)
class BankAccountAdmin(Configure):
    list_display = ("iban", "label", "currency")


@admin.register(BankLayout)
class BankLayoutAdmin(Configure):
    list_display = ("name", "delimiter", "encoding", "decimal_comma", "day_format")


@admin.register(BankRule)
class BankRuleAdmin(Configure):
    list_display = ("text", "account")
    list_select_related = ("account",)


@admin.register(BankFile)
class BankFileAdmin(_Money):
    list_display = ("name", "kind", "bookings", "is_balanced", "imported_by", "imported_at")


@admin.register(BankBooking)
class BankBookingAdmin(_Money):
    list_display = ("booked_on", "bank_account", "amount", "currency", "reference", "is_return", "deposit")
    list_filter = ("bank_account", "is_return")
    list_select_related = ("bank_account", "deposit")


@admin.register(BankRejected)
class BankRejectedAdmin(_Money):
    list_display = ("file", "row_no", "reason", "state", "closed_by")
    list_filter = ("state",)
    list_select_related = ("file",)


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(Configure):
    list_display = ("decision", "amount", "currency")


@admin.register(RoundingEntry)
class RoundingEntryAdmin(_Money):
    list_display = ("account", "month", "kind", "line_class", "expected", "actual", "difference", "currency")
    list_filter = ("kind", "month")
    list_select_related = ("account",)
