"""Accounts to connect and set up; everything that the pipeline writes to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from config.core.admin import Configure, Inspect
from marketplaces import registry
from marketplaces.models import (
    Account,
    Backfill,
    Command,
    Gap,
    InboxEvent,
    RawPage,
    RejectedRow,
    ReportJob,
    SyncRun,
    SyncState,
    Traffic,
)
from marketplaces.services import accounts


class ConnectForm(forms.ModelForm):
    """What connects an account. Credentials are sealed when they are stored and never shown again."""

    marketplace = forms.ChoiceField(
        choices=lambda: [(adapter.key, adapter.label) for adapter in registry.all_adapters()],
        widget=UnfoldAdminSelectWidget,
    )
    stores = forms.CharField(widget=UnfoldAdminTextInputWidget, help_text="codes with commas, the main one first")
    credentials = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autocomplete": "off"}),
        help_text="one `name = value` a line",
    )

    class Meta:
        model = Account
        fields = ("key", "marketplace", "label", "stores", "settings", "stage", "history_from", "credentials_expire_on")

    def clean_stores(self) -> list[str]:
        return [code.strip().upper() for code in self.cleaned_data["stores"].split(",") if code.strip()]

    def clean_credentials(self) -> dict[str, str]:
        pairs = [line.partition("=") for line in self.cleaned_data["credentials"].splitlines() if line.strip()]
        if any(not equals for _, equals, _ in pairs):
            raise ValidationError("each line is a name, an equals sign and a value")
        return {name.strip(): value.strip() for name, _, value in pairs}

    def connection(self) -> accounts.Connection:
        given = self.cleaned_data
        names = ("key", "marketplace", "label", "stores", "stage", "history_from", "credentials_expire_on")
        return accounts.Connection(
            **{name: given[name] for name in names},
            settings=given["settings"] or {},
            credentials=given["credentials"],
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors:
            accounts.check(self.connection())
        return given


@admin.register(Account)
class AccountAdmin(Configure):
    """Connected here; paused, resumed and authorised again on the account's page of sync health."""

    list_display = ("label", "key", "marketplace", "status", "stage", "connected_at")
    list_filter = ("marketplace", "status", "stage")
    fields = ("label", "stage", "settings", "history_from", "credentials_expire_on", "status", "status_reason")
    readonly_fields = ("status", "status_reason")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        if obj is None:
            options["form"] = ConnectForm
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else (*ConnectForm.Meta.fields, "credentials")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.pk = accounts.connect(form.connection()).pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SyncState)
class SyncStateAdmin(Inspect):
    list_display = ("account", "resource", "last_ok_at", "failures_in_a_row", "rows_total", "is_paused")
    list_filter = ("account", "resource", "is_paused")
    list_select_related = ("account",)


@admin.register(SyncRun)
class SyncRunAdmin(Inspect):
    list_display = ("account", "resource", "reason", "state", "started_at", "rows_read", "inserted", "rejected")
    list_filter = ("state", "reason", "account", "resource")
    list_select_related = ("account",)


@admin.register(RejectedRow)
class RejectedRowAdmin(Inspect):
    list_display = ("reason", "external_id", "account", "resource", "state", "last_seen_at")
    list_filter = ("state", "account", "resource", "code")
    list_select_related = ("account",)


@admin.register(Backfill)
class BackfillAdmin(Inspect):
    list_display = ("account", "resource", "since", "until", "read_until", "asked_by", "finished_at", "trouble")
    list_filter = ("account", "resource")
    list_select_related = ("account",)


@admin.register(Gap)
class GapAdmin(Inspect):
    list_display = ("account", "resource", "kind", "external_id", "since", "revealed_by", "state", "found_at")
    list_filter = ("state", "kind", "revealed_by", "account")
    list_select_related = ("account",)


@admin.register(ReportJob)
class ReportJobAdmin(Inspect):
    list_display = ("account", "resource", "state", "remote_id", "requested_at", "polls", "finished_at")
    list_filter = ("state", "account", "resource")
    list_select_related = ("account",)


@admin.register(RawPage)
class RawPageAdmin(Inspect):
    list_display = ("account", "resource", "document_id", "size", "fetched_at", "applied_at")
    list_filter = ("account", "resource")
    list_select_related = ("account",)
    exclude = ("body",)


@admin.register(Traffic)
class TrafficAdmin(Inspect):
    list_display = ("account", "method", "operation", "status", "milliseconds", "at")
    list_filter = ("account", "status")
    list_select_related = ("account",)
    exclude = ("request_body", "response_body")


@admin.register(InboxEvent)
class InboxEventAdmin(Inspect):
    list_display = ("account", "kind", "order_id", "state", "received_at", "repeats")
    list_filter = ("state", "account", "kind")
    list_select_related = ("account",)
    exclude = ("body",)


@admin.register(Command)
class CommandAdmin(Inspect):
    list_display = ("account", "kind", "subject", "state", "planned_at", "confirmed_at")
    list_filter = ("state", "kind", "account")
    list_select_related = ("account",)
