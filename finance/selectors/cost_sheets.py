"""What cost sheets are judged by, and how they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from catalog import selectors as catalog
from config.core import clock
from config.core.money import Money
from config.core.sheets.models import RowState
from config.core.sheets.reading import Given
from finance import closing
from finance.cost_sheets import effect
from finance.cost_sheets.judging import Known
from finance.costs import cost_of
from finance.fx import convert
from finance.models import Cost, CostSheet, CostSheetRow
from finance.selectors import rates
from inventory import selectors as inventory
from marketplaces.selectors import account_ids

COUNTED = {str(state): Count("rows", filter=Q(rows__state=state)) for state in RowState}


def sheets() -> QuerySet[CostSheet]:
    """Sheets with the number of their rows in each state, and how many wait for a second person (`unapproved`)."""
    unapproved = Q(rows__state=RowState.GOOD) & ~Q(rows__approvals=[])
    counted = {f"{name}_rows": count for name, count in COUNTED.items()}
    return CostSheet.objects.annotate(**counted, unapproved=Count("rows", filter=unapproved), total=Count("rows"))


def rows_of(*, sheet: int) -> QuerySet[CostSheetRow]:
    """Rows of a sheet in the order of the file."""
    found = CostSheetRow.objects.filter(sheet=sheet)
    return found.select_related("sku", "warehouse", "former", "sheet").order_by("row_no")


def known(rows: Sequence[Given]) -> Known:
    """What these rows are judged by."""
    named = {row.cells.get("sku", "").removeprefix("'") for row in rows} - {""}
    skus = catalog.codes(named)
    return Known(
        skus=skus, alike=catalog.codes_alike(named - skus.keys()), warehouses=inventory.warehouse_codes(),
        currencies=frozenset(rates.currencies()) | {"EUR"}, closed_until=_closed_until(), today=clock.now().date(),
    )  # fmt: skip


def _closed_until() -> date | None:
    """The last day of the latest month that is locked for every account; None where there is none."""
    per_account: dict[int, set[date]] = {pk: set() for pk in account_ids().values()}
    for account_id, month in closing.locked_months():
        per_account[account_id].add(month)
    shared = set.intersection(*per_account.values()) if per_account else set()
    return closing.next_month(max(shared)) - timedelta(days=1) if shared else None


def locked_lines(sheet: CostSheet) -> dict[int, int]:
    """By SKU: order lines of locked months that would have had another cost."""
    found: dict[int, int] = defaultdict(int)
    if not closing.locked_months():
        return found
    for each in effect.of_sheet(sheet):
        found[each.sku_id] += each.locked_lines
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Recorded costs of some SKUs, for telling what a row changes."""

    costs: dict[int, list[Cost]]
    rates: convert.Rates
    at: datetime

    def is_known(self, row: CostSheetRow) -> bool:
        """Whether the last row of this key and day says exactly the same."""
        same = [cost for cost in self.costs.get(row.sku_id or 0, ()) if _key(cost) == _key(row)]
        last = max(same, key=lambda cost: cost.known_at, default=None)
        return last is not None and _said(last) == _said(row)

    def jump(self, row: CostSheetRow) -> tuple[Cost | None, Decimal | None, str]:
        """The cost that applies on the row's day so far, the change as a fraction, and why that cannot be told."""
        if row.valid_from is None or row.sku_id is None:
            return None, None, ""
        mine, place = self.costs.get(row.sku_id, []), row.warehouse_id
        former = cost_of(mine, sku=row.sku_id, warehouse=place, on=row.valid_from, known_at=self.at)
        if former is None or row.is_end:
            return former, None, ""
        if not former.landed:
            return former, None, "the former cost is zero, so the change has no percentage"
        try:
            day = min(row.valid_from, self.at.date())
            was = self.rates.convert(Money(former.landed, former.currency), row.currency, on=day).money.amount
        except convert.MissingRate:
            return former, None, f"no exchange rate compares it with the former cost in {former.currency}"
        landed = sum((getattr(row, name) for name in PARTS), Decimal(0))
        return former, round((landed - was) / was, 4), ""


PARTS = ("purchase", "inbound", "insurance", "customs", "other")


def comparison(rows: Iterable[CostSheetRow]) -> Comparison:
    wanted = list(rows)
    costs: dict[int, list[Cost]] = defaultdict(list)
    for cost in Cost.objects.filter(sku__in={row.sku_id for row in wanted}):
        costs[cost.sku_id].append(cost)
    now = clock.now()
    days = [row.valid_from for row in wanted if row.valid_from] or [now.date()]
    currencies = {row.currency for row in wanted} | {cost.currency for some in costs.values() for cost in some}
    return Comparison(costs, convert.load(currencies, since=min(days), until=now.date()), now)


def _key(row: Cost | CostSheetRow) -> tuple[object, ...]:
    return row.sku_id, row.warehouse_id, row.currency, row.vendor, row.valid_from


def _said(row: Cost | CostSheetRow) -> tuple[object, ...]:
    return row.is_end, row.vat_rate, *(getattr(row, name) for name in PARTS)
