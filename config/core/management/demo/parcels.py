"""The carrier of the demo: a contract with the simulated one, and the hours of the warehouse."""

from __future__ import annotations

from datetime import time

from django.conf import settings

from inventory.carriers import registry
from inventory.models import CarrierAccount, ShippingCalendar
from inventory.services import carriers

CLIENT = "north"


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
