"""Goods on their way: the list, one shipment with its buttons, and a form for a new one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date

from catalog import selectors as catalog
from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from inventory import supply
from inventory.models import InboundShipment, Warehouse
from inventory.services import inbound as service
from inventory.services.inbound import Draft
from inventory.states import INBOUND
from inventory.supply_filters import InboundFilter

_OPEN_FIRST = Case(When(state__in=supply.OPEN_INBOUND, then=Value(0)), default=Value(1))


def _state(row: InboundShipment) -> str:
    """What should have come by now is late, whatever its state says."""
    is_late = row.state in supply.OPEN_INBOUND and row.expected_on and row.expected_on < clock.now().date()
    return "late" if is_late else row.state


INBOUND_LIST = Listing(
    title="Inbound",
    subtitle="Purchases and transfers on their way to our own places and to marketplaces' pools. Open ones first, then by "
    "the day they are expected.",
    queryset=lambda request: supply.inbound().annotate(turn=_OPEN_FIRST),
    filterset=InboundFilter,
    columns=(
        Column("Reference", "reference", sort="reference"),
        Column("Kind", "kind", "chip"),
        Column("From", lambda row: row.origin.label if row.origin else row.supplier or None),
        Column("To", "destination.label", sort="destination__label"),
        Column("State", _state, "badge", sort="state"),
        Column("Ordered", "ordered_on", "moment", sort="ordered_on", is_wide_only=True),
        Column("Expected", "expected_on", "moment", sort="expected_on"),
        Column("Units", "units", "number", sort="units"),
        Column("Received", "came", "number", sort="came"),
    ),
    order_by=("turn", "expected_on", "pk"),
    link=lambda row: reverse("inventory:inbound_shipment", args=[row.pk]),
    template="inventory/inbound.html",
    empty="Nothing is on its way. Approve proposals under Replenishment, or write down a shipment.",
)


def shipments(request: HttpRequest) -> HttpResponseBase:
    return listing(request, INBOUND_LIST, {"can": allowed(request, NEW)})


def _day(request: HttpRequest, name: str) -> date | None:
    typed = request.POST.get(name, "")
    day = parse_date(typed) if typed else None
    if typed and day is None:
        raise ValidationError(f"{typed} is no day")
    return day


def _order(request: HttpRequest, row: InboundShipment) -> str:
    service.order(row, on=clock.now().date(), expected_on=_day(request, "expected_on"))
    return "Ordered"


def _send(request: HttpRequest, row: InboundShipment) -> str:
    service.send(row, by=request.user.get_username(), expected_on=_day(request, "expected_on"))
    return "On its way"


def _receive(request: HttpRequest, row: InboundShipment) -> str:
    typed = {line.sku_id: request.POST.get(f"units-{line.sku_id}", "") for line in row.lines.all()}
    units = {sku: int(count) for sku, count in typed.items() if count.isdecimal() and int(count)}
    key = text(request, "key", missing="open the page again before you receive")
    held = service.receive(row, units, key=key, by=request.user.get_username())
    return f"{sum(units.values())} units received; {held.reference} is {held.get_state_display()}"


def _close(request: HttpRequest, row: InboundShipment) -> str:
    return f"{service.close(row).reference} is closed: what has not come counts as missing"


def _cancel(request: HttpRequest, row: InboundShipment) -> str:
    return f"{service.cancel(row).reference} is cancelled"


BUTTONS = {
    "order": Button(Action.PLAN_SUPPLY, _order),
    "send": Button(Action.PLAN_SUPPLY, _send),
    "receive": Button(Action.PLAN_SUPPLY, _receive),
    "close": Button(Action.PLAN_SUPPLY, _close),
    "cancel": Button(Action.PLAN_SUPPLY, _cancel),
}
_LEADS_TO = {"order": "ordered", "send": "in_transit", "receive": "receiving", "close": "closed", "cancel": "cancelled"}


def shipment(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(InboundShipment.objects.select_related("destination", "origin"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    lines = list(found.lines.select_related("sku").order_by("sku__code"))
    next_states = INBOUND[found.state] | ({"receiving"} if found.state == "receiving" else frozenset())
    context = {
        "shipment": found, "state": _state(found), "lines": lines, "receipts": list(supply.receipts(shipment=found)),
        "can": {name for name in allowed(request, BUTTONS) if _LEADS_TO[name] in next_states},
        "missing": sum(max(0, line.quantity - line.received) for line in lines), "key": f"{clock.now():%Y%m%d%H%M%S%f}",
    }  # fmt: skip
    return page(request, "inventory/inbound_shipment.html", found.reference, context)


def _plan(request: HttpRequest) -> InboundShipment:
    """The form: a place, where it comes from, and one `SKU units` per line."""
    typed = [line.rsplit(maxsplit=1) for line in request.POST.get("lines", "").splitlines() if line.strip()]
    if not typed or any(len(parts) != 2 or not parts[1].isdecimal() for parts in typed):
        raise ValidationError("write one SKU and its units per line, such as: MUG-BLUE 120")
    known = catalog.codes(code.strip() for code, _ in typed)
    unknown = [code for code, _ in typed if code.strip() not in known]
    if unknown:
        raise ValidationError(f"no SKU is called {', '.join(unknown)}")
    places = {place.code: place for place in Warehouse.objects.all()}
    destination = places.get(request.POST.get("destination", ""))
    if destination is None:
        raise ValidationError("choose where it goes")
    units: dict[int, int] = {}
    for code, count in typed:
        units[known[code.strip()]] = units.get(known[code.strip()], 0) + int(count)
    draft = Draft(
        destination=destination, origin=places.get(request.POST.get("origin", "")), units=units,
        supplier=request.POST.get("supplier", "").strip(), reference=request.POST.get("reference", "").strip(),
        expected_on=_day(request, "expected_on"),
    )  # fmt: skip
    return service.plan(draft, by=request.user.get_username())


NEW = {"plan": Button(Action.PLAN_SUPPLY, lambda request: f"{_plan(request).reference} is planned")}


def new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return press(request, NEW, to=reverse("inventory:inbound"))
    require(request, Action.PLAN_SUPPLY)
    places: dict[str, Any] = {"places": Warehouse.objects.exclude(code="").order_by("account_id", "label")}
    return page(request, "inventory/inbound_new.html", "New inbound shipment", places)
