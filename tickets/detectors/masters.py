"""SKUs that are sold, stocked or offered while mandatory master data is missing; and sheets that wait for a second person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from catalog import gaps, master
from catalog.uploads import selectors as uploads
from catalog.uploads.kinds import KINDS
from config.core import clock
from config.core.money import Money
from config.core.sheets.models import RowState
from finance.selectors import cost_sheets
from tickets.detectors.base import Measure, detector
from tickets.rules import exposure
from tickets.types import DATA_UPLOAD, MISSING_SKU_DATA

WITHIN = timedelta(days=30)
STOPS = {"weight_g": "waiting", "vat_class": "sold"}
"""Fields without which a process stops, and what must be there for it to stop now."""
_USES = """
SELECT sku.id, sku.code, sku.supplier, product.brand_id,
    (SELECT count(*) FROM catalog_listing offer WHERE offer.sku_id = sku.id AND offer.status = 'active'),
    (SELECT coalesce(sum(greatest(level.available, 0)), 0) FROM inventory_stocklevel level WHERE level.sku_id = sku.id),
    (SELECT coalesce(sum(day.units), 0) FROM inventory_skuday day WHERE day.sku_id = sku.id AND day.day > %(since)s),
    (SELECT coalesce(sum(line.quantity_open), 0) FROM inventory_orderline line JOIN inventory_order shop
        ON shop.id = line.order_id WHERE line.sku_id = sku.id AND line.quantity_open > 0 AND shop.fulfilment = 'merchant')
FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
WHERE sku.id = ANY(%(ids)s) ORDER BY sku.code
"""


class Use(NamedTuple):
    """Where a SKU is in use: active offers, units in stock, sold in 30 days, and ordered but not shipped by us."""

    sku_id: int
    code: str
    supplier: str
    brand_id: int | None
    offers: int
    stock: int
    sold: int
    waiting: int


def _incomplete() -> Iterable[str]:
    return map(str, gaps.of())


@detector(
    "catalog.master_gaps", subject="sku", opens=MISSING_SKU_DATA, candidates=_incomplete, action="fill_master_sheet"
)
def missing_fields(subjects: Sequence[str]) -> Iterator[Measure]:
    """Mandatory master fields that a SKU in use lacks, or holds a GTIN in whose check digit is wrong."""
    missing = gaps.of(int(subject) for subject in subjects)
    with connection.cursor() as cursor:
        cursor.execute(_USES, {"ids": list(missing), "since": clock.now().date() - WITHIN})
        uses = [Use(*row) for row in cursor.fetchall()]
    return (_gap(use, missing[use.sku_id]) for use in uses if use.offers or use.stock or use.sold)


def _gap(use: Use, fields: Sequence[str]) -> Measure:
    stopped = [name for name in fields if name in STOPS and getattr(use, STOPS[name]) > 0]
    named = ", ".join(master.FIELDS[name].label for name in fields)
    why = "; ".join(master.FIELDS[name].blocks for name in stopped)
    return Measure(
        subject=str(use.sku_id), value=Decimal(len(fields)), title=f"{use.code} lacks {named}",
        scope=f"sku:{use.sku_id}/master", sku_id=use.sku_id, brand_id=use.brand_id, group="master",
        gathers=f"supplier:{use.supplier}" if use.supplier else "",
        facts={
            "stops": Decimal(len(stopped)), "sold": Decimal(use.sold), "stock": Decimal(use.stock),
            "offers": Decimal(use.offers),
        },
        as_of={"clock": clock.now()}, params={"sku": use.code, "sku_id": use.sku_id},
        links=[{"kind": "sku", "code": use.code, "label": use.code}],
        shows={"fields": list(fields), "why": why or "nothing stops yet"},
    )  # fmt: skip


def _waiting() -> Iterable[str]:
    yield from (f"upload:{pk}" for pk in uploads.waiting().values_list("pk", flat=True))
    yield from (f"cost:{pk}" for pk in _costs().values_list("pk", flat=True))


def _costs() -> Any:
    return cost_sheets.sheets().filter(state="waiting", unapproved__gt=0)


@detector("catalog.uploads", subject="upload", opens=DATA_UPLOAD, candidates=_waiting, action="open_upload")
def rows_to_approve(subjects: Sequence[str]) -> Iterator[Measure]:
    """Rows of each uploaded sheet that wait for somebody else than who uploaded it."""
    ids: dict[str, list[int]] = {"upload": [], "cost": []}
    for subject in subjects:
        kind, _, pk = subject.partition(":")
        ids[kind].append(int(pk))
    for sheet in uploads.waiting(ids=ids["upload"]):
        money, share = _effect(sheet.pk)
        yield _sheet("upload", KINDS.get(sheet.kind).label.lower(), sheet, money=money, share=share)
    for sheet in _costs().filter(pk__in=ids["cost"]):
        locked = sheet.rows.filter(state=RowState.GOOD, approvals__icontains="locked months").exists()
        yield _sheet("cost", "costs", sheet, locked=locked)


def _sheet(
    kind: str, what: str, sheet: Any, *, money: Money | None = None, share: Decimal | None = None, locked: bool = False
) -> Measure:
    return Measure(
        subject=f"{kind}:{sheet.pk}", value=Decimal(sheet.unapproved), scope=f"{kind}_sheet:{sheet.pk}",
        title=f"{sheet.name}: {sheet.unapproved} of {sheet.total} rows of {what} wait for a second person",
        group=f"{what}/{sheet.uploaded_by}"[:80], facts={"locked": Decimal(locked), "revenue_share": share},
        as_of={"sheet": sheet.uploaded_at, "clock": clock.now()}, params={"kind": kind, "upload_id": sheet.pk},
        links=[{"kind": f"{kind}_sheet", "id": sheet.pk, "label": sheet.name}],
        shows={
            "uploaded_by": sheet.uploaded_by, "sha256": sheet.sha256, "rejected_rows": sheet.rejected_rows,
            "in_30_days": str(money or ""),
        },
    )  # fmt: skip


def _effect(sheet: int) -> tuple[Money | None, Decimal | None]:
    """What the sheet changes in 30 days in its largest currency, and as a share of what its rows' products brought."""
    effects = uploads.effects(sheet=sheet)
    if not effects:
        return None, None
    amount, currency = max(effects, key=lambda pair: abs(pair[0]))
    changed = [exposure.in_reporting_currency(Money(abs(each), code)) for each, code in effects]
    brought = [exposure.in_reporting_currency(Money(each, code)) for each, code in uploads.revenue()]
    total = sum(filter(None, brought), Decimal(0))
    share = (sum(filter(None, changed), Decimal(0)) / total).quantize(Decimal("0.0001")) if total else None
    return Money(amount, currency), share
