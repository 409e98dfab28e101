"""Names of products that mean no SKU yet: what waits for them, what they might mean, and the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from catalog import selectors as catalog
from catalog.filters import RemoteProductFilter
from catalog.matching import REVIEW_LINE
from catalog.models import RemoteProduct, RemoteState, Sku
from catalog.services import products, remote
from config.core.buttons import Button, chosen, press
from config.core.permissions import Action, may
from config.core.screens import Column, Listing, listing, page, require
from inventory import selectors as goods

MOST = 10


def _open(request: HttpRequest) -> QuerySet[RemoteProduct]:
    """What waits; every state once the state is chosen. Counts of parked lines come with the rows."""
    found = (
        RemoteProduct.objects.select_related("account", "sku")
        if request.GET.get("state")
        else catalog.unlinked_products()
    )
    return goods.with_parked(found)


SPEC = Listing(
    title="Unlinked products",
    subtitle="Names that marketplaces use and that mean no SKU of yours yet. Orders with them are kept and wait; "
    "linking carries everything over. The most waiting lines come first.",
    queryset=_open,
    filterset=RemoteProductFilter,
    columns=(
        Column("Product", "remote_id", sort="remote_id"),
        Column("Title", "title"),
        Column("Account", "account.label", sort="account__label"),
        Column("State", "get_state_display", "badge", sort="state"),
        Column("Waiting lines", "parked", "number", sort="parked"),
        Column("Not shipped", "unshipped", "number", sort="unshipped"),
        Column("Seen in", "seen_in", "chip", is_wide_only=True),
        Column("First seen", "first_seen_at", "since", sort="first_seen_at", is_wide_only=True),
    ),
    order_by=("-parked", "first_seen_at", "pk"),
    link=lambda row: reverse("unlinked_product", args=[row.pk]),
    actions={"create": "Make SKUs of those that look like none"},
    action_permission=Action.LINK_PRODUCTS,
    empty="Every product that was met is linked to a SKU.",
)


def _create_all(request: HttpRequest) -> str:
    names = list(catalog.unlinked_products().filter(pk__in=chosen(request)))
    made, kept = products.register_all(names, by=request.user.get_username())
    told = f"{len(made)} SKUs were made"
    return f"{told}; {len(kept)} look like known ones and wait for a decision" if kept else told


OF_ALL = {"create": Button(Action.LINK_PRODUCTS, _create_all)}


def unlinked(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, OF_ALL)
    return listing(request, SPEC)


def unlinked_product(request: HttpRequest, pk: int) -> HttpResponse:
    """One name with ranked candidates; `action` is link, create or ignore."""
    require(request, Action.VIEW)
    found = get_object_or_404(RemoteProduct.objects.select_related("account", "sku"), pk=pk)
    if request.method == "POST":
        return _act(request, found)
    counts = goods.parked_counts(account_ids=[found.account_id], remote_ids=[found.remote_id])
    context = {
        "remote": found, "candidates": catalog.candidates(remote=found) if found.state != RemoteState.LINKED else [],
        "review_line": REVIEW_LINE,
        "searched": catalog.skus(search=request.GET.get("q", ""))[:8] if request.GET.get("q") else [],
        "q": request.GET.get("q", ""),
        "parked": counts.get((found.account_id, found.remote_id), (0, 0)),
        "lines": list(goods.parked_lines_of(account_id=found.account_id, remote_id=found.remote_id)[:MOST]),
        "can_link": may(request.user, Action.LINK_PRODUCTS),
    }  # fmt: skip
    return page(request, "catalog/unlinked.html", found.remote_id, context)


def _act(request: HttpRequest, found: RemoteProduct) -> HttpResponse:
    require(request, Action.LINK_PRODUCTS)
    act = ACTIONS.get(request.POST.get("action", ""))
    try:
        told = act(found, request.POST, request.user.get_username()) if act else "That button is not known."
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("unlinked_product", pk=found.pk)
    messages.success(request, told)
    return redirect("unlinked")


def _link(found: RemoteProduct, given: Any, by: str) -> str:
    sku = Sku.objects.filter(code=given.get("sku", "")).first()
    if sku is None:
        raise ValidationError(f"no SKU is called {given.get('sku', '')!r}")
    former = Sku.objects.filter(code=given["instead_of"]).first() if given.get("instead_of") else None
    remote.link(found, sku, by=by, instead_of=former)
    return f"{found.remote_id} means {sku.code} from now on; what waited is being carried over."


def _create(found: RemoteProduct, given: Any, by: str) -> str:
    words = {name: given.get(name, "").strip() for name in ("code", "title", "brand")}
    sku = products.register(found, **words, by=by, is_another=bool(given.get("is_another")))
    return f"{sku.code} is registered and {found.remote_id} means it; what waited is being carried over."


def _ignore(found: RemoteProduct, given: Any, by: str) -> str:
    remote.ignore(found, by=by, reason=given.get("reason", "").strip())
    return f"{found.remote_id} is ignored; its orders stay, without a SKU."


ACTIONS = {"link": _link, "create": _create, "ignore": _ignore}
