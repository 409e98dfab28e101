"""Prices of listings (search or single item), of the pricing API and of the listings report -> Price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.document import Document, read
from marketplaces.adapters.amazon.mapping.listings import items_of, price_in, report_listings
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount, moment
from marketplaces.adapters.amazon.stores import channel
from marketplaces.canonical import Listing, Price, Rejected, Row
from marketplaces.contract import Page


def prices(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_json, from_table=_report)


def _json(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    told = Node(raw).get("payload") if isinstance(raw, dict) and Node(raw).has("payload") else raw
    first = told[0] if isinstance(told, list) and told else told
    if isinstance(first, dict) and Node(first).has("Product", "status"):
        return each(told if isinstance(told, list) else [told], _quoted)
    return each(items_of(told), partial(_listed, seen_at=_seen(context)), key="sku")


def _seen(context: Mapping[str, str]) -> datetime | None:
    text = context.get("observed_at", "")
    return moment(text) if text else None


def _listed(raw: Any, *, seen_at: datetime | None) -> Iterator[Row]:
    """One row per store with an offer for everybody; a listing without an offer has no price and gives no row."""
    item = Node(raw, "item")
    sku = item.need("sku")
    changed = {summary.text("marketplaceId"): summary.moment("lastUpdatedDate") for summary in item.nodes("summaries")}
    if not item.has("summaries", "offers", "attributes", "issues", "fulfillmentAvailability"):
        raise Unreadable(f"of {sku} no more than its name is told; is it another resource?")
    stores = dict.fromkeys(offer.need("marketplaceId") for offer in item.nodes("offers"))
    for store in stores:
        price = price_in(item, store)
        if price is None:
            continue
        yield Price(
            external_id=sku,
            changed_at=changed.get(store),
            channel=channel(store),
            sku=sku,
            price=price,
            sale_price=_sale(item, store, price.currency),
            observed_at=seen_at,
        )


def _sale(item: Node, store: str, currency: str) -> Money | None:
    """The discounted price of the offer for everybody, as the listing's attributes schedule it."""
    offers = [
        offer
        for offer in item.node("attributes").nodes("purchasable_offer")
        if offer.text("marketplace_id") == store and offer.text("audience") in ("ALL", "")
    ]
    discounts = [discount for offer in offers for discount in offer.nodes("discounted_price")]
    values = [entry.text("value_with_tax") for discount in discounts for entry in discount.nodes("schedule")]
    found = next(filter(None, values), "")
    return Money(amount(found), currency) if found else None


def _quoted(raw: Any) -> Iterator[Row]:
    """One entry of getPricing: our own offers of an item."""
    entry = Node(raw, "payload")
    if entry.text("status") not in ("Success", ""):
        raise Unreadable(f"the marketplace gave no price: {entry.text('status')}")
    product = entry.node("Product")
    store = product.node("Identifiers").node("MarketplaceASIN").text("MarketplaceId")
    for offer in product.nodes("Offers"):
        sku = offer.text("SellerSKU") or entry.need("SellerSKU")
        regular, buying = offer.need_money("RegularPrice"), offer.node("BuyingPrice").money("ListingPrice")
        sale = buying if buying and buying < regular else None
        yield Price(external_id=sku, channel=channel(store), sku=sku, price=regular, sale_price=sale)


def _report(document: Document) -> Iterator[Row | Rejected]:
    """The listings report has prices too; a row without one, or without a known currency, gives none."""
    for row in report_listings(document, "price"):
        if isinstance(row, Rejected):
            yield row
        elif isinstance(row, Listing) and row.price is not None:
            yield Price(external_id=row.external_id, channel=row.channel, sku=row.sku, price=row.price)
        elif row.extra.get("price_without_currency"):
            yield Rejected("the report names no currency; tell its store", dict(row.extra), external_id=row.external_id)
