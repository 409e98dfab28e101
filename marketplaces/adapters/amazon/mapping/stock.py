"""Units in the marketplace's warehouses (and the seller's, where a report tells) -> Stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from marketplaces.adapters.amazon.mapping.document import Document, Record, Table, read, table
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.notification import envelope, is_message, messages
from marketplaces.adapters.amazon.mapping.statuses import fulfilment
from marketplaces.adapters.amazon.mapping.values import Unreadable, whole
from marketplaces.adapters.amazon.stores import channel, pool
from marketplaces.canonical import Fulfilment, IdentifierKind, ProductId, Rejected, Row, Stock
from marketplaces.contract import Page

MERCHANT_POOL = "merchant"


def stock(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_json, from_table=_report)


def _json(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    if isinstance(raw, list):
        return each(raw, partial(_answer, context=context), key="sellerSku")
    return _answer(raw, context=context)


def _answer(raw: Any, *, context: Mapping[str, str]) -> Iterator[Any]:
    """One answer of the API, one of its summaries, or notifications."""
    if is_message(raw):
        yield from each(messages(raw), _notified)
        return
    body = Node(raw)
    payload = body.node("payload") if body.has("payload") else body
    store = payload.node("granularity").text("granularityId") or context.get("store", "")
    if payload.has("sellerSku"):
        yield from _summary(payload.raw, where=_pool(store))
    elif payload.has("inventorySummaries"):
        summaries = _list(payload.get("inventorySummaries"))
        yield from each(summaries, partial(_summary, where=_pool(store)), key="sellerSku")
    else:
        raise Unreadable(_no_summaries(body))


def _no_summaries(body: Node) -> str:
    errors = [error.text("message") for error in body.nodes("errors")]
    return "the document has no inventorySummaries" + (f"; it says: {'; '.join(errors)}" if errors else "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _pool(store: str) -> str:
    return pool(channel(store)) if store else "AMAZON"


def _ids(asin: str, unit: str) -> tuple[ProductId, ...]:
    ids = [ProductId(IdentifierKind.MARKETPLACE_ITEM, asin)] if asin else []
    if unit and unit != asin:
        ids.append(ProductId(IdentifierKind.MARKETPLACE_UNIT, unit))
    return tuple(ids)


def _summary(raw: Any, *, where: str) -> Iterator[Row]:
    """Sellable is `fulfillableQuantity`: the total counts what is on its way and what is being looked for."""
    item = Node(raw, "inventorySummary")
    details = item.node("inventoryDetails")
    sku = item.need("sellerSku")
    updated = item.moment("lastUpdatedTime") if item.text("lastUpdatedTime").strip() else None
    yield Stock(
        external_id=f"{where}:{sku}",
        changed_at=updated,
        sku=sku,
        product_ids=_ids(item.text("asin"), item.text("fnSku")),
        pool=where,
        fulfilment=Fulfilment.MARKETPLACE,
        available=details.count("fulfillableQuantity"),
        reserved=details.node("reservedQuantity").count("totalReservedQuantity"),
        inbound=_total(*(details.count(f"inbound{step}Quantity") for step in ("Working", "Shipped", "Receiving"))),
        unsellable=details.node("unfulfillableQuantity").count("totalUnfulfillableQuantity"),
        researching=details.node("researchingQuantity").count("totalResearchingQuantity"),
        observed_at=updated,
    )


def _total(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _notified(raw: Any) -> Iterator[Row]:
    """FBA_INVENTORY_AVAILABILITY_CHANGES: one row per pool that the stores belong to."""
    message = envelope(raw)
    if message.kind != "FBA_INVENTORY_AVAILABILITY_CHANGES":
        raise Unreadable(f"a notification of type {message.kind} says nothing about stock")
    body = message.payload
    sku, told = body.need("SKU"), set()
    for entry in body.nodes("FulfillmentInventoryByMarketplace"):
        where = _pool(entry.text("MarketplaceId"))
        if where in told:
            continue
        told.add(where)
        units = entry.node("FulfillmentInventory")
        inbound, reserved = units.node("InboundQuantityBreakdown"), units.node("ReservedQuantityBreakdown")
        yield Stock(
            external_id=f"{where}:{sku}",
            changed_at=message.happened_at,
            sku=sku,
            product_ids=_ids(body.text("ASIN"), body.text("FNSKU")),
            pool=where,
            fulfilment=Fulfilment.MARKETPLACE,
            available=units.count("Fulfillable"),
            reserved=_total(
                *(reserved.count(n) for n in ("WarehouseProcessing", "WarehouseTransfer", "PendingCustomerOrder"))
            ),
            inbound=_total(*(inbound.count(name) for name in ("Working", "Shipped", "Receiving"))),
            unsellable=units.count("Unfulfillable"),
            researching=units.count("Researching"),
            observed_at=message.happened_at,
        )


def _report(document: Document) -> Iterator[Row | Rejected]:
    report = table(document)
    where = _pool(document.context.get("store", ""))
    return each(report.records(), partial(_reader(report), where=where))


def _reader(report: Table) -> Any:
    """Which of the stock reports this is, by a column that only it has."""
    readers = {
        "afn-fulfillable-quantity": _managed,
        "quantity-for-local-fulfillment": _by_country,
        "quantity-available": _network,
        "reserved-qty": _reserved,
        "seller-sku": _listed,
    }
    for name in readers:
        if name in report.columns:
            return readers[name]
    raise Unreadable(f"the file is no stock report we know; its columns begin {', '.join(list(report.columns)[:6])}")


def _row(row: Record, *, where: str, available: int | None, **counts: Any) -> Stock:
    sku = row.need("sku", "seller-sku")
    return Stock(
        external_id=f"{where}:{sku}",
        sku=sku,
        product_ids=_ids(row.text("asin", "asin1"), row.text("fnsku", "fulfillment-channel-sku")),
        pool=where,
        fulfilment=Fulfilment.MERCHANT if where == MERCHANT_POOL else Fulfilment.MARKETPLACE,
        available=available,
        **counts,
    )


def _managed(row: Record, *, where: str) -> Iterator[Row]:
    yield _row(
        row,
        where=where,
        available=whole(row.text("afn-fulfillable-quantity")),
        reserved=whole(row.text("afn-reserved-quantity")),
        inbound=_total(
            *(whole(row.text(f"afn-inbound-{step}-quantity")) for step in ("working", "shipped", "receiving"))
        ),
        unsellable=whole(row.text("afn-unsellable-quantity")),
        researching=whole(row.text("afn-researching-quantity")),
    )
    if row.text("mfn-listing-exists").casefold() == "yes":
        yield _row(row, where=MERCHANT_POOL, available=whole(row.text("mfn-fulfillable-quantity")))


def _network(row: Record, *, where: str) -> Iterator[Row]:
    """One row per condition of the goods: what is not sellable is counted apart."""
    units = whole(row.text("quantity-available"))
    if row.text("warehouse-condition-code").casefold() in ("sellable", ""):
        yield _row(row, where=where, available=units)


def _by_country(row: Record, *, where: str) -> Iterator[Row]:
    yield _row(row, where=f"AMAZON_{row.need('country')}", available=whole(row.text("quantity-for-local-fulfillment")))


def _reserved(row: Record, *, where: str) -> Iterator[Row]:
    yield _row(row, where=where, available=None, reserved=whole(row.text("reserved-qty")))


def _listed(row: Record, *, where: str) -> Iterator[Row]:
    """The listings report: the seller's own quantity; rows of the marketplace's network have none."""
    if fulfilment(row.text("fulfillment-channel")) is Fulfilment.MERCHANT:
        yield _row(row, where=MERCHANT_POOL, available=whole(row.text("quantity")))
