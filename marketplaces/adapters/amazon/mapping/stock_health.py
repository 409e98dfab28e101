"""Age of the units in the marketplace's warehouses, and stranded ones -> StockHealth: two reports per pool, one row per SKU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.document import Document, Record, Table, read, table
from marketplaces.adapters.amazon.mapping.nodes import each
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount, moment, whole
from marketplaces.adapters.amazon.stores import channel, pool
from marketplaces.canonical import Fulfilment, IdentifierKind, ProductId, Rejected, Row, StockHealth
from marketplaces.contract import Page

_AGE = re.compile(r"inv-age-(\d+)-(?:to-(\d+)|plus)-days")
_ENDLESS = 10**6
_OF_FILE = ("unreadable", "damaged")

Stranded = dict[tuple[str, str], StockHealth]


def stock_health(page: Page) -> Iterator[Row | Rejected]:
    """The stranded report is read first, so that each SKU becomes one row; one it does not name has nothing stranded."""
    found: Stranded = {}
    first = list(read(page, from_table=partial(_stranded, found=found)))
    yield from (piece for piece in first if isinstance(piece, Rejected) and piece.code not in _OF_FILE)
    yield from read(page, from_table=partial(_ages, found=found))
    yield from found.values()


def _stranded(document: Document, *, found: Stranded) -> Iterator[Row | Rejected]:
    report = table(document)
    if "stranded-reason" in report.columns:
        where = _pool(document)
        for piece in each(report.records(), partial(_lost, where=where)):
            if isinstance(piece, StockHealth):
                found[where, piece.sku] = piece
            else:
                yield piece


def _lost(row: Record, *, where: str) -> Iterator[Row]:
    units = [whole(row.text(name)) for name in ("fulfillable-qty", "unfulfillable-qty", "reserved-quantity")]
    known = [count for count in units if count is not None]
    if not known:
        raise Unreadable("the row does not say how many units are stranded")
    since = row.text("date-stranded")
    yield _health(
        row, where=where, stranded=sum(known), stranded_since=moment(since) if since else None,
        stranded_reason=row.text("stranded-reason"),
    )  # fmt: skip


def _ages(document: Document, *, found: Stranded) -> Iterator[Row | Rejected]:
    report = table(document)
    if "stranded-reason" in report.columns:
        return iter(())
    columns = _partitions(report)
    if not columns:
        raise Unreadable("the file tells neither ages nor stranded units")
    return each(report.records(), partial(_aged, where=_pool(document), columns=columns, found=found), key="sku")


def _aged(row: Record, *, where: str, columns: list[dict[int, str]], found: Stranded) -> Iterator[Row]:
    sku, available = row.need("sku"), whole(row.need("available"))
    lost = found.pop((where, sku), None)
    fee, currency = row.text("estimated-ltsf-next-charge"), row.text("currency")
    yield _health(
        row,
        where=where,
        ages=_ages_of(row, columns, available or 0),
        age_fee=Money(-amount(fee), currency) if fee and currency else None,
        stranded=lost.stranded if lost else 0,
        stranded_since=lost.stranded_since if lost else None,
        stranded_reason=lost.stranded_reason if lost else "",
        unsellable=whole(row.text("unfulfillable-quantity")),
        changed_at=_snapshot(row),
    )


def _ages_of(row: Record, columns: list[dict[int, str]], available: int) -> tuple[tuple[int, int], ...]:
    """The columns overlap: the finest partition whose units are those available counts; without one the row is refused."""
    for names in columns:
        units = {start: whole(row.text(name)) for start, name in names.items()}
        if None not in units.values() and sum(count or 0 for count in units.values()) == available:
            return tuple((start, count) for start, count in sorted(units.items()) if count)
    raise Unreadable(f"no partition of the ages adds up to the {available} units available")


def _partitions(report: Table) -> list[dict[int, str]]:
    """Every chain of age columns from day 0 without gap or overlap, the finest first; the last has no end."""
    spans: dict[int, list[tuple[int, str]]] = {}
    for name in report.columns:
        if match := _AGE.fullmatch(name):
            end = int(match[2]) if match[2] else _ENDLESS
            spans.setdefault(int(match[1]), []).append((end, name))
    return sorted(_chains(spans, 0), key=len, reverse=True)


def _chains(spans: dict[int, list[tuple[int, str]]], start: int) -> Iterator[dict[int, str]]:
    """`365 plus` follows a span that ends with day 365."""
    begins = {start, start - 1} if start else {0}
    for first in begins:
        for end, name in spans.get(first, []):
            if end == _ENDLESS:
                yield {first: name}
            elif first == start:
                yield from ({first: name, **rest} for rest in _chains(spans, end + 1))


def _health(row: Record, *, where: str, **told: object) -> StockHealth:
    sku = row.need("sku")
    asin, unit = row.text("asin"), row.text("fnsku")
    ids = [ProductId(IdentifierKind.MARKETPLACE_ITEM, asin)] if asin else []
    if unit and unit != asin:
        ids.append(ProductId(IdentifierKind.MARKETPLACE_UNIT, unit))
    return StockHealth(
        external_id=f"{where}:{sku}", sku=sku, product_ids=tuple(ids), pool=where,
        fulfilment=Fulfilment.MARKETPLACE, **told,  # type: ignore[arg-type]
    )  # fmt: skip


def _snapshot(row: Record) -> datetime | None:
    day = row.text("snapshot-date")
    return moment(day) if day else None


def _pool(document: Document) -> str:
    store = document.context.get("store", "")
    return pool(channel(store)) if store else "AMAZON"
