"""What DHL refuses, or would charge for, told before anything is bought. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from config.core.errors import Rejected
from inventory.carriers.contract import Customs, LabelRequest, Message, Product
from inventory.carriers.customs import EU, needs_customs
from inventory.carriers.dhl.addresses import routed
from inventory.carriers.dhl.carrier import (
    AT_THE_DOOR,
    CARRIER,
    HEAVIEST_G,
    RENAMED,
    US_DUTY_PAID_UP_TO_EUR,
    US_RULE_FROM,
)

CENT = Decimal("0.01")
REF = range(8, 36)
HEAVY_G = (20_000, 10_000)
NOTIFIED_FROM = Decimal(1000)
EUROPE = EU | {"CH", "GB", "NO", "LI", "MC", "SM"}
US = frozenset({"US", "PR"})
DUTY_PAID = frozenset({"CH", "GB", "NO", "US", "PR"})


def check(request: LabelRequest) -> None:
    """Raises Rejected with the first rule that the request breaks."""
    if len(request.ref) not in REF:
        raise Rejected(f"our reference {request.ref!r} must have 8 to 35 characters")
    product = CARRIER.product(RENAMED.get(request.product, request.product))
    _check_size(request, product)
    _check_destination(request, product)
    _check_services(request, product)
    _check_customs(request)


def check_day(ship_on: date, today: date) -> None:
    if ship_on < today:
        raise Rejected(f"{ship_on} is past; a parcel is handed over today or later")


def hints(request: LabelRequest) -> Iterator[Message]:
    """What the sender has to do beside the label: since 2025 German postal law wants a visible mark on heavy parcels."""
    heavy = next((limit for limit in HEAVY_G if request.weight_g > limit), None)
    if heavy:
        words = f"heavier than {heavy // 1000} kg: put the mark for parcels of this weight beside the label"
        yield Message("details.weight", words, False)


def _check_size(request: LabelRequest, product: Product) -> None:
    most = min(product.most_g, HEAVIEST_G)
    if not 0 < request.weight_g <= most:
        raise Rejected(f"{request.weight_g} g do not go as {product.label}, which takes up to {most} g")
    if request.size_mm and product.longest_mm:
        sides = zip(sorted(request.size_mm, reverse=True), sorted(product.longest_mm, reverse=True), strict=True)
        if any(side > most for side, most in sides) and not request.services.bulky:
            told = " x ".join(map(str, product.longest_mm))
            raise Rejected(f"the parcel is larger than the {told} mm of {product.label}; choose another product")


def _check_destination(request: LabelRequest, product: Product) -> None:
    country = request.consignee.country
    if product.zone == "home" and country != CARRIER.home:
        raise Rejected(
            f"{product.label} goes to {CARRIER.home} only, not to {country}; choose an international product"
        )
    if product.zone != "home" and country == CARRIER.home:
        raise Rejected(f"{product.label} goes abroad; choose a product for {CARRIER.home}")
    if product.zone == "europe" and country not in EUROPE:
        raise Rejected(f"{product.label} does not go to {country}; choose DHL Paket International")
    if country in product.not_to:
        raise Rejected(f"{product.label} is not offered to {country}; choose DHL Paket International")


def _check_services(request: LabelRequest, product: Product) -> None:
    services, country = request.services, request.consignee.country
    refused = sorted(services.wanted() & product.without)
    if refused:
        raise Rejected(f"{product.label} excludes {', '.join(refused).replace('_', ' ')}; choose another product")
    if services.minimum_age not in (0, 16, 18):
        raise Rejected(f"the age that is checked is 16 or 18, not {services.minimum_age}")
    target = routed(request.consignee)
    if services.wanted() & AT_THE_DOOR and (target.locker_id or target.outlet_id):
        raise Rejected("a person is checked at the door, not at a locker or an outlet; send it to a street")
    if request.with_return and country != CARRIER.home:
        raise Rejected("an enclosed return label exists within Germany only; buy the return label apart")
    if services.duty_paid and country not in DUTY_PAID:
        raise Rejected(f"duty cannot be prepaid to {country}")


def _check_customs(request: LabelRequest) -> None:
    country = request.consignee.country
    if not needs_customs(country, request.consignee.postal_code):
        return
    customs = request.customs
    if customs is None or not 1 <= len(customs.items) <= 99:
        raise Rejected(f"a parcel to {country} needs a customs declaration of 1 to 99 positions")
    _check_items(customs, request.weight_g)
    if country in US and request.ship_on >= US_RULE_FROM:
        _check_us(request, customs)


def _check_items(customs: Customs, weight_g: int) -> None:
    for item in customs.items:
        if not 6 <= len(item.customs_code) <= 11:
            raise Rejected(f"{item.description}: the customs code {item.customs_code!r} must have 6 to 11 digits")
        if not item.origin or not item.description:
            raise Rejected("each position of the customs declaration needs a description and a country of origin")
    inside = sum(item.unit_weight_g * item.quantity for item in customs.items)
    if inside > weight_g:
        raise Rejected(f"the declared goods weigh {inside} g, more than the parcel with its {weight_g} g")
    if customs.value >= NOTIFIED_FROM and not customs.has_export_notification:
        raise Rejected(f"goods of {customs.value:.2f} need an electronic export notification, from {NOTIFIED_FROM} on")


def _check_us(request: LabelRequest, customs: Customs) -> None:
    short = [item.customs_code for item in customs.items if len(item.customs_code) != 10]
    if short:
        raise Rejected(f"to the United States a tariff number has ten digits; {', '.join(short)} has not")
    is_small = customs.value <= US_DUTY_PAID_UP_TO_EUR
    if is_small and not request.services.duty_paid:
        raise Rejected(f"to the United States duty is prepaid up to {US_DUTY_PAID_UP_TO_EUR} EUR; choose duty paid")
    if not is_small and request.services.duty_paid:
        raise Rejected(f"above {US_DUTY_PAID_UP_TO_EUR} EUR duty to the United States cannot be prepaid")
