"""Own offers in v11 (list, one, patch, reasons) and v10 (one, price, stock, export), and what lies in bol's warehouse.

The world prices each store apart, so every listing of the world is an offer of its own, available in one country.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from config.core.money import LossyAmount, Money, decimal
from marketplaces.adapters.bol.endpoints import V10_CSV, V11
from marketplaces.adapters.bol.sandbox import ids, processes, switches
from marketplaces.adapters.bol.sandbox.orders import METHODS
from marketplaces.adapters.bol.sandbox.replies import bad, missing, paged, read, reply, stamp
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.sandbox.facts import Answer, Request, View, WorldListing, WorldStock

PER_PAGE = 100
MOST_STOCK = 999
HIGHEST_PRICE = Decimal(9999)
BUNDLES = "bundle_prices"
REASONS = {
    "missing_image": ("4003", "The product has no image"),
    "missing_attribute": ("4004-2", "Required content attributes are missing"),
    "price_error": ("2001", "The price is out of proportion"),
}
EXPORT_COLUMNS = (
    "offerId", "ean", "conditionName", "conditionCategory", "conditionComment", "bundlePricesPrice",
    "fulfilmentDeliveryCode", "stockAmount", "onHoldByRetailer", "fulfilmentType", "mutationDateTime", "referenceCode",
    "correctedStock",
)  # fmt: skip


def offer_list(view: View, request: Request) -> Answer:
    """`GET /retailer/offers` of v11: the cursor is the place in the list."""
    cursor, size = request.params.get("cursor", "0"), request.params.get("page-size", str(PER_PAGE))
    if not cursor.isdigit() or not size.isdigit() or not 0 < int(size) <= PER_PAGE:
        return bad(request, "page-size", "must be from 1 to 100, and the cursor one that was given")
    found, start = view.listings(), int(cursor)
    shown = [_v11(view, listing) for listing in found[start : start + int(size)]]
    after = start + int(size)
    body = {"offers": shown, "page": {"nextCursor": str(after) if after < len(found) else None}}
    return reply(body, media=V11)


def offer(view: View, request: Request) -> Answer:
    """`GET /retailer/offers/{id}`, in the version that the Accept header names."""
    found = find(view, request.match["id"])
    if found is None:
        return missing(request)
    accept = next((value for name, value in request.headers.items() if name.lower() == "accept"), "")
    return reply(_v11(view, found), media=V11) if accept == V11 else reply(_v10(view, found))


def reasons(view: View, request: Request) -> Answer:
    """`GET /retailer/offers/{id}/not-for-sale-reasons`; nothing to say is 204."""
    found = find(view, request.match["id"])
    if found is None:
        return missing(request)
    if not _blocking(found):
        return Answer(204, b"", V11)
    told = [
        {"category": "CONTENT", "code": code, "description": description}
        for code, description in map(REASONS.__getitem__, _blocking(found))
    ]
    country = {"countryCode": found.store.code, "reasons": told}
    return reply({"offerId": request.match["id"], "countries": [country]}, media=V11)


def patch(view: View, request: Request) -> Answer:
    """`PATCH /retailer/offers/{id}` of v11 changes only the parts that are sent."""
    found = find(view, request.match["id"])
    if found is None:
        return missing(request)
    body = read(request)
    refused = _write_price(view, request, found, body) or _write_stock(view, request, found, body)
    if not refused:
        switches.patch(view, found, body)
    changed = find(view, request.match["id"]) or found
    return refused or reply(_v11(view, changed), media=V11)


def put_offer(view: View, request: Request) -> Answer:
    """`PUT /retailer/offers/{id}` of v10 replaces the document: what is not sent is cleared; price and stock have their own."""
    found, body = find(view, request.match["id"]), read(request)
    if found is None:
        return missing(request)
    if (body.get("fulfilment") or {}).get("method") != METHODS[found.fulfilment]:
        return bad(request, "fulfilment.method", "must be given, and cannot be changed here")
    switches.put(view, found, body)
    return processes.started(view, "UPDATE_OFFER", request.match["id"])


def put_price(view: View, request: Request) -> Answer:
    """`PUT /retailer/offers/{id}/price` of v10."""
    found = find(view, request.match["id"])
    if found is None:
        return missing(request)
    refused = _write_price(view, request, found, read(request))
    return refused or processes.started(view, "UPDATE_OFFER_PRICE", request.match["id"])


def put_stock(view: View, request: Request) -> Answer:
    """`PUT /retailer/offers/{id}/stock` of v10."""
    found = find(view, request.match["id"])
    if found is None:
        return missing(request)
    refused = _write_stock(view, request, found, {"stock": read(request)})
    return refused or processes.started(view, "UPDATE_OFFER_STOCK", request.match["id"])


def export(view: View, request: Request) -> Answer:
    """`POST /retailer/offers/export`: the report's id is the entity of the process status."""
    if read(request).get("format") != "CSV":
        return bad(request, "format", "must be CSV")
    return processes.started(view, "CREATE_OFFER_EXPORT", f"export-{int(view.at.timestamp())}")


def export_file(view: View, request: Request) -> Answer:
    """`GET /retailer/offers/export/{report-id}`."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, EXPORT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_exported(listing) for listing in view.listings())
    return Answer(200, out.getvalue().encode(), V10_CSV)


def inventory(view: View, request: Request) -> Answer:
    """`GET /retailer/inventory`."""
    return paged(request, view.stock(), "inventory", _stored)


def find(view: View, offer_id: str) -> WorldListing | None:
    serial = ids.offer_serial(offer_id)
    return None if serial is None else view.listing_of(serial)


def _write_price(view: View, request: Request, found: WorldListing, body: Mapping[str, Any]) -> Answer | None:
    told = (body.get("pricing") or {}).get("bundlePrices")
    if told is None:
        return None
    try:
        prices = [(each["quantity"], decimal(each["unitPrice"])) for each in told]
    except (LossyAmount, LookupError, TypeError):
        return bad(request, "pricing.bundlePrices[0].unitPrice", "must be a number")
    if not prices or prices[0][0] != 1 or not 1 <= prices[0][1] <= HIGHEST_PRICE:
        return bad(request, "pricing.bundlePrices[0]", "must be the price of one piece, from 1 to 9999")
    if any(more <= less or dear >= cheap for (less, cheap), (more, dear) in pairwise(prices)):
        return bad(request, "pricing.bundlePrices", "quantities must rise and prices fall")
    view.set_price(found.product.sku, found.store.code, Money(prices[0][1], "EUR"))
    kept = [{"quantity": count, "unitPrice": str(price)} for count, price in prices[1:]]
    if kept or view.get(BUNDLES, str(found.serial)):
        view.put(BUNDLES, str(found.serial), {"prices": kept})
    return None


def _bundle_prices(view: View, listing: WorldListing) -> list[dict[str, Any]]:
    """The price of one piece, and those for more that were laid down for this offer; a write replaces them all."""
    kept = (view.get(BUNDLES, str(listing.serial)) or {}).get("prices", ())
    more = [{"quantity": each["quantity"], "unitPrice": decimal(each["unitPrice"])} for each in kept]
    return [{"quantity": 1, "unitPrice": listing.price.amount}, *more]


def _write_stock(view: View, request: Request, found: WorldListing, body: Mapping[str, Any]) -> Answer | None:
    stock = body.get("stock")
    if stock is None:
        return None
    amount, is_managed = stock.get("amount"), stock.get("managedByRetailer")
    if not isinstance(amount, int) or not 0 <= amount <= MOST_STOCK or not isinstance(is_managed, bool):
        return bad(request, "stock.amount", "must be from 0 to 999, with managedByRetailer")
    view.set_quantity(found.product.sku, found.store.code, amount)
    return None


def _blocking(listing: WorldListing) -> tuple[str, ...]:
    """Only a listing that the world suppresses is off sale; its other defects are warnings that bol does not give."""
    return listing.issue_codes if listing.status == ListingStatus.SUPPRESSED else ()


def _v11(view: View, listing: WorldListing) -> dict[str, Any]:
    is_own = listing.fulfilment == Fulfilment.MERCHANT
    fulfilment: dict[str, Any] = {"method": METHODS[listing.fulfilment]}
    if is_own:
        fulfilment |= {"schedule": "BOL_DELIVERY_PROMISE", "deliveryPromise": switches.promise(listing)}
    return {
        "offerId": ids.offer_id(listing.serial),
        "ean": listing.product.ean,
        "reference": listing.product.sku,
        "product": {"title": listing.title},
        "onHoldByRetailer": listing.status == ListingStatus.PAUSED,
        "condition": {"category": "NEW"},
        "pricing": {"bundlePrices": _bundle_prices(view, listing)},
        "stock": {"amount": min(listing.quantity, MOST_STOCK), "managedByRetailer": False},
        "fulfilment": fulfilment,
        "countryAvailabilities": [
            {"countryCode": listing.store.code, "forSale": listing.status == ListingStatus.ACTIVE}
        ],
        "lastModifiedDateTime": stamp(listing.changed_at),
    }


def _v10(view: View, listing: WorldListing) -> dict[str, Any]:
    is_visible = listing.status == ListingStatus.ACTIVE
    method: dict[str, Any] = {"method": METHODS[listing.fulfilment]}
    told = [REASONS[code] for code in _blocking(listing)]
    return {
        "offerId": ids.offer_id(listing.serial),
        "ean": listing.product.ean,
        **switches.kept(view, listing),
        "onHoldByRetailer": listing.status == ListingStatus.PAUSED,
        "pricing": {"bundlePrices": _bundle_prices(view, listing)},
        "stock": {"amount": listing.quantity, "correctedStock": listing.quantity, "managedByRetailer": False},
        "fulfilment": {**method, "deliveryCode": switches.code(listing)} if method["method"] == "FBR" else method,
        "store": {
            "productTitle": listing.title,
            "visible": [{"countryCode": listing.store.code}] if is_visible else [],
        },
        "condition": {"name": "NEW", "category": "NEW"},
        "notPublishableReasons": [{"code": code, "description": text} for code, text in told],
    }


def _exported(listing: WorldListing) -> dict[str, Any]:
    return {
        "offerId": ids.offer_id(listing.serial),
        "ean": listing.product.ean,
        "conditionName": "NEW",
        "conditionCategory": "NEW",
        "bundlePricesPrice": listing.price.amount,
        "fulfilmentDeliveryCode": "24uurs-22" if listing.fulfilment == Fulfilment.MERCHANT else "",
        "stockAmount": listing.quantity,
        "onHoldByRetailer": str(listing.status == ListingStatus.PAUSED).lower(),
        "fulfilmentType": METHODS[listing.fulfilment],
        "mutationDateTime": f"{listing.changed_at:%Y-%m-%d %H:%M:%S}.000 UTC",
        "referenceCode": listing.product.sku,
        "correctedStock": listing.quantity,
    }


def _stored(row: WorldStock) -> dict[str, Any]:
    return {
        "ean": row.product.ean,
        "bsku": ids.warehouse_id(row.product.serial),
        "title": row.product.title,
        "regularStock": row.available,
        "gradedStock": row.unsellable,
    }
