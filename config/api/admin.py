"""Tokens as the owner of a client sees them: made, shown once, revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from config.api import tokens
from config.api.models import ApiToken
from config.core import tenancy
from config.core.permissions import Action, may


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    list_display = ("name", "hint", "scopes", "created_by", "expires_at", "last_used_at", "revoked_at")
    fields = ("name", "scopes", "expires_at")
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        token, text = tokens.issue(obj.name, obj.scopes, by=request.user, expires_at=obj.expires_at)
        obj.pk = token.pk
        messages.warning(request, f"Copy the token now, it is not shown again: {text}")

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        revoked = [tokens.revoke(token) for token in queryset]
        messages.success(request, f"{len(revoked)} revoked")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self._may(request) and obj is None

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @staticmethod
    def _may(request: HttpRequest) -> bool:
        return tenancy.schema() != "public" and may(request.user, Action.ADMINISTER)
