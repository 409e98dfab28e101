"""What must leave today: orders with the nearest deadline first, packed, labelled and told many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from config.core import clock
from config.core.buttons import Button, chosen, press
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from inventory import shipping
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, Parcel
from inventory.services import deadlines, packing, printing
from inventory.shipping_filters import BoardFilter
from inventory.views.papers import pdf

VIEWS = (
    ("All", ""),
    ("Past due", "due=late"),
    ("Today", "due=24"),
    ("To pack", "step=to_pack"),
    ("Label bought", "step=ready"),
    ("In trouble", "step=trouble"),
)
SHOWN_REASONS = 5


def step(row: Any) -> str:
    """What is to do next with an order of the board."""
    if row.in_doubt:
        return "label in doubt"
    if row.refused and not row.bought:
        return "label refused"
    if row.bought:
        return "label bought"
    return "label asked for" if row.waits else "to label" if row.packed else "to pack"


def _cut_off() -> Callable[[Any], Any]:
    """The last cut-off by calendars that are read once a page; blank where an account has none."""
    clocks = deadlines.Clocks()
    return lambda row: found.hand_over_by if (found := clocks.of(row)) else None


BOARD = Listing(
    title="Shipments",
    subtitle="Orders that leave from our own shelves. The last cut-off needs a calendar of the account.",
    queryset=lambda request: shipping.board(),
    filterset=BoardFilter,
    columns=(
        Column("Order", "external_id"),
        Column("Account", "account.label"),
        Column("Ship by", "ship_by", "since", sort="ship_by"),
        Column("To", "ship_to_country", sort="ship_to_country"),
        Column("Units open", "units", "number", sort="units"),
        Column("Packed", "packed", "number", is_wide_only=True),
        Column("Labels", "bought", "number", is_wide_only=True),
        Column("Next", step, "badge"),
    ),
    order_by=("ship_by", "pk"),
    link=lambda row: f"{reverse('order', args=[row.pk])}#ship",
    actions={
        "pack": "Pack and buy labels", "print": "Print labels", "pick": "Pick list", "tell": "Tell the marketplaces",
    },
    action_permission=Action.SHIP,
    template="inventory/board.html",
    empty="Nothing waits to be shipped.",
)  # fmt: skip


def board(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _act(request)
    query = request.GET.urlencode()
    columns = (*BOARD.columns[:3], Column("Last cut-off (UTC)", _cut_off(), "moment"), *BOARD.columns[3:])
    return listing(
        request, replace(BOARD, columns=columns), {"views": [(name, told, told == query) for name, told in VIEWS]}
    )


def _act(request: HttpRequest) -> HttpResponse:
    """Two of the actions answer with papers, the others with the board again."""
    require(request, Action.SHIP)
    try:
        if request.POST.get("action") == "print":
            return _print(request)
        if request.POST.get("action") == "pick":
            ids = ",".join(map(str, chosen(request)))
            return redirect(f"{reverse('inventory:pick_list')}?orders={ids}")
    except ValidationError as error:
        messages.error(request, "; ".join(error.messages))
        return redirect(request.get_full_path())
    return press(request, BUTTONS)


def _print(request: HttpRequest) -> HttpResponse:
    mine = Label.objects.filter(parcel__shipment__order__in=chosen(request), state=LabelState.BOUGHT)
    return pdf(printing.merged(printing.picked(mine)), "labels")


def _pack(request: HttpRequest) -> str:
    orders = shipping.board().filter(pk__in=chosen(request)).order_by("ship_by", "pk")
    choice = packing.Choice(account=packing.contract())
    wanted, refused = packing.pack_all(orders, choice, by=request.user.get_username())
    return _said(f"{len(wanted)} labels are being bought", refused)


def _tell(request: HttpRequest) -> str:
    """Of each chosen order the parcels whose label is bought and that were not told."""
    bought = Label.objects.filter(state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND)
    mine = Parcel.objects.filter(shipment__order__in=chosen(request), labels__in=bought, cancelled_at=None)
    parcels = list(mine.select_related("shipment__order__account", "command").order_by("pk"))
    told, refused = packing.tell_all(parcels, by=request.user.get_username())
    return _said(f"{told} parcels are on their way to be told", refused)


def _said(done: str, refused: list[str]) -> str:
    if not refused:
        return done
    more = f" and {len(refused) - SHOWN_REASONS} more" if len(refused) > SHOWN_REASONS else ""
    return f"{done}; not: {'; '.join(refused[:SHOWN_REASONS])}{more}"


BUTTONS = {"pack": Button(Action.SHIP, _pack), "tell": Button(Action.SHIP, _tell)}


def pick_list(request: HttpRequest) -> HttpResponse:
    """What to take from the shelves, to be printed: the named orders, or all that are due within a day."""
    require(request, Action.VIEW)
    ids = [int(pk) for pk in request.GET.get("orders", "").split(",") if pk.isdecimal()]
    if not ids:
        soon = BoardFilter({"due": "24"}, queryset=shipping.board()).qs
        ids = list(soon.values_list("pk", flat=True))
    picks = shipping.pick_list(ids)
    about = {
        "picks": picks, "orders": len(ids), "units": sum(pick.units for pick in picks), "now": clock.now(),
        "has_contract": CarrierAccount.objects.exists(),
    }  # fmt: skip
    return page(request, "inventory/pick_list.html", "Pick list", about)
