"""From an order to its labels in one step, for a person at the packing table and for many orders at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from inventory import selectors
from inventory.carriers import registry, requests
from inventory.carriers.contract import LabelFormat
from inventory.models import CarrierAccount, Label, LabelKind, Order, Parcel
from inventory.services import addresses, declarations, labels, planning
from marketplaces import selectors as asked
from marketplaces import subjects
from marketplaces.services import carriage

AGES = (16, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose for a label; what is blank is the usual."""

    account: CarrierAccount
    product: str = ""
    format: LabelFormat = LabelFormat.PDF
    services: dict[str, Any] = field(default_factory=dict)
    with_return: bool | None = None
    is_routed: bool = True
    kind: LabelKind = LabelKind.OUTBOUND


def contract() -> CarrierAccount:
    """The contract that is used unless another one is chosen; raises ValidationError where there is none."""
    found = CarrierAccount.objects.filter(is_active=True).order_by("pk").first()
    if found is None:
        raise ValidationError("there is no contract with a carrier yet; enter one with its credentials")
    return found


def want(parcel: Parcel, choice: Choice, *, by: str) -> Label:
    """A row for the parcel's label: the usual product, customs where a border is crossed, a return label where it must be.

    An address that was not told when the parcel was planned is asked for once more.
    """
    order = parcel.shipment.order
    if not parcel.shipment.ship_to and (where := addresses.asked(order)):
        addresses.correct(parcel.shipment, where)
    if not parcel.shipment.ship_to:
        raise ValidationError("the address of this shipment is not known; enter it before a label is bought")
    country = requests.address(parcel.shipment.ship_to).country
    carrier = registry.get(choice.account.carrier)
    needs_return = carriage.needs_return(order.account) and country == carrier.home
    is_outbound = choice.kind == LabelKind.OUTBOUND
    wish = labels.Wish(
        account=choice.account, product=choice.product or carrier.usual(country).code, asked_by=by,
        format=choice.format, services=_services(parcel, choice) if is_outbound else {}, kind=choice.kind,
        is_routed=choice.is_routed, customs=declarations.of_parcel(parcel) if is_outbound else {},
        with_return=is_outbound and (needs_return if choice.with_return is None else choice.with_return),
    )  # fmt: skip
    return labels.want(parcel, wish)


def _services(parcel: Parcel, choice: Choice) -> dict[str, Any]:
    """What was chosen, and the age check that the goods ask for by the contract's settings: nobody has to think of it."""
    categories, settings = _categories(parcel), choice.account.settings
    ages = [age for age in AGES if categories & _named(settings.get(f"age_{age}", ""))]
    age = max([*ages, choice.services.get("minimum_age", 0)])
    return {**choice.services, "minimum_age": age} if age else choice.services


def _categories(parcel: Parcel) -> set[str]:
    """Of the products in a parcel, and of those that its bundles are packed from."""
    found = parcel.items.select_related("line__sku__product").prefetch_related("line__sku__parts__component__product")
    skus = [item.line.sku for item in found if item.line.sku]
    return {
        each.product.category.casefold()
        for sku in skus
        for each in (sku, *(part.component for part in sku.parts.all()))
    }


def _named(text: str) -> set[str]:
    return {name.strip().casefold() for name in text.split(",")} - {""}


def pack(order: Order, choice: Choice, *, by: str) -> Label:
    """Everything of an order that is left in one parcel, and its label wanted; raises ValidationError with the reason."""
    lines = list(selectors.lines_of(order=order))
    found = asked.commands_about(account_id=order.account_id, subject=subjects.order(order.external_id))
    waiting = planning.waiting_items(order)
    left = {line: units for line, units in planning.free(lines, found, waiting).items() if units}
    if left:
        parcel = planning.plan(order, [planning.Piece(lines=left)], by=by).parcels.get()
    else:
        if not waiting:
            raise ValidationError(f"order {order.external_id} has nothing left to pack")
        parcel = waiting[0].parcel
    held = Parcel.objects.select_related("shipment__order__account").get(pk=parcel.pk)
    return want(held, choice, by=by)


def pack_all(orders: Iterable[Order], choice: Choice, *, by: str) -> tuple[list[Label], list[str]]:
    """The labels of many orders, bought by workers, and why others got none."""
    wanted, refused = list[Label](), list[str]()
    for order in orders:
        try:
            wanted.append(pack(order, choice, by=by))
        except ValidationError as error:
            refused.append(f"{order.external_id}: {'; '.join(error.messages)}")
    labels.buy_later(wanted)
    return wanted, refused


def tell_all(parcels: Sequence[Parcel], *, by: str) -> tuple[int, list[str]]:
    """Tell the marketplaces of many parcels; how many are on their way, and why others are not."""
    told, refused = 0, list[str]()
    for parcel in parcels:
        try:
            planning.confirm(parcel, by=by)
            told += 1
        except ValidationError as error:
            refused.append(f"{parcel.shipment.order.external_id}: {'; '.join(error.messages)}")
    return told, refused
