"""The product's own words: uploads with their reports, and the product as the catalogue shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces.adapters.bol.sandbox import processes
from marketplaces.adapters.bol.sandbox.replies import bad, missing, read, reply
from marketplaces.adapters.bol.words import NAMES
from marketplaces.sandbox.facts import Answer, Request, View, WorldListing

UPLOADS = "content_uploads"
LANGUAGES = ("nl", "nl-BE", "fr", "fr-BE")
LONGEST = {"Title": 500}
FIELD_OF = {name: field for field, name in NAMES.items()}


def upload(view: View, request: Request) -> Answer:
    """`POST /retailer/content/products`: taken at once, judged when its process is done."""
    told = read(request)
    values = {str(each.get("id")): _value(each) for each in told.get("attributes") or ()}
    if told.get("language") not in LANGUAGES:
        return bad(request, "language", f"must be one of {', '.join(LANGUAGES)}")
    listing = _by_ean(view, values.pop("EAN", ""))
    if listing is None:
        return bad(request, "attributes", "one EAN of a known product must be given")
    number = f"upload-{sum(1 for _ in view.shelf(UPLOADS)) + 1}"
    assets = [{"url": str(each.get("url")), "labels": each.get("labels") or []} for each in told.get("assets") or ()]
    kept = {"at": view.at.isoformat(), "language": told["language"], "attributes": values, "assets": assets}
    view.put(UPLOADS, number, kept)
    for field, value in _fields(listing, values, assets):
        view.set_content(listing.product.sku, "", field, value)
    return processes.started(view, "CREATE_PRODUCT_CONTENT", number)


def _value(attribute: Mapping[str, Any]) -> str:
    return next((str(each.get("value")) for each in attribute.get("values") or ()), "")


def _by_ean(view: View, ean: str) -> WorldListing | None:
    return next((view.listing(product.sku) for _, product in view.offered() if product.ean == ean), None)


def _fields(
    listing: WorldListing, values: Mapping[str, str], assets: list[dict[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """What the upload changes of our fields; what is declined changes nothing."""
    taken = {name: value for name, value in values.items() if not _declined(name, value)}
    yield from ((FIELD_OF[name], value) for name, value in taken.items() if name in FIELD_OF)
    if others := {name: value for name, value in taken.items() if name not in FIELD_OF}:
        yield "attributes", {**listing.content.get("attributes", {}), **others}
    if published := [each["url"] for each in assets if _is_published(each)]:
        yield "images", published


def _declined(name: str, value: str) -> bool:
    return len(value) > LONGEST.get(name, 10_000)


def _is_published(asset: Mapping[str, Any]) -> bool:
    return str(asset["url"]).startswith("https://")


def report(view: View, request: Request) -> Answer:
    """`GET /retailer/content/upload-report/{upload-id}`."""
    kept = view.get(UPLOADS, request.match["id"])
    if kept is None:
        return missing(request)
    is_done = processes.is_decided(view, kept)
    body = {
        "uploadId": request.match["id"],
        "language": kept["language"],
        "status": "COMPLETED" if is_done else "IN_PROGRESS",
        "attributes": [
            {"id": name, "values": [{"value": value}], **_state(is_done, _declined(name, value), "INVALID_TEXT")}
            for name, value in kept["attributes"].items()
        ],
        "assets": [{**each, **_asset_state(is_done, each)} for each in kept["assets"]],
    }
    return reply(body)


def _state(is_done: bool, is_declined: bool, why: str) -> dict[str, str]:
    if not is_done:
        return {"status": "IN_PROGRESS"}
    return {"status": "DECLINED", "subStatus": f"VALIDATION_FAILED_{why}"} if is_declined else {"status": "PUBLISHED"}


def _asset_state(is_done: bool, asset: Mapping[str, Any]) -> dict[str, str]:
    if not is_done:
        return {"status": "IN_PROGRESS"}
    return (
        {"status": "PUBLISHED"} if _is_published(asset) else {"status": "DECLINED", "subStatus": "DOWNLOAD_FAILED_404"}
    )


def product(view: View, request: Request) -> Answer:
    """`GET /retailer/content/catalog-products/{ean}`: without pictures, which the catalogue keeps elsewhere."""
    listing = _by_ean(view, request.match["id"])
    if listing is None:
        return missing(request)
    said = {"EAN": listing.product.ean, "Title": listing.title, **listing.content.get("attributes", {})}
    if "description" in listing.content:
        said["Description"] = listing.content["description"]
    return reply(
        {
            "published": True,
            "gpc": {"chunkId": listing.product.category},
            "enrichment": {"status": 1},
            "attributes": [{"id": name, "values": [{"value": value}]} for name, value in said.items()],
            "parties": [{"name": listing.product.brand, "type": "BRAND", "role": "BRAND"}],
        }
    )


def categories(view: View, request: Request) -> Answer:
    """`GET /retailer/products/categories`: everything, and below it each kind of goods that the world knows."""
    kinds = sorted({product.category for _, product in view.offered()})
    below = [{"categoryId": kind, "categoryName": kind.capitalize(), "order": n} for n, kind in enumerate(kinds, 1)]
    return reply({"categories": [{"categoryId": "all", "categoryName": "Alles", "order": 1, "subcategories": below}]})
