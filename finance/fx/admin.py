"""Pegs and rates on the installation's own host; clients see them on the screen of exchange rates."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from config.core.admin import Configure, Inspect
from finance.fx import store
from finance.fx.models import Peg, Rate


@admin.register(Peg)
class PegAdmin(Configure):
    """A peg that ends or changes is one more row from its day on; what stood stays, so that the past can be told."""

    is_shared = True
    list_display = ("currency", "anchor", "units", "valid_from", "source", "known_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Peg, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        store.derive_pegs()


@admin.register(Rate)
class RateAdmin(Inspect):
    is_shared = True
    list_display = ("day", "currency", "per_eur", "source", "known_at")
    list_filter = ("source",)
    search_fields = ("currency__iexact",)
    ordering = ("-day", "currency")
