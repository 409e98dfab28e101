"""What places charge for goods by their age: the client's own dated rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.core.buttons import Button, allowed, chosen, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from inventory import supply
from inventory.ageing import STARTS, StorageUnit
from inventory.models import StorageRate
from inventory.services import storage_rates
from inventory.supply_filters import StorageRateFilter


def _place(row: StorageRate) -> str:
    return row.warehouse.label if row.warehouse else supply.OWN_LABEL


RATES = Listing(
    title="Storage rates",
    subtitle="What each place charges for goods by their age. A band ends where the next one that is entered begins; what "
    "holds on the day of charging counts.",
    queryset=lambda request: supply.storage_rates(),
    filterset=StorageRateFilter,
    columns=(
        Column("Place", _place, sort="warehouse__label"),
        Column("Age", "get_from_day_display", sort="from_day"),
        Column("Rate", lambda row: f"{row.rate.normalize():f} {row.currency}"),
        Column("Per", "get_unit_display"),
        Column("Valid from", "valid_from", "moment", sort="valid_from"),
        Column("Note", "note", is_wide_only=True),
        Column("Entered by", "set_by", is_wide_only=True),
    ),
    order_by=("warehouse__label", "from_day", "-valid_from", "pk"),
    actions={"take_away": "Take away"},
    action_permission=Action.PLAN_SUPPLY,
    template="inventory/storage_rates.html",
    empty="No rate is entered: what the next day of charging costs is not known, unless a marketplace tells it.",
)


def _enter(request: HttpRequest) -> str:
    agreed = storage_rates.Agreed(
        warehouse=supply.place(request.POST.get("pool", supply.OWN)),
        from_day=_band(request),
        valid_from=_day(request),
        rate=_rate(request),
        currency=text(request, "currency", missing="name the currency").upper(),
        unit=_unit(request),
        note=request.POST.get("note", ""),
    )
    row = storage_rates.enter(agreed, by=request.user.get_username())
    return f"{_place(row)}: {row}, valid from {row.valid_from}"


def _band(request: HttpRequest) -> int:
    told = request.POST.get("from_day", "")
    return int(told) if told.isdecimal() else -1


def _unit(request: HttpRequest) -> StorageUnit:
    try:
        return StorageUnit(request.POST.get("unit", ""))
    except ValueError as error:
        raise ValidationError("choose what the rate counts") from error


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("valid_from", ""))
    except ValueError as error:
        raise ValidationError("say from which day on the rate holds") from error


def _rate(request: HttpRequest) -> Decimal:
    try:
        found = Decimal(request.POST.get("rate", ""))
    except InvalidOperation as error:
        raise ValidationError("give the rate as a number") from error
    if not found.is_finite():
        raise ValidationError("give the rate as a number")
    return found


def _take_away(request: HttpRequest) -> str:
    rows = list(supply.storage_rates().filter(pk__in=chosen(request)))
    for row in rows:
        storage_rates.take_away(row)
    return f"{len(rows)} taken away"


BUTTONS = {"enter": Button(Action.PLAN_SUPPLY, _enter), "take_away": Button(Action.PLAN_SUPPLY, _take_away)}


def rates(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    above = {
        "pools": supply.pools(), "bands": STARTS, "units": [(unit.value, unit.label) for unit in StorageUnit],
        "can": allowed(request, BUTTONS),
    }  # fmt: skip
    return listing(request, RATES, above)
