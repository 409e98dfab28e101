"""Returned goods, to the marketplace's warehouses and to the seller -> Return. Neither report is about money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from marketplaces.adapters.amazon.mapping.document import Document, Record, read, table
from marketplaces.adapters.amazon.mapping.nodes import each
from marketplaces.adapters.amazon.mapping.values import Unreadable, moment, whole
from marketplaces.canonical import Fulfilment, IdentifierKind, ProductId, Rejected, Return, Row
from marketplaces.contract import Page

_HANDLED = {
    "completed": True, "closed": True, "refunded": True, "approved": False, "pending": False, "authorized": False,
    "denied": True, "declined": True,
}  # fmt: skip


def returns(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_table=_report)


def _report(document: Document) -> Iterator[Row | Rejected]:
    report = table(document)
    month_first = document.context.get("region") == "na"
    if "detailed-disposition" in report.columns or "license-plate-number" in report.columns:
        return each(report.records(), partial(_to_network, seen=Counter(), month_first=month_first))
    if {"amazon-rma-id", "return-request-date"} & set(report.columns):
        return each(report.records(), partial(_to_seller, month_first=month_first))
    raise Unreadable(f"the file is no returns report we know; its columns begin {', '.join(list(report.columns)[:6])}")


def _ids(row: Record) -> tuple[ProductId, ...]:
    asin, unit = row.text("asin"), row.text("fnsku")
    ids = [ProductId(IdentifierKind.MARKETPLACE_ITEM, asin)] if asin else []
    if unit and unit != asin:
        ids.append(ProductId(IdentifierKind.MARKETPLACE_UNIT, unit))
    return tuple(ids)


def _to_network(row: Record, *, seen: Counter[str], month_first: bool) -> Iterator[Row]:
    """One row per license plate; a row without one is told apart by order, sku, day and its place among equals."""
    order_id, sku = row.need("order-id"), row.text("sku")
    returned_at = moment(row.need("return-date"), month_first=month_first)
    plate = row.text("license-plate-number")
    key = plate or f"{order_id}:{sku}:{returned_at:%Y%m%d}"
    seen[key] += 1
    place = seen[key]
    extra = {name.replace("-", "_"): row.text(name) for name in ("status", "fulfillment-center-id") if row.text(name)}
    disposition = row.text("detailed-disposition")
    yield Return(
        external_id=plate if plate and place == 1 else f"{key}:{place}",
        changed_at=returned_at,
        order_id=order_id,
        sku=sku,
        product_ids=_ids(row),
        quantity=_units(row.text("quantity")),
        reason=row.text("reason"),
        disposition=disposition,
        is_handled=True,
        is_sellable=disposition.upper() == "SELLABLE" if disposition else None,
        fulfilment=Fulfilment.MARKETPLACE,
        returned_at=returned_at,
        extra=extra,
    )


def _to_seller(row: Record, *, month_first: bool) -> Iterator[Row]:
    """A request to return (RMA). Completed, closed and refused ones are handled; an unknown state stays unknown."""
    status, sku = row.text("return-request-status"), row.text("merchant-sku", "sku")
    number = row.need("amazon-rma-id", "merchant-rma-id", "order-id")
    resolution = row.text("resolution")
    yield Return(
        external_id=f"{number}:{sku or row.text('asin')}",
        order_id=row.need("order-id"),
        sku=sku,
        product_ids=_ids(row),
        quantity=_units(row.text("return-quantity", "quantity")),
        reason=row.text("return-reason", "reason"),
        is_handled=_HANDLED.get(status.casefold()),
        fulfilment=Fulfilment.MERCHANT,
        returned_at=moment(row.need("return-request-date"), month_first=month_first),
        extra={name: text for name, text in (("status", status), ("resolution", resolution)) if text},
    )


def _units(text: str) -> int:
    units = whole(text)
    if units is None:
        raise Unreadable("column quantity is empty")
    return units
