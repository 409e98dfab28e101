"""The parcels of an order's page: planned, labelled, told, and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from config.core.buttons import text
from inventory.carriers import registry
from inventory.carriers.contract import Address, LabelFormat
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, Order, Parcel, Shipment
from inventory.services import addresses, deadlines, labels, planning, purchases
from inventory.services import packing as packer

ADDRESS = ("name", "name2", "street", "house", "addition", "postal_code", "city", "country", "email")
SIDES = ("length_mm", "width_mm", "height_mm")
AGES = ("0", "16", "18")


def about(order: Order, rows: Sequence[Parcel]) -> dict[str, Any]:
    """Parcels with their labels and scans, and what may be bought for them."""
    contracts = list(CarrierAccount.objects.filter(is_active=True).order_by("pk"))
    return {
        "parcels": [_row(each) for each in rows],
        "contracts": contracts,
        "products": _products(contracts),
        "deadline": deadlines.of_orders([order]).get(order.pk),
    }


def _products(contracts: list[CarrierAccount]) -> list[tuple[str, str]]:
    found = {p.code: p.label for contract in contracts for p in registry.get(contract.carrier).products}
    return list(found.items())


def _row(parcel: Parcel) -> dict[str, Any]:
    """A parcel as the page shows it; the address itself stays out of the page but for those who correct it."""
    found = list(parcel.labels.all())
    live = [label for label in found if label.state not in (LabelState.CANCELLED, LabelState.REFUSED)]
    bought = [label for label in live if label.state == LabelState.BOUGHT]
    outbound = next((label for label in live if label.kind == LabelKind.OUTBOUND), None)
    return {
        "parcel": parcel,
        "labels": found,
        "is_told": planning.is_told(parcel),
        "has_address": parcel.shipment.ship_to is not None,
        "may_buy": not parcel.cancelled_at and outbound is None,
        "may_tell": any(label.kind == LabelKind.OUTBOUND for label in bought) and not planning.is_told(parcel),
        "may_buy_return": bool(bought) and not any(label.return_tracking_number for label in bought),
        "may_cancel": not live and not parcel.cancelled_at and not planning.is_told(parcel),
    }


def plan(request: HttpRequest, order: Order, units: Mapping[str, int]) -> str:
    """The button: the units of the form into one parcel, weighed and measured where somebody did."""
    piece = planning.Piece(lines=units, weight_g=_number(request, "weight_g"), size_mm=_size(request))
    shipment = planning.plan(order, [piece], by=request.user.get_username())
    if shipment.is_doubled:
        return "The parcel is planned, but the same sale came through another connection: look before a label is bought"
    if shipment.ship_to is None:
        return "The parcel is planned; its address is not told by the marketplace and must be entered"
    return f"The parcel of {sum(units.values())} units is planned"


def buy(request: HttpRequest, order: Order) -> str:
    """Buy now: the person waits at the packing table. A lost answer is said, and looked up by the machine."""
    parcel = _parcel(request, order)
    choice = packer.Choice(
        account=_contract(request), product=request.POST.get("product", ""), services=_services(request),
        format=LabelFormat(request.POST.get("format", "pdf")), is_routed="is_unrouted" not in request.POST,
        with_return=True if "with_return" in request.POST else None,
    )  # fmt: skip
    return _bought(packer.want(parcel, choice, by=request.user.get_username()))


def buy_return(request: HttpRequest, order: Order) -> str:
    """A return label apart, for a parcel whose label has none."""
    choice = packer.Choice(account=_contract(request), kind=LabelKind.RETURN)
    return _bought(packer.want(_parcel(request, order), choice, by=request.user.get_username()))


def _bought(wanted: Label) -> str:
    purchases.buy(wanted.pk)
    label = Label.objects.get(pk=wanted.pk)
    if label.state == LabelState.BOUGHT:
        back = f", return number {label.return_tracking_number}" if label.return_tracking_number else ""
        return f"The label {label.tracking_number} is bought{back}" + (f"; {label.reason}" if label.reason else "")
    if label.state == LabelState.REFUSED:
        raise ValidationError(f"{label.account.label} refuses the label: {label.reason}")
    return f"The label is {label.get_state_display()}: {label.reason}"


def cancel_label(request: HttpRequest, order: Order) -> str:
    label = get_object_or_404(Label, pk=pk(request, "label"), parcel__shipment__order=order)
    labels.cancel(label)
    return f"The label {label} is cancelled"


def cancel_parcel(request: HttpRequest, order: Order) -> str:
    planning.cancel(_parcel(request, order))
    return "The parcel is cancelled; its units wait to be packed"


def tell(request: HttpRequest, order: Order) -> str:
    planning.confirm(_parcel(request, order), by=request.user.get_username())
    return "The parcel is on its way to be told; it counts when it is read back"


def correct(request: HttpRequest, order: Order) -> str:
    told = {name: request.POST.get(name, "").strip() for name in ADDRESS}
    told["country"] = told["country"].upper() or "DE"
    addresses.correct(_shipment(request, order), Address(**told))
    return "The address is kept with the shipment; the label takes it from there"


def release(request: HttpRequest, order: Order) -> str:
    addresses.release(_shipment(request, order))
    return "The order is released: these are two sales"


def _contract(request: HttpRequest) -> CarrierAccount:
    told = request.POST.get("contract", "")
    return get_object_or_404(CarrierAccount, key=told) if told else packer.contract()


def _services(request: HttpRequest) -> dict[str, Any]:
    age = request.POST.get("minimum_age", "0")
    if age not in AGES:
        raise ValidationError("an age is checked from 16 or 18 years on")
    flags = {name: True for name in ("named_person", "no_neighbour", "signature", "bulky") if name in request.POST}
    return flags | ({"minimum_age": int(age)} if age != "0" else {})


def _parcel(request: HttpRequest, order: Order) -> Parcel:
    mine = Parcel.objects.select_related("shipment__order__account", "command").filter(shipment__order=order)
    return get_object_or_404(mine, pk=pk(request, "parcel"))


def _shipment(request: HttpRequest, order: Order) -> Shipment:
    return get_object_or_404(Shipment.objects.filter(order=order), pk=pk(request, "shipment"))


def pk(request: HttpRequest, name: str) -> int:
    told = text(request, name, missing=f"the form names no {name}")
    return int(told) if told.isdecimal() else 0


def _number(request: HttpRequest, name: str) -> int | None:
    told = request.POST.get(name, "").strip()
    if told and (not told.isdecimal() or not 0 < int(told) < 1_000_000):
        raise ValidationError(f"{told!r} is not a whole number above zero")
    return int(told) if told else None


def _size(request: HttpRequest) -> tuple[int, int, int] | None:
    length, width, height = (_number(request, name) for name in SIDES)
    return (length, width, height) if length and width and height else None
