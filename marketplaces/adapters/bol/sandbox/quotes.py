"""Commissions quoted for a price, and everyone's offers of a product."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from config.core.money import LossyAmount, decimal, quantise
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.adapters.bol.sandbox.orders import METHODS
from marketplaces.adapters.bol.sandbox.replies import PER_PAGE, bad, read, reply
from marketplaces.sandbox import tariffs
from marketplaces.sandbox.facts import Answer, Request, View, WorldListing, WorldOffer

MOST_QUERIES = 100
OTHERS = Decimal("0.15")


def commissions(view: View, request: Request) -> Answer:
    """`POST /retailer/commission`: up to a hundred products, each at a price."""
    queries = read(request).get("commissionQueries") or []
    if not 0 < len(queries) <= MOST_QUERIES:
        return bad(request, "commissionQueries", "must be from 1 to 100")
    categories = {product.ean: product.category for _, product in view.offered()}
    try:
        quoted = [_quoted(query, categories.get(str(query.get("ean")), "")) for query in queries]
    except LossyAmount:
        return bad(request, "commissionQueries", "unitPrice must be a number")
    return reply({"commissions": quoted})


def _quoted(query: dict[str, Any], category: str) -> dict[str, Any]:
    rate = Decimal(tariffs.COMMISSION[category]) if category else OTHERS
    price = decimal(query.get("unitPrice"))
    return {
        "ean": str(query.get("ean")),
        "condition": query.get("condition", "NEW"),
        "unitPrice": price,
        "fixedAmount": Decimal("0.00"),
        "percentage": rate * 100,
        "totalCost": quantise(price * rate, "EUR"),
        "reductions": [],
    }


def competing(view: View, request: Request) -> Answer:
    """`GET /retailer/products/{ean}/offers?country-code=`: ours and the competitors'."""
    country = request.params.get("country-code", "NL")
    ours = next((x for x in view.listings(country) if x.product.ean == request.match["ean"]), None)
    found = view.offer(ours.product.sku, country) if ours else None
    if found is None or request.params.get("page", "1") != "1":
        return reply({})
    shown = [_own(view, found), *_others(found)][:PER_PAGE]
    if request.params.get("best-offer-only") == "true":
        shown = [piece for piece in shown if piece["bestOffer"]]
    return reply({"offers": shown} if shown else {})


def _own(view: View, found: WorldOffer) -> dict[str, Any]:
    listing: WorldListing = found.listing
    return {
        "offerId": ids.offer_id(listing.serial),
        "retailerId": view.account.settings["retailer_id"],
        "countryCode": listing.store.code,
        "bestOffer": found.is_featured_own is True,
        "price": listing.price.amount,
        "fulfilmentMethod": METHODS[listing.fulfilment],
        "condition": "NEW",
    }


def _others(found: WorldOffer) -> list[dict[str, Any]]:
    return [
        {
            "offerId": ids.offer_id(10_000_000 + other.seller_serial),
            "retailerId": str(2_000_000 + other.seller_serial),
            "countryCode": found.listing.store.code,
            "bestOffer": other.is_featured,
            "price": other.price.amount,
            "fulfilmentMethod": METHODS.get(other.fulfilment, "FBR"),
            "condition": "NEW",
        }
        for other in found.competitors
    ]
