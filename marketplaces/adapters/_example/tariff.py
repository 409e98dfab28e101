"""What Example publishes of its fees, invented. Leave the file out where nothing is known; say where a row was read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from marketplaces.canonical import FeeTariff, LineClass

_SINCE, _PAGE = date(2026, 1, 1), "price page, read 2026-09"

TARIFF: tuple[FeeTariff, ...] = (
    FeeTariff(
        line_class=LineClass.COMMISSION, channel="DE", currency="EUR", basis="paid", rate=Decimal("0.12"),
        minimum=Decimal("0.25"), is_limit_per_piece=True, vat="on_top", valid_from=_SINCE, source=_PAGE,
    ),
    FeeTariff(
        line_class=LineClass.SUBSCRIPTION, currency="EUR", per_line=Decimal(19), vat="on_top", valid_from=_SINCE,
        source=_PAGE,
    ),
)  # fmt: skip
