"""Where a shipment goes: asked of the marketplace when it is planned, kept encrypted, deleted with its label's papers.

The same sale that comes through two connections is known by a keyed hash of postcode, goods and total; who has the hash
learns nothing of the buyer without the key of the installation.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from django.core.exceptions import ValidationError

from config.core import secrets
from config.core.errors import NinefoldError
from inventory.carriers import requests
from inventory.carriers.contract import Address
from inventory.models import Order, OrderLine, Shipment
from marketplaces.canonical import ShipTo
from marketplaces.services import records

SAME_WITHIN = timedelta(hours=48)
DOUBLED = "the same sale came through another connection already"


def ask(order: Order) -> Address | None:
    """The address as the marketplace tells it now; None where it does not, and a person enters it."""
    told = records.ship_to(order.account, order.external_id)
    return of_marketplace(told) if told else None


def asked(order: Order) -> Address | None:
    """The same; a marketplace that cannot be asked now does not keep anybody from packing."""
    try:
        return ask(order)
    except (NinefoldError, ValidationError):
        return None


def of_marketplace(told: ShipTo) -> Address:
    """A company is the first name, its person the second; without either, the buyer's order number must do."""
    names = [name for name in (told.company, told.name) if name]
    return Address(
        name=names[0] if names else "", name2=names[1] if len(names) > 1 else "", street=told.street, house=told.house,
        addition=told.addition, postal_code=told.postal_code, city=told.city, state=told.state,
        country=told.country, email=told.email, phone=told.phone,
    )  # fmt: skip


def correct(shipment: Shipment, address: Address) -> Shipment:
    """Replace the address, as a person read it; labels that are bought keep theirs."""
    if not address.name.strip() or not address.city.strip():
        raise ValidationError("an address needs a name and a city")
    shipment.ship_to = requests.kept(address)
    shipment.fingerprint = fingerprint(shipment.order, address)
    shipment.is_doubled = twin(shipment) is not None
    shipment.save()
    return shipment


def fingerprint(order: Order, address: Address) -> str:
    """Equal for the same goods at the same total to the same postcode; empty where total or goods are not known."""
    lines = OrderLine.objects.filter(order=order).values_list("sku__code", "remote_id", "quantity")
    goods = sorted(f"{code or name}:{quantity}" for code, name, quantity in lines)
    if order.total is None or not goods or not address.postal_code:
        return ""
    code = address.postal_code.replace(" ", "").upper()
    told = "|".join((address.country, code, f"{order.total.normalize():f}", order.currency, *goods))
    return hmac.new(secrets.derived("shipment fingerprint"), told.encode(), hashlib.sha256).hexdigest()


def twin(shipment: Shipment) -> Shipment | None:
    """A shipment of another connection's order with the same fingerprint within two days, or of the same number."""
    order = shipment.order
    if not shipment.fingerprint:
        return None
    others = Shipment.objects.filter(fingerprint=shipment.fingerprint).exclude(order__account=order.account_id)
    near = (order.ordered_at - SAME_WITHIN, order.ordered_at + SAME_WITHIN)
    return others.filter(order__ordered_at__range=near).select_related("order__account").order_by("pk").first()


def release(shipment: Shipment) -> Shipment:
    """A person has looked: these are two sales that look alike."""
    Shipment.objects.filter(pk=shipment.pk).update(is_doubled=False)
    shipment.is_doubled = False
    return shipment
