"""Their words for states -> ours. Every table is open: a word that is not in it is UNKNOWN and kept as it came."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.canonical import ChangeKind, Fulfilment, ListingStatus, OrderStatus

ORDER_STATUSES: Mapping[str, OrderStatus] = {
    "PENDING": OrderStatus.PENDING,
    "PENDINGAVAILABILITY": OrderStatus.PENDING,
    "INVOICEUNCONFIRMED": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.TO_SHIP,
    "SHIPPING": OrderStatus.TO_SHIP,
    "PARTIALLYSHIPPED": OrderStatus.PARTIALLY_SHIPPED,
    "SHIPPED": OrderStatus.SHIPPED,
    "DELIVERED": OrderStatus.DELIVERED,
    "CANCELED": OrderStatus.CANCELLED,
    "CANCELLED": OrderStatus.CANCELLED,
}
FULFILMENTS: Mapping[str, Fulfilment] = {
    "MERCHANT": Fulfilment.MERCHANT,
    "MFN": Fulfilment.MERCHANT,
    "DEFAULT": Fulfilment.MERCHANT,
    "AMAZON": Fulfilment.MARKETPLACE,
    "AFN": Fulfilment.MARKETPLACE,
}
CHANGES: Mapping[OrderStatus, ChangeKind] = {
    OrderStatus.PENDING: ChangeKind.CREATED,
    OrderStatus.TO_SHIP: ChangeKind.CHANGED,
    OrderStatus.PARTIALLY_SHIPPED: ChangeKind.SHIPPED,
    OrderStatus.SHIPPED: ChangeKind.SHIPPED,
    OrderStatus.DELIVERED: ChangeKind.DELIVERED,
    OrderStatus.CANCELLED: ChangeKind.CANCELLED,
    OrderStatus.UNKNOWN: ChangeKind.UNKNOWN,
}
LISTING_STATUSES: Mapping[str, ListingStatus] = {
    "active": ListingStatus.ACTIVE,
    "inactive": ListingStatus.INACTIVE,
    "incomplete": ListingStatus.SUPPRESSED,
}


def order_status(word: str) -> OrderStatus:
    """Of both API versions and the report: `PARTIALLY_SHIPPED`, `Canceled`, `Shipped - Delivered to Buyer`."""
    main, _, detail = word.partition(" - ")
    if detail.casefold().startswith("delivered"):
        return OrderStatus.DELIVERED
    return ORDER_STATUSES.get(main.strip().replace("_", "").replace(" ", "").upper(), OrderStatus.UNKNOWN)


def fulfilment(code: str) -> Fulfilment:
    """`AMAZON_EU` and the like are the marketplace's own network; `DEFAULT` is the seller."""
    word = code.strip().upper()
    return Fulfilment.MARKETPLACE if word.startswith("AMAZON") else FULFILMENTS.get(word, Fulfilment.UNKNOWN)
