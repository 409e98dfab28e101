"""The offers of an account as of a moment, with the defects that a marketplace would complain about."""

from __future__ import annotations

from datetime import datetime

from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.contract import Store
from marketplaces.sandbox import assortment, stock
from marketplaces.sandbox.facts import WorldListing, WorldProduct
from marketplaces.sandbox.stage import HISTORY_DAYS, Stage

ISSUE_DAYS = 25
ISSUES = ("missing_image", "missing_attribute", "price_error")
SERIALS_PER_STORE = 100_000
SHOWN_MOST = 10
"""Of goods that the seller ships, a buyer sees no more than this: so the seller's listings were set up."""


def listing(
    stage: Stage, store: Store, product: WorldProduct, at: datetime, sold_through: stock.SoldThrough
) -> WorldListing:
    """One offer; its quantity counts the pool that ships it, up to what is shown of the seller's own goods."""
    day, shipper = stage.day_of(at), assortment.fulfilment(stage, product)
    there = stock.on_hand(stage, product, day, sold_through)
    issue, issue_day = _issue(stage, store, product, day)
    changed = max(assortment.revised_on(stage, product, day), stock.restocked_on(stage, product, day), issue_day)
    return WorldListing(
        serial=serial(stage, store, product),
        product=product,
        store=store,
        price=assortment.price(stage, store, product, day),
        quantity=there if shipper == Fulfilment.MARKETPLACE else min(there, SHOWN_MOST),
        status=ListingStatus.SUPPRESSED if issue == "missing_image" else ListingStatus.ACTIVE,
        fulfilment=shipper,
        changed_at=stage.start_of(changed),
        issue_codes=(issue,) if issue else (),
    )


def serial(stage: Stage, store: Store, product: WorldProduct) -> int:
    """Its number within the account."""
    return (stage.stores.index(store) + 1) * SERIALS_PER_STORE + product.serial


def _issue(stage: Stage, store: Store, product: WorldProduct, day: int) -> tuple[str, int]:
    """The defect of a listing on a day and since when; one listing in thirty has one at some time."""
    if stage.share("issue", store.code, product.serial) >= 1 / 30:
        return "", 0
    since = stage.pick(5, HISTORY_DAYS - 3, "issue day", store.code, product.serial)
    if not since <= day < since + ISSUE_DAYS:
        return "", min(since + ISSUE_DAYS, day) if day >= since + ISSUE_DAYS else 0
    return ISSUES[stage.pick(0, len(ISSUES) - 1, "issue kind", store.code, product.serial)], since
