"""The customs declaration of a parcel from the master data of its goods; what is not known there is asked for by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from config.core.money import quantise
from inventory.carriers import customs, requests
from inventory.models import Parcel, ParcelItem


def of_parcel(parcel: Parcel) -> dict[str, Any]:
    """Empty where no border is crossed; raises ValidationError naming the goods without code, origin, weight or value."""
    address = requests.address(parcel.shipment.ship_to)
    if not customs.needs_customs(address.country, address.postal_code):
        return {}
    items = list(parcel.items.select_related("line__sku"))
    lacking = [item.line.remote_id or item.line.external_id for item in items if not _is_known(item)]
    if lacking:
        names = ", ".join(lacking)
        raise ValidationError(
            f"{names}: customs need code, country of origin, weight and value; enter them with the product"
        )
    order = parcel.shipment.order
    return {
        "currency": order.currency, "postal_charges": "0", "invoice_no": order.external_id[:35],
        "items": [_item(item, order.currency) for item in items],
    }  # fmt: skip


def _is_known(item: ParcelItem) -> bool:
    sku = item.line.sku
    is_described = sku is not None and sku.customs_code and sku.origin_country and sku.weight_g
    return bool(is_described) and item.line.item_total is not None


def _item(item: ParcelItem, currency: str) -> dict[str, Any]:
    sku: Any = item.line.sku
    line = item.line
    each = quantise((line.item_total or Decimal(0)) / line.quantity, currency)
    return {
        "description": (sku.title or sku.code)[:256], "origin": sku.origin_country, "customs_code": sku.customs_code,
        "quantity": item.quantity, "unit_value": str(each), "unit_weight_g": sku.weight_g,
    }  # fmt: skip
