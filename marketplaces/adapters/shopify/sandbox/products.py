"""Variants with their units at the one location, and the writes of price and units."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from config.core.money import LossyAmount, Money, decimal
from marketplaces.adapters.shopify.sandbox.graphql import Field, connection
from marketplaces.adapters.shopify.sandbox.ids import ITEMS, LOCATION, PRODUCTS, gid, serial
from marketplaces.adapters.shopify.sandbox.orders import stamp
from marketplaces.canonical import ListingStatus
from marketplaces.sandbox.facts import View, WorldListing, WriteRefused

KEYS = "idempotency"
MOST_ROWS = 250
LONGEST_TITLE = 255
HOSTED = "https://cdn.shop.example.invalid/files/"


def variants(view: View, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return connection([variant(listing) for listing in view.listings()], arguments)


def one(view: View, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    found = _found(view, serial(arguments.get("id"), "ProductVariant"))
    return variant(found) if found else None


def several(view: View, arguments: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """`nodes(ids:)`, in the order asked for, null where there is none."""
    return [one(view, {"id": told}) for told in arguments.get("ids") or []]


def _found(view: View, number: int | None) -> WorldListing | None:
    return None if number is None else view.listing_of(number)


def variant(listing: WorldListing) -> dict[str, Any]:
    """A product of one variant; what lacks an image is not published."""
    product = listing.product
    is_hidden = listing.status != ListingStatus.ACTIVE
    changed = stamp(listing.changed_at)
    return {
        "id": gid("ProductVariant", listing.serial),
        "sku": product.sku,
        "barcode": product.ean,
        "title": "Default Title",
        "price": format(listing.price.amount, "f"),
        "compareAtPrice": None,
        "inventoryPolicy": "DENY",
        "inventoryQuantity": listing.quantity,
        "updatedAt": changed,
        "product": {
            "id": gid("Product", PRODUCTS + listing.serial),
            "title": listing.title,
            "descriptionHtml": _markup(str(listing.content.get("description", ""))),
            "status": "ACTIVE",
            "publishedAt": None if is_hidden else changed,
            "updatedAt": changed,
            "media": connection([_medium(link) for link in _pictures(listing)], {}),
        },
        "inventoryItem": {
            "id": gid("InventoryItem", ITEMS + listing.serial),
            "sku": product.sku,
            "tracked": True,
            "duplicateSkuCount": 0,
            "inventoryLevels": connection([_level(listing)], {}),
        },
    }


def _pictures(listing: WorldListing) -> list[str]:
    """Addresses of the shop's own."""
    own = [] if "missing_image" in listing.issue_codes else [f"{HOSTED}{listing.product.serial}.jpg"]
    return list(listing.content.get("images", own))


def _medium(link: str) -> dict[str, Any]:
    return {
        "id": gid("MediaImage", zlib.crc32(link.encode())),
        "mediaContentType": "IMAGE",
        "status": "READY",
        "mediaErrors": [],
        "image": {"url": link},
    }


def _markup(words: str) -> str:
    """A plain text comes back as a paragraph for each of its own."""
    if not words or "<" in words:
        return words
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in words.split("\n\n"))


def set_product(view: View, call: Field) -> dict[str, Any]:
    """`productUpdate` changes only the fields that are given."""
    given = call.arguments.get("product") or {}
    found = _of_product(view, given.get("id"))
    if found is None:
        return {"product": None, "userErrors": [{"field": ["id"], "message": "Product does not exist"}]}
    if len(str(given.get("title", ""))) > LONGEST_TITLE or given.get("title") == "":
        return {"product": None, "userErrors": [{"field": ["title"], "message": "Title is blank or too long"}]}
    for name, field in (("title", "title"), ("descriptionHtml", "description")):
        if name in given:
            view.set_content(found.product.sku, found.store.code, field, given[name])
    return {"product": {"id": given["id"]}, "userErrors": []}


def set_files(view: View, call: Field) -> dict[str, Any]:
    """`productSet` with files alone: the list of pictures becomes this one, each kept by its id or fetched and renamed."""
    given = call.arguments.get("input") or {}
    product = (call.arguments.get("identifier") or {}).get("id")
    found = _of_product(view, product)
    if found is None:
        error = _error(["identifier"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "userErrors": [error]}
    kept = {_medium(link)["id"]: link for link in _pictures(found)}
    links = [kept.get(each.get("id")) or _hosted(each) for each in given.get("files") or ()]
    if not links or not all(links):
        return {"product": None, "userErrors": [_error(["input", "files"], "Invalid URL", "INVALID_INPUT")]}
    view.set_content(found.product.sku, found.store.code, "images", links)
    return {"product": {"id": product}, "userErrors": []}


def _hosted(file: Mapping[str, Any]) -> str:
    """Where the shop keeps a file that it fetched; empty for what it does not fetch, or under such a name."""
    source = urlsplit(str(file.get("originalSource", "")))
    name = str(file.get("filename") or PurePosixPath(source.path).name)
    is_alike = PurePosixPath(name).suffix == PurePosixPath(source.path).suffix
    return f"{HOSTED}{name}?v=1" if source.scheme == "https" and is_alike else ""


def _of_product(view: View, told: Any) -> WorldListing | None:
    number = serial(told, "Product")
    return _found(view, number - PRODUCTS) if number else None


def _level(listing: WorldListing) -> dict[str, Any]:
    told = {"available": listing.quantity, "on_hand": listing.quantity, "committed": 0, "incoming": 0}
    return {
        "id": gid("InventoryLevel", listing.serial),
        "updatedAt": stamp(listing.changed_at),
        "location": {"id": gid("Location", LOCATION), "name": "Warehouse", "isActive": True},
        "quantities": [{"name": name, "quantity": units} for name, units in told.items()],
    }


def set_price(view: View, call: Field) -> dict[str, Any]:
    """`productVariantsBulkUpdate`: all or nothing unless a part is allowed; errors name the place in the list."""
    wanted = call.arguments.get("variants") or []
    product = serial(call.arguments.get("productId"), "Product")
    is_partial = call.arguments.get("allowPartialUpdates") is True
    errors, changes = [], []
    for place, row in enumerate(wanted):
        found = _found(view, serial(row.get("id"), "ProductVariant"))
        price = _price(row.get("price"))
        if found is None or found.serial + PRODUCTS != product:
            errors.append(
                _error(
                    ["variants", str(place), "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"
                )
            )
        elif price is None:
            errors.append(_error(["variants", str(place), "price"], "Price must be a number", "INVALID_INPUT"))
        else:
            changes.append((place, found, price))
    shown = []
    for place, found, price in changes if is_partial or not errors else ():
        try:
            view.set_price(found.product.sku, found.store.code, Money(price, found.price.currency))
            shown.append({"id": wanted[place].get("id"), "price": wanted[place].get("price")})
        except WriteRefused as error:
            errors.append(_error(["variants", str(place), "price"], str(error), "INVALID_INPUT"))
    return {"productVariants": shown or None, "userErrors": errors}


def _price(value: Any) -> Decimal | None:
    try:
        told = decimal(value)
    except LossyAmount:
        return None
    return told if told >= 0 else None


def set_stock(view: View, call: Field) -> dict[str, Any]:
    """`inventorySetQuantities` with compare-and-swap; a key is good for one input."""
    given = call.arguments.get("input") or {}
    key = str(call.directives.get("idempotent", {}).get("key") or "")
    rows = given.get("quantities") or []
    if not key:
        return _refused(_error(["input"], "The @idempotent directive is required", "IDEMPOTENCY_KEY_REQUIRED"))
    kept = view.get(KEYS, key)
    if kept is not None:
        is_same = kept["input"] == given
        error = _error(None, "Used with other parameters", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
        return _done(key) if is_same else _refused(error)
    errors = [wrong for place, row in enumerate(rows) if (wrong := _stock_error(view, place, row))]
    if errors or len(rows) > MOST_ROWS:
        return _refused(*errors or [_error(["input", "quantities"], "too many rows", "INVALID_QUANTITY_TOO_HIGH")])
    for place, row in enumerate(rows):
        found = _stocked(view, row)
        if found and not view.takes_quantity(found.product.sku, found.store.code, place):
            return _refused(_untaken(view, place, found))
    for row in rows:
        if found := _stocked(view, row):
            view.set_quantity(found.product.sku, found.store.code, int(row["quantity"]))
    view.put(KEYS, key, {"input": given})
    return _done(key)


def _stocked(view: View, row: Mapping[str, Any]) -> WorldListing | None:
    return _found(view, (serial(row.get("inventoryItemId"), "InventoryItem") or 0) - ITEMS)


def _untaken(view: View, place: int, found: WorldListing) -> dict[str, Any]:
    """The reason of a write that is refused, which counts as one."""
    try:
        view.set_quantity(found.product.sku, found.store.code, found.quantity)
    except WriteRefused as error:
        return _error(["input", "quantities", str(place), "quantity"], str(error), "NON_MUTABLE_INVENTORY_ITEM")
    raise AssertionError("it was taken after all")


def _stock_error(view: View, place: int, row: Mapping[str, Any]) -> dict[str, Any] | None:
    field = ["input", "quantities", str(place)]
    found = _stocked(view, row)
    if found is None:
        return _error([*field, "inventoryItemId"], "unknown inventory item", "INVALID_INVENTORY_ITEM")
    if serial(row.get("locationId"), "Location") != LOCATION:
        return _error([*field, "locationId"], "not stocked here", "ITEM_NOT_STOCKED_AT_LOCATION")
    if "changeFromQuantity" not in row:
        return _error([*field, "changeFromQuantity"], "must be given", "INVALID_INPUT")
    if row["changeFromQuantity"] not in (None, found.quantity):
        return _error([*field, "changeFromQuantity"], "stale", "CHANGE_FROM_QUANTITY_STALE")
    if not isinstance(row.get("quantity"), int) or row["quantity"] < 0:
        return _error([*field, "quantity"], "must not be negative", "INVALID_QUANTITY_NEGATIVE")
    return None


def _error(field: list[str] | None, message: str, code: str) -> dict[str, Any]:
    return {"field": field, "message": message, "code": code}


def _done(key: str) -> dict[str, Any]:
    return {"inventoryAdjustmentGroup": {"id": gid("InventoryAdjustmentGroup", key)}, "userErrors": []}


def _refused(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"inventoryAdjustmentGroup": None, "userErrors": list(errors)}
