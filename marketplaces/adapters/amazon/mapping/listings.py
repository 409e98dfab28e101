"""Listings of the API and of the all-listings report -> Listing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon import words
from marketplaces.adapters.amazon.mapping.document import Document, Record, read, table
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.statuses import LISTING_STATUSES, fulfilment
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount, decimal_mark, whole
from marketplaces.adapters.amazon.stores import channel, find
from marketplaces.canonical import (
    Fulfilment,
    IdentifierKind,
    Listing,
    ListingIssue,
    ListingStatus,
    ProductId,
    Rejected,
    Row,
    Severity,
)
from marketplaces.contract import Page

_SEVERITIES = {"ERROR": Severity.ERROR, "WARNING": Severity.WARNING, "INFO": Severity.INFO}
_ID_KINDS = {
    "1": IdentifierKind.MARKETPLACE_ITEM, "2": IdentifierKind.GTIN, "3": IdentifierKind.GTIN, "4": IdentifierKind.GTIN,
}  # fmt: skip


def listings(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_items, from_table=report_listings)


def items_of(raw: Any) -> list[Any]:
    """The items of a search, one item, or a list of either."""
    if isinstance(raw, list):
        pages = (items_of(unit) if isinstance(unit, dict) and "items" in unit else [unit] for unit in raw)
        return [item for page in pages for item in page]
    body = Node(raw)
    if body.has("payload"):
        return items_of(body.get("payload"))
    if body.has("items"):
        found = body.get("items")
        return found if isinstance(found, list) else []
    if not body.has("sku"):
        raise Unreadable("the document has neither items nor sku; is it another resource?")
    return [raw]


def _items(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    return each(items_of(raw), partial(_item, context=context), key="sku")


def _item(raw: Any, *, context: Mapping[str, str]) -> Iterator[Row]:
    """One row per store that the item tells about."""
    item = Node(raw, "item")
    sku = item.need("sku")
    summaries = item.nodes("summaries")
    if not summaries:
        raise Unreadable(f"listing {sku} has no summaries; ask for them with includedData")
    for summary in summaries:
        yield _listing(item, summary, sku)


def _listing(item: Node, summary: Node, sku: str) -> Listing:
    store = summary.need("marketplaceId")
    issues = tuple(
        _issue(issue) for issue in item.nodes("issues") if store in (issue.words("marketplaceIds") or (store,))
    )
    words = summary.words("status")
    asin, unit = summary.text("asin"), summary.text("fnSku")
    channels = item.nodes("fulfillmentAvailability")
    return Listing(
        external_id=sku,
        changed_at=summary.moment("lastUpdatedDate"),
        channel=channel(store),
        sku=sku,
        product_ids=_ids(asin, unit),
        title=summary.text("itemName"),
        status=_status(item, words, issues),
        status_raw=" ".join(words),
        fulfilment=fulfilment(channels[0].text("fulfillmentChannelCode")) if channels else Fulfilment.UNKNOWN,
        price=price_in(item, store),
        quantity=_quantity(channels),
        image_url=summary.node("mainImage").text("link"),
        issues=issues if item.has("issues") else None,
        content=_content(item, store),
    )


def _content(item: Node, store: str) -> dict[str, str]:
    """Texts, pictures and attributes, where the item was asked for with its attributes and the store is known."""
    known = find(store)
    return words.content(known, item.raw) if known else {}


def price_in(item: Node, store: str) -> Money | None:
    """The price for everybody in one store; business prices are others."""
    for offer in item.nodes("offers"):
        if offer.text("marketplaceId") == store and offer.text("offerType") in ("B2C", ""):
            return offer.money("price")
    return None


def _ids(asin: str, unit: str = "") -> tuple[ProductId, ...]:
    ids = [ProductId(IdentifierKind.MARKETPLACE_ITEM, asin)] if asin else []
    if unit and unit != asin:
        ids.append(ProductId(IdentifierKind.MARKETPLACE_UNIT, unit))
    return tuple(ids)


def _quantity(channels: list[Node]) -> int | None:
    known = [
        row.count("quantity")
        for row in channels
        if fulfilment(row.text("fulfillmentChannelCode")) is Fulfilment.MERCHANT
    ]
    return known[0] if known else None


def _status(item: Node, words: tuple[str, ...], issues: tuple[ListingIssue, ...]) -> ListingStatus:
    """Buyable and found, buyable but hidden from search, taken down, or simply not for sale."""
    actions = {
        action.text("action")
        for issue in item.nodes("issues")
        for action in issue.node("enforcements").nodes("actions")
    }
    if "BUYABLE" in words:
        is_hidden = "DISCOVERABLE" not in words or "SEARCH_SUPPRESSED" in actions
        return ListingStatus.HIDDEN if is_hidden else ListingStatus.ACTIVE
    is_blocked = "LISTING_SUPPRESSED" in actions or any(issue.severity is Severity.ERROR for issue in issues)
    return ListingStatus.SUPPRESSED if is_blocked else ListingStatus.INACTIVE


def _issue(issue: Node) -> ListingIssue:
    actions = [action.text("action") for action in issue.node("enforcements").nodes("actions")]
    return ListingIssue(
        code=issue.text("code"),
        severity=_SEVERITIES.get(issue.text("severity").upper(), Severity.INFO),
        message=issue.text("message"),
        attributes=issue.words("attributeNames"),
        is_blocking=any(action in ("LISTING_SUPPRESSED", "CATALOG_ITEM_REMOVED") for action in actions),
    )


def report_listings(document: Document, *needed: str) -> Iterator[Row | Rejected]:
    """The report names neither store nor currency: both come with the page, from the request."""
    report = table(document, "seller-sku", *needed)
    store = find(document.context.get("store", ""))
    currency = store.currency if store else document.context.get("currency", "")
    mark = report_mark(document, "price")
    build = partial(
        _record, code=store.code if store else document.context.get("store", ""), currency=currency, mark=mark
    )
    return each(report.records(), build)


def report_mark(document: Document, *names: str) -> str:
    """The decimal mark of a report, from the first amount that proves one."""
    report = table(document)
    return next((mark for row in report.records() for name in names if (mark := decimal_mark(row.text(name)))), ".")


def _record(row: Record, *, code: str, currency: str, mark: str) -> Iterator[Row]:
    sku, price = row.need("seller-sku", "sku"), row.text("price")
    word, opened = row.text("status"), row.text("open-date")
    extra = {} if currency or not price else {"price_without_currency": price}
    if opened:
        extra["opened"] = opened
    yield Listing(
        external_id=sku,
        channel=code,
        sku=sku,
        product_ids=_report_ids(row),
        title=row.text("item-name"),
        status=LISTING_STATUSES.get(word.casefold(), ListingStatus.UNKNOWN),
        status_raw=word,
        fulfilment=fulfilment(row.text("fulfillment-channel", "fulfilment-channel")),
        price=Money(amount(price, mark=mark), currency) if price and currency else None,
        quantity=whole(row.text("quantity")),
        image_url=row.text("image-url"),
        extra=extra,
    )


def _report_ids(row: Record) -> tuple[ProductId, ...]:
    ids = list(_ids(row.text("asin1", "asin")))
    kind, value = _ID_KINDS.get(row.text("product-id-type")), row.text("product-id")
    if kind and value and ProductId(kind, value) not in ids:
        ids.append(ProductId(kind, value))
    return tuple(ids)
