"""Operators' page of clients: create, suspend, resume, remove; each through the service that knows the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from config.core.admin import Configure
from config.tenants import services
from config.tenants.models import Domain, Tenant, TenantStatus


class NewClient(forms.ModelForm):
    """What a client needs at first: its key (the name of its schema), its name, its host and its currency."""

    domain = forms.CharField(
        max_length=253, label="host name", help_text="where its people sign in, e.g. acme.example.com",
        widget=UnfoldAdminTextInputWidget,
    )  # fmt: skip

    owner = forms.CharField(
        max_length=150,
        help_text="sign-in name of its first person, who adds the others",
        widget=UnfoldAdminTextInputWidget,
    )
    password = forms.CharField(
        validators=[validate_password], help_text="told to the owner by you; to be changed under their name",
        widget=UnfoldAdminPasswordWidget,
    )  # fmt: skip

    class Meta:
        model = Tenant
        fields = ("schema_name", "name", "domain", "reporting_currency", "owner", "password")

    def clean_domain(self) -> str:
        domain: str = self.cleaned_data["domain"].strip().lower()
        if Domain.objects.filter(domain=domain).exists():
            raise ValidationError("this host name leads to another client already")
        return domain


class WithReason(ActionForm):
    """Why clients are suspended or removed; their people read it."""

    reason = forms.CharField(
        max_length=200, required=False, widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "reason"})
    )


class Hosts(TabularInline):
    model = Domain
    extra = 0
    fields = ("domain", "is_primary")


@admin.register(Tenant)
class TenantAdmin(Configure):
    is_shared = True
    list_display = (
        "name",
        "schema_name",
        "status",
        "status_reason",
        "reporting_currency",
        "remove_after",
        "created_at",
    )
    list_filter = ("status",)
    search_fields = ("name", "schema_name", "domains__domain")
    actions = ("suspend", "resume", "remove")
    action_form = WithReason
    fields = ("schema_name", "name", "reporting_currency", "account_limit", "status", "status_reason", "remove_after")
    readonly_fields = ("schema_name", "status", "status_reason", "remove_after")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return super().get_queryset(request).exclude(schema_name="public")

    def get_form(self, request: HttpRequest, obj: Tenant | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": NewClient}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        return self.fields if obj else NewClient.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Tenant | None) -> Any:
        return (Hosts,) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes at once: *remove* closes the client and drops its data after the time of grace."""
        return False

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        given = {name: form.cleaned_data[name] for name in ("domain", "owner", "password")}
        made = services.order(
            services.Order(key=obj.schema_name, name=obj.name, reporting_currency=obj.reporting_currency, **given)
        )
        obj.pk = made.pk
        obj.refresh_from_db()
        messages.info(request, f"{made.name} is being set up; its people can sign in within a minute or two.")

    @admin.action(description="Suspend (needs a reason)")
    def suspend(self, request: HttpRequest, chosen: QuerySet[Tenant]) -> None:
        self._each(request, chosen, services.suspend, "suspended: jobs and sign-in stop, the data stays")

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, chosen: QuerySet[Tenant]) -> None:
        stopped = [tenant for tenant in chosen if tenant.status in (TenantStatus.SUSPENDED, TenantStatus.REMOVING)]
        for tenant in stopped:
            services.resume(tenant)
        messages.success(request, f"{len(stopped)} resumed.")

    @admin.action(description="Remove after 30 days (needs a reason)")
    def remove(self, request: HttpRequest, chosen: QuerySet[Tenant]) -> None:
        self._each(request, chosen, services.remove, "closed; the data is dropped after 30 days unless resumed")

    def _each(self, request: HttpRequest, chosen: QuerySet[Tenant], act: Callable[..., Tenant], told: str) -> None:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            messages.error(request, "Say why: the people of the client read the reason.")
            return
        try:
            names = [act(tenant, reason=reason).name for tenant in chosen]
        except ValidationError as error:
            messages.error(request, "; ".join(error.messages))
            return
        messages.success(request, f"{', '.join(names)}: {told}.")
