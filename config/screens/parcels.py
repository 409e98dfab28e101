"""The form of an order's page that tells the marketplace of units that left without a label of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from config.core import clock
from config.core.buttons import text
from config.screens import packing
from inventory import selectors, shipping
from inventory.models import Order, OrderLine
from inventory.services import cancellations, planning, shipments
from marketplaces.canonical import CancelReason
from marketplaces.models import Command, CommandState
from marketplaces.services import carriage, told_parcels, writes
from marketplaces.views import outbox

FIELD = "units:"
MOST_DIGITS = 9


def about(order: Order, lines: Sequence[OrderLine], asked: Sequence[Command]) -> dict[str, Any]:
    """What the page shows: earlier writes (newest first), and the lines and units that a parcel may still hold."""
    planned = list(shipping.parcels_of(order))
    waiting = planning.waiting_in(planned)
    return {
        **outbox.about(order.account, asked),
        **packing.about(order, planned),
        "parcel": _parcel(order, lines, planning.free(lines, asked, waiting)),
        "carriers": carriage.codes(order.account),
        "told_parcels": _told(order, asked),
        "cancel_reasons": list(CancelReason) if writes.can_cancel(order.account) else [],
        "takes_several": carriage.takes_several(order.account),
        "needs_return": carriage.needs_return(order.account),
        "shipped_at": f"{clock.now():%Y-%m-%dT%H:%M}",
    }


def _parcel(order: Order, lines: Sequence[OrderLine], left: Mapping[str, int]) -> list[tuple[OrderLine, int]]:
    if order.fulfilment == "marketplace" or order.status not in selectors.OPEN:
        return []
    return [(line, left[line.external_id]) for line in lines if left[line.external_id]]


def _told(order: Order, asked: Sequence[Command]) -> list[tuple[Command, str]]:
    """Parcels whose number can be corrected, with the number that the marketplace was told last."""
    if not told_parcels.can_correct(order.account):
        return []
    told = [each for each in writes.parcels(asked) if each.state == CommandState.CONFIRMED]
    return [(each, told_parcels.numbers(each)[-1]) for each in told]


def correct_number(request: HttpRequest, order: Order) -> str:
    """The button: another carrier or number of a parcel that was told."""
    told = get_object_or_404(Command.objects.select_related("account"), pk=packing.pk(request, "write"))
    numbered = shipments.Numbered(
        carrier=text(request, "carrier", missing="name the carrier of the parcel"),
        tracking_number=text(request, "tracking_number", missing="give the number of the parcel"),
    )
    shipments.correct(order, told, numbered, outbox.wish(request))
    return "The number is on its way to be told; it counts when it is read back"


def confirm(request: HttpRequest, order: Order) -> str:
    """The button: every line with units goes into one parcel."""
    parcel = writes.Parcel(
        carrier=text(request, "carrier", missing="name the carrier of the parcel"),
        tracking_number=request.POST.get("tracking_number", ""),
        shipped_at=_moment(request.POST.get("shipped_at", "")),
        return_tracking_number=request.POST.get("return_tracking_number", ""),
        further_numbers=tuple(request.POST.get("further_numbers", "").replace(",", " ").split()),
        lines=units(request),
    )
    shipments.confirm(order, parcel, outbox.wish(request))
    return f"The parcel of {sum(parcel.lines.values())} units is on its way to be told; it counts when it is read back"


def cancel(request: HttpRequest, order: Order) -> str:
    """The button: the units of the form are cancelled at the marketplace."""
    reason = request.POST.get("reason", "")
    if reason not in set(CancelReason):
        raise ValidationError("say why the units are cancelled")
    wanted = writes.Cancelled(units=units(request), reason=CancelReason(reason))
    cancellations.cancel(order, wanted, outbox.wish(request))
    return f"The marketplace is asked to cancel {sum(wanted.units.values())} units; it counts when the order shows it"


def units(request: HttpRequest) -> dict[str, int]:
    """Units per line id of the form's table, those with none left out."""
    return {name.removeprefix(FIELD): _units(told) for name, told in request.POST.items() if _is_asked(name, told)}


def _is_asked(name: str, told: str) -> bool:
    return name.startswith(FIELD) and told.strip() not in ("", "0")


def _units(told: str) -> int:
    if not told.strip().isdecimal() or len(told) > MOST_DIGITS:
        raise ValidationError(f"{told!r} is not a count of units")
    return int(told)


def _moment(told: str) -> datetime:
    try:
        return datetime.fromisoformat(told).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValidationError("say when the parcel left, as day and time (UTC)") from error
