"""Rules and reasons of fees as a person would say them; pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

BASES = {
    "item": "of goods less discounts", "paid": "of goods, shipping and wrap less discounts",
    "commission": "of the commission", "fees": "of the other fees",
}  # fmt: skip
UNITS = {"m3": "m³", "ft3": "ft³"}
REASONS = {
    "no_category": "no rate for this product's category",
    "no_programme": "it is not known who ships",
    "no_weight": "the weight of the product is not known",
    "no_size": "the size of the product is not known",
    "no_price": "the price is not known",
    "no_vat": "the VAT of the sale is not known",
    "no_tier": "no tier for this price, weight or size",
    "no_fee_vat": "the VAT on this account's fees is not known",
    "no_commission": "the commission is not known",
    "no_fees": "another fee of the line is not known",
    "no_storage_rate": "no rate for storage is known",
    "not_counted": "the stock was not counted on every day",
    "not_over": "the month is not over",
    "not_linked": "goods in the pool are linked to no product",
}


def plain(number: Decimal) -> str:
    """Without needless zeros, at least two decimals where there are any: 15, 2.50, 0.355."""
    text = f"{number.normalize():f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part:0<2}" if part else whole


def terms(rule: Any) -> str:
    """What a row charges, in one line; empty terms of an ended row say that it ends."""
    if rule.is_end:
        return "ends"
    parts = [f"{plain(rule.rate * 100)}% {BASES[rule.basis]}"] if rule.rate else []
    parts += [f"{plain(rule.per_unit)} per piece"] if rule.per_unit else []
    parts += [f"{plain(rule.per_line)} per line"] if rule.per_line else []
    parts += [f"{plain(rule.per_order)} per order"] if rule.per_order else []
    volume = plain(rule.per_volume)
    parts += [f"{volume} per {UNITS[rule.volume_unit]} stored for a month"] if rule.per_volume else []
    if not parts:
        return "nothing" if rule.line_class else "no other fee was agreed"
    return ", ".join([" + ".join(parts), *_limits(rule), *_vat(rule)])


def _limits(rule: Any) -> list[str]:
    each = " per piece" if rule.is_limit_per_piece else ""
    least = [f"at least {plain(rule.minimum)}{each}"] if rule.minimum is not None else []
    return least + ([f"at most {plain(rule.maximum)}{each}"] if rule.maximum is not None else [])


def _vat(rule: Any) -> list[str]:
    net = [] if rule.basis_includes_vat or rule.basis not in ("item", "paid") else ["on amounts without VAT"]
    if rule.vat == "on_top":
        return [*net, "VAT on top" if rule.vat_rate is None else f"{plain(rule.vat_rate * 100)}% VAT on top"]
    return net


def tier(rule: Any) -> str:
    """For which sizes, prices and weights a row is."""
    price = _span(rule.price_from, rule.price_below, "") + (" of each" if rule.is_marginal else "")
    weight = _span(rule.weight_from_g, rule.weight_below_g, " g")
    weight += f" or {rule.volume_divisor} cm³ per kg" if rule.volume_divisor else ""
    return ", ".join(filter(None, (_size(rule), price.strip() if price.strip() != "of each" else "", weight.strip())))


def _size(rule: Any) -> str:
    sides = (rule.longest_mm, rule.middle_mm, rule.shortest_mm)
    if not any(sides):
        return ""
    return "up to " + " × ".join("any" if side is None else plain(Decimal(side) / 10) for side in sides) + " cm"


def _span(low: Decimal | int | None, high: Decimal | int | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    below = "" if high is None else f"below {plain(Decimal(high))}{unit}"
    above = "" if low is None else f"from {plain(Decimal(low))}{unit}"
    return " ".join(filter(None, (above, below)))


def place(rule: Any) -> str:
    """Where a row holds: storefront, category, who ships; blank holds for all."""
    who = {"marketplace": "shipped by the marketplace", "merchant": "shipped by us"}.get(rule.programme, "")
    return ", ".join(filter(None, (rule.channel, rule.category, who))) or "everywhere"
