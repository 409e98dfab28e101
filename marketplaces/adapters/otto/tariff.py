"""Commission by assortment group since 2024-10-01: each portion of a price has the rate of its bracket.

UNVERIFIED: restated from trade press and vendors of tools, read in November 2026; no official table is public, and other
lists differ (jewellery 22 %, electronics from 7 %). An account's own agreement takes the place of all of it. Billed
without VAT, which comes on top. The monthly base fee of 99.90 EUR is no fee of a sale and does not stand here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from marketplaces.canonical import FeeTariff, LineClass

SINCE = date(2024, 10, 1)
SOURCE = "trade press on the fees from October 2024, unverified; read 2026-11-21"
GERMAN_VAT = Decimal("0.19")
BRACKETS: dict[tuple[str, ...], tuple[tuple[int | None, str], ...]] = {
    ("clothing",): ((25, "0.17"), (50, "0.16"), (75, "0.15"), (None, "0.14")),
    ("furniture",): ((150, "0.19"), (500, "0.18"), (None, "0.17")),
    ("jewellery",): ((100, "0.21"), (200, "0.20"), (None, "0.18")),
    ("watches",): ((250, "0.18"), (None, "0.14")),
    ("accessories", "shoes", "bags", "electronics"): ((None, "0.15"),),
}


def _rows() -> Iterator[FeeTariff]:
    for categories, brackets in BRACKETS.items():
        for category in categories:
            since: Decimal | None = None
            for below, rate in brackets:
                limit = None if below is None else Decimal(below)
                yield FeeTariff(
                    line_class=LineClass.COMMISSION,
                    valid_from=SINCE,
                    source=SOURCE,
                    category=category,
                    currency="EUR",
                    basis="item",
                    rate=Decimal(rate),
                    price_from=since,
                    price_below=limit,
                    is_marginal=len(brackets) > 1,
                    vat="on_top",
                    vat_rate=GERMAN_VAT,
                )
                since = limit


TARIFF = tuple(_rows())
