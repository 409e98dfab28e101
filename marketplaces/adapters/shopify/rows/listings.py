"""Variants as listings, and their units over all locations as stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.core.money import Money, decimal
from marketplaces.adapters.shopify import words
from marketplaces.adapters.shopify.rows.reading import (
    count,
    each,
    moment,
    nodes,
    number_of,
    pieces_of,
    product_ids,
    records,
    required_id,
    text,
)
from marketplaces.canonical import (
    Fulfilment,
    Listing,
    ListingIssue,
    ListingStatus,
    Rejected,
    Row,
    Severity,
    Stock,
)
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, record, whole_page

NAMES = ("productVariants", "productVariant", "nodes")
STATUSES = {
    "DRAFT": ListingStatus.INACTIVE,
    "UNLISTED": ListingStatus.INACTIVE,
    "ARCHIVED": ListingStatus.INACTIVE,
}
ONE_VARIANT = "Default Title"
MERCHANT = "merchant"


@whole_page
def listings(page: Page) -> Iterator[Row | Rejected]:
    """One Listing per variant; the shop's currency is in the page's context, for prices are bare numbers."""
    yield from each(pieces_of(page, *NAMES), lambda raw: [_listing(raw, page.context)], name="variant")


def _listing(raw: Mapping[str, Any], context: Mapping[str, str]) -> Listing:
    product, item = inner(raw, "product"), inner(raw, "inventoryItem")
    if not product:
        raise Unreadable("product is missing; check that the query asks for it")
    changes = [moment(raw.get("updatedAt"), "updatedAt"), moment(product.get("updatedAt"), "updatedAt")]
    quantity = None if item.get("tracked") is False else _optional(raw, "inventoryQuantity")
    variant = required_id(raw)
    title = text(raw, "title")
    return Listing(
        external_id=variant,
        changed_at=max((at for at in changes if at), default=None),
        channel=context.get("store", ""),
        sku=text(item, "sku") or text(raw, "sku"),
        product_ids=product_ids(barcode=text(raw, "barcode"), variant=variant, item=number_of(item.get("id"))),
        title=" - ".join(filter(None, (text(product, "title"), "" if title == ONE_VARIANT else title))),
        status=_status(raw, product, quantity),
        status_raw=text(product, "status"),
        fulfilment=Fulfilment.MERCHANT,
        price=_price(raw, context),
        quantity=quantity,
        issues=_issues(item),
        content=words.content(raw),
        extra={"product_id": number_of(product.get("id"))},
    )


def _price(raw: Mapping[str, Any], context: Mapping[str, str]) -> Money | None:
    currency = context.get("currency", "")
    return Money(decimal(raw["price"]), currency) if currency and text(raw, "price") else None


def _optional(raw: Mapping[str, Any], key: str) -> int | None:
    return None if raw.get(key) is None else count(raw, key)


def _status(raw: Mapping[str, Any], product: Mapping[str, Any], quantity: int | None) -> ListingStatus:
    """Active is what is active, published, and in stock or sold on when it is out of stock."""
    told = text(product, "status")
    if told != "ACTIVE":
        return STATUSES.get(told, ListingStatus.UNKNOWN)
    if "publishedAt" in product and not product["publishedAt"]:
        return ListingStatus.HIDDEN
    is_offered = quantity is None or quantity > 0 or text(raw, "inventoryPolicy") == "CONTINUE"
    return ListingStatus.ACTIVE if is_offered else ListingStatus.INACTIVE


def _issues(item: Mapping[str, Any]) -> tuple[ListingIssue, ...] | None:
    """A SKU that several variants share cannot tell them apart."""
    if "duplicateSkuCount" not in item:
        return None
    twice = count(item, "duplicateSkuCount", 0)
    message = f"{twice} other variants have the same SKU"
    issue = ListingIssue(code="DUPLICATE_SKU", severity=Severity.WARNING, message=message, attributes=("sku",))
    return (issue,) if twice else ()


@whole_page
def stock(page: Page) -> Iterator[Row | Rejected]:
    """One Stock per variant: the sum of its locations, each kept in `extra`. Untracked units are not known."""
    yield from each(pieces_of(page, *NAMES), lambda raw: [_stock(raw)], name="variant")


def _stock(raw: Mapping[str, Any]) -> Stock:
    item = inner(raw, "inventoryItem")
    if not item:
        raise Unreadable("inventoryItem is missing; check that the query asks for it")
    levels = [record(level, "inventoryLevels") for level in nodes(item.get("inventoryLevels"))]
    is_known = item.get("tracked") is not False and bool(levels)
    by_place = {number_of(inner(level, "location").get("id")): _quantities(level) for level in levels}
    changes = [moment(level.get("updatedAt"), "updatedAt") for level in levels]
    changed = max((at for at in changes if at), default=moment(raw.get("updatedAt"), "updatedAt"))
    variant = required_id(raw)

    def units(*names: str) -> int | None:
        told = [found[name] for found in by_place.values() for name in names if name in found]
        return sum(told) if is_known and told else None

    return Stock(
        external_id=variant,
        changed_at=changed,
        sku=text(item, "sku") or text(raw, "sku"),
        product_ids=product_ids(barcode=text(raw, "barcode"), variant=variant, item=number_of(item.get("id"))),
        pool=MERCHANT,
        fulfilment=Fulfilment.MERCHANT,
        available=units("available"),
        reserved=units("committed", "reserved"),
        inbound=units("incoming"),
        unsellable=units("damaged", "quality_control"),
        extra={"locations": by_place, "is_tracked": item.get("tracked") is not False},
    )


def _quantities(level: Mapping[str, Any]) -> dict[str, int]:
    return {text(row, "name"): count(row, "quantity") for row in records(level, "quantities")}
