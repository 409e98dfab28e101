"""Variations, prices by task, marketplace status, the switch, and quantities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from config.core.money import LossyAmount, Money, decimal
from marketplaces.adapters.otto.sandbox import ids, variations
from marketplaces.adapters.otto.sandbox.replies import (
    by_cursor,
    by_number,
    missing,
    moment,
    read,
    refuse,
    reply,
    stamp,
    zulu,
)
from marketplaces.canonical import ListingStatus
from marketplaces.sandbox.facts import Answer, Request, View, WorldListing, WriteRefused

TASKS = "tasks"
TASK_LASTS = timedelta(seconds=20)
CHECK_LASTS = timedelta(minutes=2)
MOST_PRICES, MOST_STATES, MOST_QUANTITIES = 500, 500, 200
ERRORS = {
    "missing_image": ("600012", "An image is missing"),
    "missing_attribute": ("600031", "A mandatory attribute is missing"),
    "price_error": ("500004", "The price is out of proportion"),
}


def product_list(view: View, request: Request) -> Answer:
    """`GET /v5/products`, or one of them by `?sku=`."""
    return by_number(request, _asked(view, request), variations.variation, key="productVariations", first=0, most=100)


def status_list(view: View, request: Request) -> Answer:
    return by_number(request, _sorted(view), partial(_status, view), key="marketPlaceStatus", first=0, most=1000)


def active_list(view: View, request: Request) -> Answer:
    return by_number(request, _asked(view, request), _active, key="status", first=0, most=100)


def change_list(view: View, request: Request) -> Answer:
    """`GET /v5/products/content-changes`: of the last 28 days."""
    edited = [listing for listing in _sorted(view) if variations.is_edited(listing)]
    return by_number(request, edited, partial(_change, view), key="contentChanges", first=0, most=100)


def quantity_list(view: View, request: Request) -> Answer:
    return by_cursor(request, _sorted(view), _quantity, key="resources.variations", cursor="cursor", most=200)


def quantity(view: View, request: Request) -> Answer:
    found = view.listing(request.match["id"])
    return reply(_quantity(found)) if found else missing(request)


def set_quantities(view: View, request: Request) -> Answer:
    """`POST /v1/availability/quantities`: 200, or 207 with what was refused; the last write wins."""
    told = read(request)
    if not isinstance(told, list) or not told:
        return refuse(request, 400, "INVALID_BODY", "a list of quantities is expected")
    if len(told) > MOST_QUANTITIES:
        return refuse(request, 413, "PAYLOAD_TOO_LARGE", f"at most {MOST_QUANTITIES} quantities")
    results, errors = [], []
    for piece in told:
        if reason := _set_quantity(view, piece):
            error = {"code": 400, "title": "refused", "detail": reason}
            errors.append({**error, "path": request.path, "logref": "log-207"})
        else:
            results.append(piece)
    return reply({"results": results, "errors": errors}, status=207 if errors else 200)


def _set_quantity(view: View, piece: Any) -> str:
    sku, units = str(piece.get("sku", "")), piece.get("quantity")
    if not view.listing(sku) or isinstance(units, bool) or not isinstance(units, int) or units < 0:
        return f"{sku}: unknown SKU or no count"
    return _done(sku, partial(view.set_quantity, sku, "", units))


def _done(sku: str, write: Callable[[], None]) -> str:
    """Why a write to one variation is not taken; it keeps none of the others."""
    try:
        write()
    except WriteRefused as error:
        return f"{sku}: {error}"
    return ""


def set_prices(view: View, request: Request) -> Answer:
    """`POST /v5/products/prices`: 202 and a task; the first check is about words, not about what is online."""
    told = read(request)
    if not isinstance(told, list) or not told:
        return refuse(request, 400, "INVALID_BODY", "a list of prices is expected")
    if len(told) > MOST_PRICES:
        return refuse(request, 413, "PAYLOAD_TOO_LARGE", f"at most {MOST_PRICES} prices")
    return started(view, len(told), [reason for piece in told if (reason := _set_price(view, piece))])


def started(view: View, total: int, failed: list[str]) -> Answer:
    """202 with a new task."""
    task = f"task-{sum(1 for _ in view.shelf(TASKS)) + 1}"
    view.put(TASKS, task, {"at": view.at.isoformat(), "total": total, "failed": failed})
    return reply(_task(view, task), status=202)


def _set_price(view: View, piece: Any) -> str:
    sku, told = str(piece.get("sku", "")), piece.get("standardPrice") or {}
    try:
        price = decimal(told.get("amount"))
    except LossyAmount:
        return f"{sku}: the price is not a number"
    if view.listing(sku) is None:
        return f"{sku}: unknown SKU"
    if told.get("currency") != "EUR" or price <= 0:
        return f"{sku}: the price must be above zero, in EUR"
    return _done(sku, partial(view.set_price, sku, "", Money(price, "EUR")))


def post_products(view: View, request: Request) -> Answer:
    """`POST /v5/products`: whole variations; 202 and a task, and a check of the content afterwards."""
    told = read(request)
    if not isinstance(told, list) or not told:
        return refuse(request, 400, "INVALID_BODY", "a list of variations is expected")
    if len(told) > variations.MOST:
        return refuse(request, 413, "PAYLOAD_TOO_LARGE", f"at most {variations.MOST} variations")
    return started(view, len(told), [reason for piece in told if (reason := variations.post(view, piece))])


def set_active(view: View, request: Request) -> Answer:
    """`POST /v5/products/active-status`: the seller's own switch."""
    told = read(request)
    pieces = told.get("status") if isinstance(told, dict) else None
    if not isinstance(pieces, list) or not pieces:
        return refuse(request, 400, "INVALID_BODY", "a list under status is expected")
    if len(pieces) > MOST_STATES:
        return refuse(request, 413, "PAYLOAD_TOO_LARGE", f"at most {MOST_STATES} states")
    for piece in pieces:
        if view.listing(str(piece.get("sku", ""))) is None or not isinstance(piece.get("active"), bool):
            return refuse(request, 400, "INVALID_STATUS", f"{piece.get('sku')}: unknown SKU, or active is not told")
    return started(view, len(pieces), [reason for piece in pieces if (reason := _switch(view, piece))])


def _switch(view: View, piece: Any) -> str:
    sku, state = str(piece["sku"]), "no" if piece["active"] else "yes"
    return _done(sku, partial(view.set_content, sku, "", "on_hold", state))


def task(view: View, request: Request) -> Answer:
    known = view.get(TASKS, request.match["id"])
    return reply(_task(view, request.match["id"])) if known else missing(request)


def failed_of_task(view: View, request: Request) -> Answer:
    known = view.get(TASKS, request.match["id"])
    if known is None:
        return missing(request)
    errors = [{"code": "INVALID_PRICE", "title": reason} for reason in known["failed"]]
    return reply({"results": [{"variation": error["title"].partition(":")[0], "errors": [error]} for error in errors]})


def _task(view: View, name: str) -> dict[str, Any]:
    known = view.get(TASKS, name) or {}
    ready_at = moment(known["at"])
    is_done = ready_at is not None and ready_at + TASK_LASTS <= view.at
    failed = len(known["failed"])
    return {
        "state": "done" if is_done else "pending",
        "progress": 100 if is_done else 0,
        "total": known["total"],
        "succeeded": known["total"] - failed if is_done else 0,
        "failed": failed if is_done else 0,
        "unchanged": 0,
        "pingAfter": zulu((ready_at or view.at) + TASK_LASTS),
        "links": [{"rel": "self", "href": f"/v5/products/update-tasks/{name}"}],
    }


def _asked(view: View, request: Request) -> list[WorldListing]:
    """All of them, or the one of `?sku=`."""
    sku = request.params.get("sku")
    return [listing for listing in _sorted(view) if sku in (None, listing.product.sku)]


def _sorted(view: View) -> list[WorldListing]:
    return sorted(view.listings(), key=lambda listing: listing.product.sku)


def _status(view: View, listing: WorldListing) -> dict[str, Any]:
    is_checked = bool(listing.content) and view.at < listing.changed_at + CHECK_LASTS
    is_refused = listing.status == ListingStatus.SUPPRESSED
    errors = [ERRORS[code] for code in listing.issue_codes]
    told = [{"code": code, "title": title} for code, title in errors]
    return {
        "sku": listing.product.sku,
        "moin": ids.product_moin(listing.product.serial),
        "status": "PENDING" if is_checked else "REJECTED" if is_refused else "RESTRICTED" if told else "ONLINE",
        "errors": told if is_refused else [],
        "information": [] if is_refused else told,
        "lastModified": stamp(listing.changed_at),
    }


def _change(view: View, listing: WorldListing) -> dict[str, Any]:
    """Every four weeks, each variation on a day of its own."""
    product = listing.product
    day = view.at.date() - timedelta(days=(view.at.date().toordinal() - product.serial) % 28)
    return {
        "sku": product.sku,
        "ean": product.ean,
        "productReference": variations.reference(listing),
        "shopLink": f"https://shop.example.invalid/p/{product.serial}",
        "lastContentChange": f"{day.isoformat()}T00:00:00.000Z",
    }


def _active(listing: WorldListing) -> dict[str, Any]:
    is_on = listing.status != ListingStatus.PAUSED
    return {"sku": listing.product.sku, "active": is_on, "lastModified": stamp(listing.changed_at)}


def _quantity(listing: WorldListing) -> dict[str, Any]:
    return {"sku": listing.product.sku, "quantity": listing.quantity, "lastModified": zulu(listing.changed_at)}
