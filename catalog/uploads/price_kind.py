"""Sheets of prices before and after the judgement: the listings that they name, and the wishes that they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from catalog import demand
from catalog.models import Listing, OfferField
from catalog.publishing import learning
from catalog.services import publishing
from catalog.uploads import listed, offers
from catalog.uploads import prices as sheet
from catalog.uploads.kinds import Applied, Judged, Kind, Row
from config.core import clock
from config.core.permissions import Action
from config.core.sheets.reading import Given


def judge(given: Sequence[Given]) -> list[Judged]:
    return sheet.judge(given, known(given))


def known(given: Sequence[Given]) -> offers.Known[sheet.Offered]:
    """The listings that these rows may mean, with what is wanted of them, what they sold, and their floors."""
    return offers.Known(listed.keys(), offers.by_name(_offered(listed.named(given))))


def _offered(listings: Sequence[Listing]) -> list[sheet.Offered]:
    ids = [listing.pk for listing in listings]
    wanted = dict(OfferField.objects.filter(listing__in=ids, field="price").values_list("listing_id", "wanted"))
    sold = listed.sold(listings)
    floors = demand.floors(ids)
    refused = learning.refused({row.account.marketplace for row in listings}, "price")
    return [
        sheet.Offered(
            pk=row.pk, account=row.account.key, store=row.channel, currency=row.currency, floor=floors.get(row.pk),
            names=listed.names(row),
            refused=refused.get((row.account.marketplace, listed.product_type(row)), {}),
            price=Decimal(wanted[row.pk]) if wanted.get(row.pk) else row.price,
            sold=sold.get(row.pk),
        )
        for row in listings
    ]  # fmt: skip


def apply(rows: Sequence[Row], how: Applied) -> int:
    """Wish for the prices; each becomes a write where its account is trusted to act. Returns how many are new wishes."""
    now = clock.now()
    return publishing.want(
        publishing.Want(
            listing_id=int(row.said["listing"]), field="price", value=Decimal(row.said["price"]), asked_by=how.by,
            cause=f"{how.source}, row {row.row_no}", cause_at=now,
        )
        for row in rows
    )  # fmt: skip


def template() -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """All active listings with the price that they show, to be changed; those that sell most come first."""
    offered = sorted(_offered(list(listed.active())), key=lambda each: -(each.sold.units if each.sold else 0))
    header = ("account", "store", "sku", "currency", "price", "now", "sold_in_30_days")
    return header, (
        [each.account, each.store, each.names[0], each.currency, *[each.price] * 2, each.sold.units if each.sold else 0]
        for each in offered
    )


KIND = Kind(
    key="prices", label="Prices", layout=sheet.LAYOUT, meaning=sheet.MEANING, needs=Action.WRITE_MARKETPLACE, judge=judge,
    apply=apply, template=template,
)  # fmt: skip
