"""The reports that can be asked for, as tab-separated files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplaces.adapters.amazon import reports as kinds
from marketplaces.adapters.amazon.sandbox import ids, pools
from marketplaces.adapters.amazon.sandbox.answers import stamp
from marketplaces.adapters.amazon.stores import pool
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.contract import Store
from marketplaces.sandbox.facts import View, WorldListing, WorldOrder, WorldReturn

Rows = Callable[[View, Sequence[Store], datetime, datetime], Iterator[list[str]]]
_STATUSES = {
    ListingStatus.ACTIVE: "Active", ListingStatus.HIDDEN: "Active", ListingStatus.PAUSED: "Inactive",
    ListingStatus.INACTIVE: "Inactive", ListingStatus.SUPPRESSED: "Incomplete",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    header: tuple[str, ...]
    rows: Rows


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    return "".join("\t".join(cells) + "\r\n" for cells in (header, *rows)).encode()


def _listings(view: View, stores: Sequence[Store], since: datetime, until: datetime) -> Iterator[list[str]]:
    """The report of one store; asked for several, it covers the first."""
    for listing in view.listings(stores[0].code):
        yield _listing(listing)


def _listing(listing: WorldListing) -> list[str]:
    is_network = listing.fulfilment is Fulfilment.MARKETPLACE
    mark = "," if listing.store.currency == "EUR" else "."
    return [
        listing.title, f"L{listing.serial}", listing.product.sku, str(listing.price.amount).replace(".", mark),
        "" if is_network else str(listing.quantity), listing.changed_at.strftime("%d/%m/%Y %H:%M:%S UTC"), "4", "11",
        ids.item_id(listing.product.serial), listing.product.ean, pool(listing.store.code) if is_network else "DEFAULT",
        _STATUSES.get(listing.status, "Inactive"),
    ]  # fmt: skip


def _shipments(view: View, stores: Sequence[Store], since: datetime, until: datetime) -> Iterator[list[str]]:
    for order in view.orders(since=since, until=max(until, view.at)):
        if order.fulfilment is Fulfilment.MARKETPLACE and order.shipped_at and since <= order.shipped_at < until:
            yield from _shipment(order, order.shipped_at)


def _shipment(order: WorldOrder, shipped_at: datetime) -> Iterator[list[str]]:
    for line in order.lines:
        if line.shipped:
            yield [
                ids.order_id(order.serial, order.store), f"S{order.serial}", f"S{line.serial}", ids.line_id(line.serial),
                stamp(order.placed_at), stamp(shipped_at), stamp(shipped_at), line.product.sku, str(line.shipped),
                order.store.currency, order.carrier, order.tracking_number, order.country,
            ]  # fmt: skip


def _network_returns(view: View, stores: Sequence[Store], since: datetime, until: datetime) -> Iterator[list[str]]:
    for item in view.returns(since=since, until=until):
        if item.fulfilment is Fulfilment.MARKETPLACE:
            yield [
                stamp(item.returned_at), ids.order_id(item.order_serial, item.store), item.product.sku,
                ids.item_id(item.product.serial), ids.unit_id(item.product.serial), item.product.title,
                str(item.quantity), "SIM1", "SELLABLE" if item.is_sellable else "CUSTOMER_DAMAGED",
                item.reason.upper(), "Unit returned to inventory", f"LPNS{item.serial}", "",
            ]  # fmt: skip


def _merchant_returns(view: View, stores: Sequence[Store], since: datetime, until: datetime) -> Iterator[list[str]]:
    for item in view.returns(since=since, until=until):
        if item.fulfilment is Fulfilment.MERCHANT:
            yield _merchant_return(item)


def _merchant_return(item: WorldReturn) -> list[str]:
    return [
        ids.order_id(item.order_serial, item.store), stamp(item.returned_at),
        "Completed" if item.is_handled else "Approved", f"D{item.serial}RRMA", ids.item_id(item.product.serial),
        item.product.sku, item.product.title, str(item.quantity), item.reason.upper(),
    ]  # fmt: skip


FILES: dict[str, File] = {
    kinds.AGES: File(pools.AGES_HEADER, pools.ages),
    kinds.STRANDED: File(pools.STRANDED_HEADER, pools.stranded),
    kinds.LISTINGS: File(
        ("item-name", "listing-id", "seller-sku", "price", "quantity", "open-date", "product-id-type",
         "item-condition", "asin1", "product-id", "fulfillment-channel", "status"), _listings,
    ),
    kinds.SHIPMENTS: File(
        ("amazon-order-id", "shipment-id", "shipment-item-id", "amazon-order-item-id", "purchase-date",
         "shipment-date", "reporting-date", "sku", "quantity-shipped", "currency", "carrier", "tracking-number",
         "ship-country"), _shipments,
    ),
    kinds.NETWORK_RETURNS: File(
        ("return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
         "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments"), _network_returns,
    ),
    kinds.MERCHANT_RETURNS: File(
        ("Order ID", "Return request date", "Return request status", "Amazon RMA ID", "ASIN", "Merchant SKU",
         "Item Name", "Return quantity", "Return reason"), _merchant_returns,
    ),
}  # fmt: skip
