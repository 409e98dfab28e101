"""Cost sheets to take home: the gaps to fill in, and rejected rows with what to mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.models import Sku
from config.core.sheets import writing
from finance.cost_sheets.columns import AMOUNTS, COLUMNS, LAYOUT, MARK
from finance.models import Cost, CostSheetRow
from finance.selectors.costs import Gap

GAP_COLUMNS = (*COLUMNS, MARK, "title", "why")
REJECTED_COLUMNS = (*LAYOUT.columns, *writing.MENDING)


def gap_rows(
    gaps: Iterable[Gap], *, skus: Mapping[int, Sku], places: Mapping[int, str], last: Mapping[int, Cost], today: str
) -> Iterator[list[Any]]:
    """One row per gap, to be filled in. Where a former cost is known its amounts stand there, marked as a suggestion."""
    for gap in gaps:
        sku, cost = skus[gap.sku_id], last.get(gap.sku_id)
        first = gap.first_on.isoformat() if gap.first_on else today
        yield [
            sku.code, places.get(gap.warehouse_id or 0, ""), cost.vendor if cost else "", cost.currency if cost else "",
            first, *(getattr(cost, name) if cost else None for name in AMOUNTS),
            (cost.vat_rate * 100).normalize() if cost and cost.vat_rate is not None else None, "",
            f"last cost, from {cost.valid_from}" if cost else "", sku.title, why(gap),
        ]  # fmt: skip


def why(gap: Gap) -> str:
    """Why a cost is wanted, in words."""
    sold = f"{gap.lines} order lines since {gap.first_on} ({gap.units} pieces)" if gap.lines else ""
    held = f"{gap.stock} pieces in stock" if gap.stock else ""
    return " and ".join(filter(None, (sold, held)))


def rejected_rows(rows: Iterable[CostSheetRow]) -> Iterator[list[Any]]:
    """The rejected rows as they came, each with its number, its columns at fault and what to do."""
    return writing.rejected_rows(rows, LAYOUT.columns)
