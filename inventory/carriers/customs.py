"""Where goods cross a customs border when they leave the European Union. Pure."""

from __future__ import annotations

EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905
OUTSIDE_CUSTOMS = {
    "DE": ("27498", "78266"), "ES": ("35", "38", "51", "52"), "FI": ("22",), "FR": ("97", "98"),
    "GR": ("63086",), "IT": ("22061", "23041"),
}  # fmt: skip
"""Parts of EU states outside its customs or tax area, by the beginning of the postcode."""


def needs_customs(country: str, postal_code: str) -> bool:
    return country not in EU or postal_code.strip().startswith(OUTSIDE_CUSTOMS.get(country, ("no such postcode",)))
