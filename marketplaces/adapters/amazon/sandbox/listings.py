"""Listings Items: search, read one, and patch price or quantity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from config.core.money import Money
from marketplaces.adapters.amazon.sandbox import ids, words
from marketplaces.adapters.amazon.sandbox.answers import Refused, body_of, camel, ok, stamp, state_of, time_of, token
from marketplaces.adapters.amazon.sandbox.words import refusal
from marketplaces.adapters.amazon.stores import pool
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.contract import Store
from marketplaces.sandbox.facts import Answer, Request, View, WorldListing

_MOST = 1000
_WORDS = {ListingStatus.ACTIVE: ["BUYABLE", "DISCOVERABLE"], ListingStatus.HIDDEN: ["BUYABLE"]}
_ISSUES: dict[str, tuple[str, str, str, str]] = {
    "missing_image": ("18155", "MISSING_IMAGE", "The main image is missing.", "main_product_image_locator"),
    "missing_attribute": ("90220", "MISSING_ATTRIBUTE", "A required attribute is missing.", "material"),
    "price_error": ("18469", "INVALID_PRICE", "The price looks like a mistake.", "purchasable_offer"),
}


def search(view: View, request: Request) -> Answer:
    params = request.params
    store = _store(view, params)
    size = int(params.get("pageSize", "10"))
    if not 1 <= size <= 20:
        raise Refused(400, "InvalidInput", "pageSize must be between 1 and 20.")
    since, until = time_of(params, "lastUpdatedAfter"), time_of(params, "lastUpdatedBefore")
    skus = set(filter(None, params.get("identifiers", "").split(",")))
    found = [
        listing
        for listing in view.listings(store.code)
        if (not since or listing.changed_at >= since)
        and (not until or listing.changed_at < until)
        and (not skus or listing.product.sku in skus)
    ]
    found.sort(key=lambda listing: (listing.changed_at, listing.serial))
    start = int(state_of(params["pageToken"])["start"]) if params.get("pageToken") else 0
    blocks = set(params.get("includedData", "summaries").split(","))
    body: dict[str, Any] = {
        "numberOfResults": len(found),
        "items": [item(listing, blocks) for listing in found[start : min(start + size, _MOST)]],
    }
    if start + size < min(len(found), _MOST):
        body["pagination"] = {"nextToken": token({"start": start + size})}
    return ok(body)


def get(view: View, request: Request) -> Answer:
    listing = _listing(view, request)
    return ok(item(listing, set(request.params.get("includedData", "summaries").split(","))))


def _store(view: View, params: Any) -> Store:
    wanted = params.get("marketplaceIds", "")
    for store in view.stores:
        if store.external_id == wanted:
            return store
    raise Refused(400, "InvalidInput", f"marketplaceIds {wanted!r} is not a store of this account.")


def _listing(view: View, request: Request) -> WorldListing:
    if unquote(request.match["seller"]) != view.account.settings["seller_id"]:
        raise Refused(403, "AccessDenied", "The seller is not the authorised one.")
    sku = unquote(request.match["sku"])
    listing = view.listing(sku, _store(view, request.params).code)
    if listing is None:
        raise Refused(404, "NotFound", f"SKU {sku!r} was not found in this store.")
    return listing


def item(listing: WorldListing, blocks: set[str]) -> dict[str, Any]:
    store = listing.store.external_id
    is_network = listing.fulfilment is Fulfilment.MARKETPLACE
    channel = {"fulfillmentChannelCode": pool(listing.store.code) if is_network else "DEFAULT"}
    every: dict[str, Any] = {
        "summaries": [_summary(listing)],
        "attributes": _attributes(listing) if "attributes" in blocks else {},
        "issues": [_issue(code, store) for code in listing.issue_codes],
        "offers": [{"marketplaceId": store, "offerType": "B2C", "price": camel(listing.price)}],
        "fulfillmentAvailability": [channel if is_network else {**channel, "quantity": listing.quantity}],
        "productTypes": [{"marketplaceId": store, "productType": "PRODUCT"}],
    }
    return {"sku": listing.product.sku, **{name: block for name, block in every.items() if name in blocks}}


def _summary(listing: WorldListing) -> dict[str, Any]:
    return {
        "marketplaceId": listing.store.external_id,
        "asin": ids.item_id(listing.product.serial),
        "productType": "PRODUCT",
        "conditionType": "new_new",
        "status": _WORDS.get(listing.status, []),
        "fnSku": ids.unit_id(listing.product.serial),
        "itemName": listing.title,
        "createdDate": "2025-01-15T09:00:00.000Z",
        "lastUpdatedDate": stamp(listing.changed_at),
    }


def _issue(code: str, store: str) -> dict[str, Any]:
    number, category, message, attribute = _ISSUES[code]
    issue: dict[str, Any] = {
        "code": number,
        "message": message,
        "severity": "ERROR",
        "attributeNames": [attribute],
        "categories": [category],
        "marketplaceIds": [store],
    }
    if code == "missing_image":
        actions = [{"action": "LISTING_SUPPRESSED"}]
        issue["enforcements"] = {"actions": actions, "exemption": {"status": "NOT_EXEMPT"}}
    return issue


def _attributes(listing: WorldListing) -> dict[str, Any]:
    """A price for everybody and one for businesses, so that a careless write would show."""
    common = {"marketplace_id": listing.store.external_id, "currency": listing.price.currency}
    offers = [
        {**common, "audience": audience, "our_price": [{"schedule": [{"value_with_tax": listing.price.amount}]}]}
        for audience in ("ALL", "B2B")
    ]
    own = [] if listing.fulfilment is Fulfilment.MARKETPLACE else [
        {"fulfillment_channel_code": "DEFAULT", "quantity": listing.quantity, "lead_time_to_ship_max_days": 2}
    ]  # fmt: skip
    return {"purchasable_offer": offers, "fulfillment_availability": own, **words.attributes(listing)}


def patch(view: View, request: Request) -> Answer:
    """200 in any case that is well formed: what is wrong with the values stands in the answer's status and issues."""
    listing, body = _listing(view, request), body_of(request)
    if not body.get("productType") or not isinstance(body.get("patches"), list):
        raise Refused(400, "InvalidInput", "productType and patches are required.")
    is_preview = request.params.get("mode") == "VALIDATION_PREVIEW"
    told, numbers = words.split(body["patches"])
    problem = words.wrong(listing, told)
    if not problem and not is_preview:
        words.keep(view, listing, told)
        problem = next((wrong for change in numbers if (wrong := _apply(view, listing, change))), None)
    if problem:
        return ok(_submission(listing, "INVALID", [problem]))
    return ok(_submission(listing, "VALID" if is_preview else "ACCEPTED", []))


def _submission(listing: WorldListing, status: str, issues: list[Any]) -> dict[str, Any]:
    return {
        "sku": listing.product.sku,
        "status": status,
        "submissionId": f"simulated-{listing.serial}",
        "issues": issues,
        "identifiers": [
            {"marketplaceId": listing.store.external_id, "asin": ids.item_id(listing.product.serial)}
        ],
    }  # fmt: skip


def _apply(view: View, listing: WorldListing, change: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = [row for row in change.get("value") or [] if isinstance(row, dict)]
    if change.get("path") == "/attributes/purchasable_offer":
        return _price(view, listing, rows)
    if change.get("path") == "/attributes/fulfillment_availability":
        return _quantity(view, listing, rows)
    raise Refused(400, "InvalidInput", f"Path {change.get('path')!r} cannot be patched.")


def _price(view: View, listing: WorldListing, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    ours = next((row for row in rows if row.get("audience", "ALL") == "ALL"), None)
    if ours is None or ours.get("currency") != listing.price.currency:
        return refusal("INVALID_ATTRIBUTE", "The currency is not the store's.", "purchasable_offer")
    amount = ours["our_price"][0]["schedule"][0]["value_with_tax"]
    if isinstance(amount, str) or amount <= 0:
        return refusal("INVALID_PRICE", "The price must be a number above zero.", "purchasable_offer")
    view.set_price(listing.product.sku, listing.store.code, Money(amount, listing.price.currency))
    return None


def _quantity(view: View, listing: WorldListing, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One write reaches every store of a shared account."""
    row = next((row for row in rows if row.get("fulfillment_channel_code") == "DEFAULT"), {})
    if listing.fulfilment is Fulfilment.MARKETPLACE or int(row.get("quantity", -1)) < 0:
        return refusal("INVALID_ATTRIBUTE", "The quantity cannot be set here.", "fulfillment_availability")
    view.set_quantity(listing.product.sku, "", int(row["quantity"]))
    return None
