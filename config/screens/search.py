"""One box over SKUs, orders, listings, tickets and statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from catalog import selectors as catalog
from catalog.models import RemoteProduct
from config.core.permissions import Action, may
from config.core.screens import page, require
from finance.selectors import statements as money
from inventory import selectors as goods
from tickets import selectors as tickets

SHORTEST = 2
MOST = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the answer: what it is called, what else is known, where it leads."""

    title: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Kind:
    label: str
    icon: str
    hits: list[Hit] = field(default_factory=list)


def search(request: HttpRequest) -> HttpResponse:
    """Live results under the box (HTMX), or the page with them; every kind is asked by index or is short."""
    require(request, Action.VIEW)
    q = request.GET.get("q", "").strip()
    kinds = find(q, with_money=may(request.user, Action.VIEW_MONEY)) if len(q) >= SHORTEST else []
    context = {"q": q, "kinds": kinds, "is_short": len(q) < SHORTEST}
    if getattr(request, "htmx", None):
        return render(request, "search/_results.html", context)
    return page(request, "search/page.html", "Search", context)


def find(q: str, *, with_money: bool) -> list[Kind]:
    kinds = [
        Kind("Orders", "receipt_long", _orders(q)),
        Kind("Products", "category", _skus(q)),
        Kind("Listings", "storefront", _listings(q)),
        Kind("Unlinked products", "link_off", _unlinked(q)),
        Kind("Tickets", "inbox", _tickets(q)),
    ]
    if with_money:
        kinds.append(Kind("Statements", "account_balance", _statements(q)))
    return [kind for kind in kinds if kind.hits]


def _orders(q: str) -> list[Hit]:
    found = goods.orders().filter(external_id__startswith=q).order_by("-ordered_at")[:MOST]
    return [
        Hit(o.external_id, f"{o.account.label} · {o.status.replace('_', ' ')}", reverse("order", args=[o.pk]))
        for o in found
    ]


def _skus(q: str) -> list[Hit]:
    return [Hit(sku.code, sku.title, reverse("sku", args=[sku.code])) for sku in catalog.skus(search=q)[:MOST]]


def _listings(q: str) -> list[Hit]:
    like = Q(remote_id__istartswith=q) | Q(external_id__istartswith=q)
    return [
        Hit(
            row.remote_id,
            f"{row.account.label} {row.channel} · {row.status}",
            reverse("catalog:listing", args=[row.pk]),
        )
        for row in catalog.listings().filter(like).order_by("remote_id", "pk")[:MOST]
    ]


def _unlinked(q: str) -> list[Hit]:
    found = catalog.unlinked_products().filter(Q(remote_id__icontains=q) | Q(title__icontains=q))[:MOST]
    return [Hit(r.remote_id, _waits(r), reverse("unlinked_product", args=[r.pk])) for r in found]


def _waits(row: RemoteProduct) -> str:
    return f"{row.account.label} · {row.get_state_display()}"


def _tickets(q: str) -> list[Hit]:
    like = Q(title__icontains=q) | Q(scope_key__icontains=q)
    found = tickets.everything().filter(like)[:MOST]
    return [Hit(t.title, f"{t.severity} · {t.get_state_display()}", _leads("tickets:ticket", t.pk)) for t in found]


def _statements(q: str) -> list[Hit]:
    found = money.statements().filter(external_id__icontains=q)[:MOST]
    return [Hit(s.external_id, _of(s), _leads("finance:statement", s.pk)) for s in found]


def _of(statement: Any) -> str:
    total = "total not known" if statement.total is None else f"{statement.total:,.2f} {statement.currency}"
    return f"{statement.account.label} · {total}"


def _leads(name: str, pk: int) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""
