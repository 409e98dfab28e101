"""List screens as data: filters, columns and actions in, a page or an HTMX part out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import django_filters
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode

from config.core import clock
from config.core.exports import csv_response
from config.core.money import Money
from config.core.permissions import Action, may

PAGE_SIZE = 50
LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `value` is an attribute path (`account.label`) or a function of the row.

    `render` names a template in components/cells/; `sort` is the field to order by, empty for not sortable.
    """

    label: str
    value: str | Callable[[Any], Any]
    render: str = "text"
    sort: str = ""
    is_wide_only: bool = False

    def of(self, row: Any) -> Any:
        if callable(self.value):
            return self.value(row)
        for name in self.value.split("."):
            row = getattr(row, name, None)
            if row is None:
                return None
        return row() if callable(row) else row


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list screen. `link` gives the address of a row; `actions` are bulk buttons: name to label."""

    title: str
    subtitle: str = ""
    queryset: Callable[[HttpRequest], QuerySet[Any]]
    filterset: type[django_filters.FilterSet] | None = None
    columns: Sequence[Column]
    order_by: tuple[str, ...] = ("-pk",)
    link: Callable[[Any], str] | None = None
    permission: Action = Action.VIEW
    actions: Mapping[str, str] = field(default_factory=dict)
    action_permission: Action | None = None
    empty: str = "Nothing here yet."
    template: str = "listing.html"
    export_limit: int = 100_000


def page(request: HttpRequest, template: str, title: str, context: Mapping[str, Any] | None = None) -> HttpResponse:
    """Render a screen inside the one shell of the product, with the moment that its figures are of."""
    shell = admin.site.each_context(request)
    return render(request, template, {**shell, "title": title, "as_of": clock.now(), **(context or {})})


def require(request: HttpRequest, action: Action) -> None:
    """Refuse a user whose roles do not allow the action."""
    if not may(request.user, action):
        raise PermissionDenied(f"your role does not allow: {str(action).replace('_', ' ')}")


def listing(request: HttpRequest, spec: Listing, context: Mapping[str, Any] | None = None) -> HttpResponseBase:
    """The list as a page, as its table part (HTMX), or as CSV (`?format=csv`), filtered by the server.

    Pages are cut by offset with one row more than shown, so that no count over a large table is needed.
    """
    require(request, spec.permission)
    filterset = _filtered(request, spec)
    rows = _ordered(request, spec, filterset.qs if filterset else spec.queryset(request))
    if request.GET.get("format") == "csv":
        return csv_response(spec.title, _names(spec), _plain(rows[: spec.export_limit], spec))
    wanted = request.GET.get("page", "")
    number = min(max(1, int(wanted)), LAST_PAGE) if wanted.isdecimal() and len(wanted) < 10 else 1
    cut = list(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    table = {
        "spec": spec,
        "filterset": filterset,
        "rows": [_row(row, spec) for row in cut[:PAGE_SIZE]],
        "headers": [_header(request, column) for column in spec.columns],
        "number": number,
        "has_next": len(cut) > PAGE_SIZE,
        "query": _query(request, without=("page",)),
        "can_act": bool(spec.actions) and may(request.user, spec.action_permission or spec.permission),
        "as_of": clock.now(),
        **(context or {}),
    }
    if getattr(request, "htmx", None) and request.htmx.target == "table":  # type: ignore[attr-defined]
        return render(request, "components/_table.html", table)
    return page(request, spec.template, spec.title, table)


def _filtered(request: HttpRequest, spec: Listing) -> django_filters.FilterSet | None:
    return spec.filterset(request.GET, queryset=spec.queryset(request), request=request) if spec.filterset else None


def _ordered(request: HttpRequest, spec: Listing, rows: QuerySet[Any]) -> QuerySet[Any]:
    wanted = request.GET.get("sort", "")
    sortable = {column.sort for column in spec.columns if column.sort}
    if wanted.lstrip("-") in sortable:
        return rows.order_by(wanted, "pk")
    return rows.order_by(*spec.order_by)


def _header(request: HttpRequest, column: Column) -> dict[str, Any]:
    current = request.GET.get("sort", "")
    is_sorted = bool(column.sort) and current.lstrip("-") == column.sort
    following = f"-{column.sort}" if is_sorted and not current.startswith("-") else column.sort
    return {
        "column": column,
        "direction": ("down" if current.startswith("-") else "up") if is_sorted else "",
        "query": _query(request, without=("page", "sort"), sort=following) if column.sort else "",
    }


def _row(row: Any, spec: Listing) -> dict[str, Any]:
    cells = [
        {"column": column, "value": column.of(row), "template": f"components/cells/_{column.render}.html", "row": row}
        for column in spec.columns
    ]
    return {"pk": row.pk, "cells": cells, "href": spec.link(row) if spec.link else ""}


def _names(spec: Listing) -> list[str]:
    """Money takes two columns of a spreadsheet: the number and its currency."""
    pairs = [[c.label, f"{c.label} currency"] if c.render == "money" else [c.label] for c in spec.columns]
    return [name for names in pairs for name in names]


def _plain(rows: Iterable[Any], spec: Listing) -> Iterable[list[Any]]:
    return ([value for column in spec.columns for value in _values(column, row)] for row in rows)


def _values(column: Column, row: Any) -> list[Any]:
    value = column.of(row)
    if column.render != "money":
        return [value]
    if isinstance(value, Money):
        return [value.amount, value.currency]
    return list(value) if isinstance(value, tuple) else [None, None]


def _query(request: HttpRequest, *, without: tuple[str, ...], **extra: str) -> str:
    kept = [(name, value) for name, values in request.GET.lists() if name not in without for value in values if value]
    return urlencode([*kept, *extra.items()])
