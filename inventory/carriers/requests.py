"""Our rows as a carrier's request, and addresses as they are kept. Pure: rows come in as plain objects."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from config.core.errors import Rejected
from config.core.money import Money
from inventory.carriers.contract import (
    Address,
    Customs,
    CustomsItem,
    LabelFormat,
    LabelRequest,
    Message,
    Services,
)


def address(kept: str | None) -> Address:
    """Raises Rejected where there is none, because it was never told or is past its retention."""
    if not kept:
        raise Rejected("the address of this shipment is not known; enter it before a label is bought")
    return Address(**json.loads(kept))


def kept(told: Address) -> str:
    return json.dumps(told.plain(), ensure_ascii=False)


def of_label(label: Any, parcel: Any, shipment: Any) -> LabelRequest:
    sides = (parcel.length_mm, parcel.width_mm, parcel.height_mm)
    return LabelRequest(
        ref=label.ref,
        product=label.product,
        ship_on=label.ship_on,
        consignee=address(shipment.ship_to),
        weight_g=parcel.weight_g,
        size_mm=sides if all(sides) else None,
        services=services(label.services),
        customs=customs(label.customs),
        with_return=label.with_return,
        note=shipment.order.external_id,
        format=LabelFormat(label.format),
        is_routed=label.is_routed,
    )


def services(told: dict[str, Any]) -> Services:
    insured = told.get("insured_for")
    known = {name: value for name, value in told.items() if name in Services.__dataclass_fields__}
    return Services(**{**known, "insured_for": Money(Decimal(insured[0]), insured[1]) if insured else None})


def customs(told: dict[str, Any]) -> Customs | None:
    """Amounts are kept as text with one currency for the whole declaration."""
    if not told:
        return None
    currency = told["currency"]
    items = tuple(
        CustomsItem(
            description=item["description"], origin=item["origin"], customs_code=item["customs_code"],
            quantity=item["quantity"], unit_value=Money(Decimal(item["unit_value"]), currency),
            unit_weight_g=item["unit_weight_g"],
        )
        for item in told["items"]
    )  # fmt: skip
    return Customs(
        items=items, postal_charges=Money(Decimal(told.get("postal_charges", "0")), currency),
        invoice_no=told.get("invoice_no", ""), export_reference=told.get("export_reference", ""),
        has_export_notification=bool(told.get("has_export_notification")),
    )  # fmt: skip


def reprint() -> Message:
    return Message("", "bought, but its paper is given out no more: print it in the carrier's portal", False)
