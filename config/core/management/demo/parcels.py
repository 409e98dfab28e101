"""The parcels of the demo: a contract with the simulated carrier, and labels bought by the product's own services."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from django.conf import settings
from django.core.exceptions import ValidationError

from inventory import shipping
from inventory.carriers import registry, requests
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, Order, Parcel, ShippingCalendar
from inventory.services import addresses, carriers, labels, packing, printing

BY = "demo"
CLIENT = "north"
PACKED, LOOKED_AT = 6, 12
"""Labels that are bought at one stop of the history, and orders that are looked at for them."""
LEFT_ON_THE_TABLE = 2
NO_SUCH_PLACE = "00000"


def contract(client: str) -> None:
    """One client ships with a carrier, and its warehouse keeps German hours. Safe to repeat."""
    if client != CLIENT or CarrierAccount.objects.exists():
        return
    for carrier in registry.all_carriers():
        carriers.connect(
            carriers.Contract(
                key=carrier.key, carrier=carrier.key, label=carrier.label, settings=carrier.sandbox_settings,
                credentials=carrier.sandbox_credentials, endpoint=f"{settings.SANDBOX_URL}/_carriers/{client}/{carrier.key}",
            )
        )  # fmt: skip
    ShippingCalendar.objects.get_or_create(account=None, defaults={"cut_off": time(16)})


def pack() -> int:
    """Labels for the orders that are due first, bought by workers; returns how many."""
    if not CarrierAccount.objects.filter(is_active=True).exists():
        return 0
    choice, wanted = packing.Choice(account=packing.contract()), list[Label]()
    for order in shipping.board().filter(packed=0).order_by("ship_by", "pk")[:LOOKED_AT]:
        label = _wanted(order, choice)
        wanted += [label] if label else []
        if len(wanted) == PACKED:
            break
    return labels.buy_later(wanted)


def _wanted(order: Order, choice: packing.Choice) -> Label | None:
    """None for an order whose address or weight nobody knows: a person would ask for it."""
    try:
        return packing.pack(order, choice, by=BY)
    except ValidationError:
        return None


def hand_over() -> int:
    """Print what is labelled and tell the marketplaces of it, but for the last two, which lie on the packing table."""
    bought = Label.objects.filter(state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND, parcel__command=None).order_by("pk")
    waiting = list(bought)[:-LEFT_ON_THE_TABLE]
    if not waiting:
        return 0
    printing.merged(waiting)
    mine = Parcel.objects.filter(labels__in=waiting, cancelled_at=None).select_related(
        "shipment__order__account", "command"
    )
    return packing.tell_all(list(mine.order_by("pk")), by=BY)[0]


def misaddress() -> None:
    """One order whose buyer gave a postcode that does not exist: the carrier refuses its label and says why."""
    home = shipping.board().filter(packed=0, ship_to_country="DE").order_by("ship_by", "pk")
    if not CarrierAccount.objects.filter(is_active=True).exists():
        return
    choice = packing.Choice(account=packing.contract())
    label = next(filter(None, (_wanted(order, choice) for order in home[:LEFT_ON_THE_TABLE])), None)
    if label is not None:
        shipment = label.parcel.shipment
        addresses.correct(shipment, replace(requests.address(shipment.ship_to), postal_code=NO_SUCH_PLACE))
        labels.buy_later([label])
