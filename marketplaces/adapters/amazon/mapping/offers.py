"""Who sells an item, from offer batches, single offers, competitive summaries and offer notifications -> Offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.document import read
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.notification import envelope, is_message, messages
from marketplaces.adapters.amazon.mapping.values import Unreadable, moment
from marketplaces.adapters.amazon.stores import channel
from marketplaces.canonical import Competitor, Fulfilment, IdentifierKind, Offer, ProductId, Rejected, Row
from marketplaces.contract import Page

_OFFER_TYPES = ("ANY_OFFER_CHANGED", "B2B_ANY_OFFER_CHANGED")


def offers(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_json)


def _json(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    if isinstance(raw, list):
        return each(raw, partial(_any, context=context))
    answers = Node(raw).get("responses")
    return each(answers if isinstance(answers, list) else messages(raw), partial(_any, context=context))


def _any(raw: Any, *, context: Mapping[str, str]) -> Iterator[Row]:
    """One answer of a batch, one answer of a single call, or one notification."""
    node = Node(raw, "answer")
    if is_message(raw):
        yield _notified(raw, context)
        return
    status = node.node("status").count("statusCode") if isinstance(node.get("status"), dict) else None
    if status is not None and status >= 300:
        raise Unreadable(_refusal(node, status))
    body = node.node("body") if node.has("body") else node
    if body.has("featuredBuyingOptions"):
        yield _summary(body, _seen(node, context), context)
        return
    payload = body.node("payload") if body.has("payload") else body
    yield _offer(payload, _seen(node, context), context)


def _refusal(node: Node, status: int) -> str:
    errors = [error.text("message") for error in node.node("body").nodes("errors")]
    uri = node.node("request").text("uri")
    return f"the marketplace answered {status} for {uri or 'one item'}: {'; '.join(errors) or 'no reason given'}"


def _seen(node: Node, context: Mapping[str, str]) -> datetime:
    """When the answer was made: its own date, else when we asked."""
    text = node.node("headers").text("Date")
    if text:
        try:
            return parsedate_to_datetime(text).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            return moment(text)
    if not context.get("observed_at"):
        raise Unreadable("the answer has no date and nobody told when it was asked for (observed_at)")
    return moment(context["observed_at"])


def _notified(raw: Any, context: Mapping[str, str]) -> Offer:
    message = envelope(raw)
    if message.kind not in _OFFER_TYPES:
        raise Unreadable(f"a notification of type {message.kind} says nothing about offers")
    body = message.payload.node("AnyOfferChangedNotification", "B2BAnyOfferChangedNotification")
    trigger = body.node("OfferChangeTrigger")
    seen_at = trigger.moment("TimeOfOfferChange") or message.happened_at
    if seen_at is None:
        raise Unreadable("the notification does not say when the offers changed")
    facts = {**context, "seller_id": body.text("SellerId") or context.get("seller_id", "")}
    return _build(body, asin=trigger.need("ASIN"), store=trigger.need("MarketplaceId"), seen_at=seen_at, context=facts)


def _offer(payload: Node, seen_at: datetime, context: Mapping[str, str]) -> Offer:
    asked = payload.node("Identifier")
    asin = payload.text("ASIN") or asked.text("ASIN")
    store = payload.text("MarketplaceId") or asked.need("MarketplaceId")
    sku = payload.text("SKU") or asked.text("SellerSKU")
    if not asin and not sku:
        raise Unreadable("the answer names neither an item nor a sku")
    return _build(payload, asin=asin, store=store, seen_at=seen_at, context=context, sku=sku)


def _build(body: Node, *, asin: str, store: str, seen_at: datetime, context: Mapping[str, str], sku: str = "") -> Offer:
    """A summary without featured prices means that nobody is featured; offers tell which seller is."""
    summary = body.node("Summary")
    own = context.get("seller_id", "")
    competitors = tuple(_competitor(offer, own) for offer in body.nodes("Offers"))
    featured = summary.nodes("BuyBoxPrices")
    winners = [competitor for competitor in competitors if competitor.is_featured]
    count = summary.count("TotalOfferCount")
    if count is None and summary.has("NumberOfOffers"):
        count = sum(entry.count("OfferCount") or 0 for entry in summary.nodes("NumberOfOffers"))
    return Offer(
        external_id=asin or sku,
        changed_at=seen_at,
        channel=channel(store),
        sku=sku,
        product_ids=(ProductId(IdentifierKind.MARKETPLACE_ITEM, asin),) if asin else (),
        observed_at=seen_at,
        is_featured_own=_is_own(featured, winners, own),
        featured_price=_price(featured[0]) if featured else (winners[0].price if winners else None),
        lowest_price=_lowest(summary),
        offer_count=count,
        competitors=competitors,
    )


def _is_own(featured: list[Node], winners: list[Competitor], own: str) -> bool | None:
    """Whether we are featured; None when nobody is, or when our own seller id is not known."""
    sellers = {entry.text("sellerId") for entry in featured} - {""}
    if not winners and not sellers:
        return None if not featured else (False if own else None)
    if any(winner.is_own for winner in winners) or own in sellers:
        return True
    return False if own else None


def _price(entry: Node) -> Money | None:
    return entry.money("ListingPrice") or entry.money("LandedPrice")


def _lowest(summary: Node) -> Money | None:
    prices = [price for entry in summary.nodes("LowestPrices") if (price := _price(entry))]
    return min(prices, default=None, key=lambda price: price.amount)


def _competitor(offer: Node, own: str) -> Competitor:
    seller = offer.text("SellerId")
    is_network = offer.get("IsFulfilledByAmazon")
    return Competitor(
        seller=seller,
        price=offer.need_money("ListingPrice"),
        shipping=offer.money("Shipping"),
        is_own=offer.flag("MyOffer") or bool(own and seller == own),
        is_featured=offer.flag("IsBuyBoxWinner"),
        fulfilment=Fulfilment.UNKNOWN
        if is_network is None
        else Fulfilment.MARKETPLACE
        if offer.flag("IsFulfilledByAmazon")
        else Fulfilment.MERCHANT,
    )


def _summary(body: Node, seen_at: datetime, context: Mapping[str, str]) -> Offer:
    """A competitive summary: featured offers by segment of buyers; several sellers may be featured at once."""
    own = context.get("seller_id", "")
    asin = body.need("asin")
    featured = [
        _segment(offer, own)
        for option in body.nodes("featuredBuyingOptions")
        for offer in option.nodes("segmentedFeaturedOffers")
    ]
    lowest = [
        price
        for entry in body.nodes("lowestPricedOffers")
        for offer in entry.nodes("offers")
        if (price := offer.money("listingPrice"))
    ]
    return Offer(
        external_id=asin,
        changed_at=seen_at,
        channel=channel(body.need("marketplaceId")),
        product_ids=(ProductId(IdentifierKind.MARKETPLACE_ITEM, asin),),
        observed_at=seen_at,
        is_featured_own=_is_own([], featured, own),
        featured_price=featured[0].price if featured else None,
        lowest_price=min(lowest, default=None, key=lambda price: price.amount),
        competitors=tuple(featured),
    )


def _segment(offer: Node, own: str) -> Competitor:
    options = offer.nodes("shippingOptions")
    seller = offer.text("sellerId")
    network = {"AFN": Fulfilment.MARKETPLACE, "MFN": Fulfilment.MERCHANT}
    return Competitor(
        seller=seller,
        price=offer.need_money("listingPrice"),
        shipping=options[0].money("price") if options else None,
        is_own=bool(own and seller == own),
        is_featured=True,
        fulfilment=network.get(offer.text("fulfillmentType"), Fulfilment.UNKNOWN),
    )
