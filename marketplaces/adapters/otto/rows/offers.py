"""Variations: what is offered, at which price, how many, and what the marketplace thinks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.core.money import Money
from marketplaces.adapters.otto import words
from marketplaces.adapters.otto.rows.reading import (
    STORE,
    counted,
    each,
    moment,
    money,
    pieces_of,
    product_ids,
    records,
    required,
    text,
)
from marketplaces.canonical import (
    EDITED,
    Fulfilment,
    Listing,
    ListingIssue,
    ListingStatus,
    Price,
    Rejected,
    Row,
    Severity,
    Stock,
)
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, whole_page

MERCHANT = "merchant"
STATES = {
    "ONLINE": ListingStatus.ACTIVE,
    "RESTRICTED": ListingStatus.ACTIVE,
    "PENDING": ListingStatus.HIDDEN,
    "REJECTED": ListingStatus.SUPPRESSED,
    "INACTIVE": ListingStatus.INACTIVE,
}
KNOWN = {
    "productReference",
    "productDescription",
    "productTitle",
    "pricing",
    "standardPrice",
    "status",
    "active",
    "ean",
}
LISTS = ("products", "productVariations", "resources", "variations", "prices")


@whole_page
def listings(page: Page) -> Iterator[Row | Rejected]:
    """One Listing per variation; a page is `{"products": list}` with statuses, active, quantities and changes beside it.

    A list of marketplace statuses alone has the verdict only.
    """
    body = read_json(page)
    beside = {key: _by_sku(body, key) for key in ("statuses", "active", "quantities", "changes")}
    pieces = pieces_of(body, *LISTS, "marketPlaceStatus")
    yield from each(pieces, lambda raw: [_listing(raw, beside)], name="variation", id_key="sku")


def _by_sku(body: Any, key: str) -> dict[str, Mapping[str, Any]]:
    return {text(piece, "sku"): piece for piece in records(body, key)} if isinstance(body, Mapping) else {}


def _listing(raw: Mapping[str, Any], beside: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Listing:
    sku = required(raw, "sku")
    if not KNOWN & raw.keys():
        raise Unreadable("nothing of a variation is told; check the resource and the file")
    verdict = beside["statuses"].get(sku, raw)
    switch, units = beside["active"].get(sku, raw), beside["quantities"].get(sku, {})
    word = text(verdict, "status")
    changed = [moment(piece.get("lastModified"), "lastModified") for piece in (verdict, switch, units)]
    description = inner(raw, "productDescription")
    return Listing(
        external_id=sku,
        changed_at=max((at for at in changed if at), default=None),
        channel=STORE,
        sku=sku,
        product_ids=product_ids(ean=text(raw, "ean"), item=text(verdict, "moin") or text(raw, "moin")),
        title=text(raw, "productTitle") or text(description, "productLine") or text(raw, "productReference"),
        status=_status(word, switch),
        status_raw=",".join(filter(None, (word, "switched off" if switch.get("active") is False else ""))),
        fulfilment=Fulfilment.MERCHANT,
        price=_standard_price(raw),
        quantity=counted(units, "quantity") if units else None,
        image_url=_image(raw),
        issues=_issues(verdict, beside["changes"].get(sku)),
        content=_content(raw, switch),
        extra={"product_reference": text(raw, "productReference"), "category": text(description, "category")},
    )


def _content(raw: Mapping[str, Any], switch: Mapping[str, Any]) -> dict[str, str]:
    told = switch.get("active")
    held = {"on_hold": "no" if told else "yes"} if isinstance(told, bool) else {}
    return {**words.content(raw), **held}


def _status(word: str, switch: Mapping[str, Any]) -> ListingStatus:
    """Our own switch comes first, then the verdict: being checked is hidden, refused is suppressed."""
    if switch.get("active") is False:
        return ListingStatus.PAUSED
    return STATES.get(word, ListingStatus.UNKNOWN)


def _standard_price(raw: Mapping[str, Any]) -> Money | None:
    return money(inner(raw, "pricing").get("standardPrice", raw.get("standardPrice")), "standardPrice")


def _image(raw: Mapping[str, Any]) -> str:
    images = (text(asset, "location", "url") for asset in records(raw, "mediaAssets"))
    return next((address for address in images if address.startswith("https://")), "")


def _issues(verdict: Mapping[str, Any], edit: Mapping[str, Any] | None) -> tuple[ListingIssue, ...] | None:
    """The reasons of the second, later check, None while it has not been told; and an edit of OTTO's own."""
    if not text(verdict, "status"):
        return None
    is_refused = text(verdict, "status") == "REJECTED"
    told = tuple(
        ListingIssue(
            code=text(piece, "code") or "untold",
            severity=severity,
            message=text(piece, "title") or "the marketplace gives no reason",
            is_blocking=is_refused and severity is Severity.ERROR,
        )
        for key, severity in (("errors", Severity.ERROR), ("information", Severity.INFO))
        for piece in records(verdict, key)
    )
    return (*told, _edited(edit)) if edit else told


def _edited(edit: Mapping[str, Any]) -> ListingIssue:
    """Told for 28 days: that the content was changed and when, not what."""
    at = moment(edit.get("lastContentChange"), "lastContentChange")
    when = f" on {at:%Y-%m-%d %H:%M} UTC" if at else ""
    message = f"the marketplace edited the content itself{when}; {text(edit, 'shopLink')}".removesuffix("; ")
    return ListingIssue(code=EDITED, severity=Severity.INFO, message=message)


@whole_page
def prices(page: Page) -> Iterator[Row | Rejected]:
    """One Price per variation, from variations or from the list of prices."""
    seen = moment(page.context.get("observed_at"), "observed_at")
    yield from each(pieces_of(read_json(page), *LISTS), lambda raw: [_price(raw, seen)], name="price", id_key="sku")


def _price(raw: Mapping[str, Any], seen: Any) -> Price:
    price, sku = _standard_price(raw), required(raw, "sku")
    if price is None:
        raise Unreadable("standardPrice is missing; ask for the variation again")
    sale = inner(raw, "sale") or inner(inner(raw, "pricing"), "sale")
    return Price(
        external_id=sku,
        channel=STORE,
        sku=sku,
        price=price,
        sale_price=money(sale.get("salePrice"), "salePrice"),
        observed_at=seen,
        extra={key: text(sale, key) for key in ("startDate", "endDate") if text(sale, key)},
    )


@whole_page
def stock(page: Page) -> Iterator[Row | Rejected]:
    """One Stock per variation: the units that we told."""
    pieces = pieces_of(read_json(page), "resources", "variations")
    yield from each(pieces, lambda raw: [_stock(raw)], name="quantity", id_key="sku")


def _stock(raw: Mapping[str, Any]) -> Stock:
    return Stock(
        external_id=required(raw, "sku"),
        changed_at=moment(raw.get("lastModified"), "lastModified"),
        sku=required(raw, "sku"),
        pool=MERCHANT,
        fulfilment=Fulfilment.MERCHANT,
        available=counted(raw, "quantity"),
    )
