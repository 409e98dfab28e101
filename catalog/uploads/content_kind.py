"""Sheets of words before and after the judgement: the listings that they name, and the wishes that they become."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from catalog.mapping import placing
from catalog.models import Listing, OfferField, Placement
from catalog.publishing import learning, typed
from catalog.services import publishing
from catalog.uploads import content as sheet
from catalog.uploads import listed, offers
from catalog.uploads.kinds import Applied, Judged, Kind, Row
from config.core import clock
from config.core.permissions import Action
from config.core.sheets.reading import Given
from marketplaces import wording
from marketplaces.services import batches


def judge(given: Sequence[Given]) -> list[Judged]:
    known = offers.Known(listed.keys(), offers.by_name(_worded(listed.named(given))))
    return sheet.judge(given, known)


def _worded(listings: Sequence[Listing]) -> list[sheet.Worded]:
    said = _said(listings)
    sold = listed.sold(listings)
    lacking = {row.account_id: batches.lacking(row.account) for row in listings}
    rules = Rules(listings)
    return [
        sheet.Worded(
            pk=row.pk, account=row.account.key, store=row.channel, said=said[row.pk], lacks=lacking[row.account_id],
            names=listed.names(row), wrong=rules.of(row),
            sold=sold.get(row.pk),
        )
        for row in listings
    ]  # fmt: skip


def _said(listings: Sequence[Listing]) -> dict[int, dict[str, str]]:
    """By listing, what is wanted of each of its fields, else what is shown."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for row in listings:
        found[row.pk] = {"title": row.title} if row.title else {}
    fields = OfferField.objects.filter(listing__in=[row.pk for row in listings], field__in=sheet.FIELDS)
    for listing, name, wanted, live in fields.values_list("listing_id", "field", "wanted", "live"):
        if told := wanted or live:
            found[listing][name] = told
    return found


class Rules:
    """What would be wrong with a value, read once for all listings: bounds, what was refused before, what a category asks."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        marketplaces = {row.account.marketplace for row in listings}
        self._judges = {name: placing.Judge(name) for name in marketplaces}
        self._refused = {name: learning.refused(marketplaces, name) for name in sheet.FIELDS}
        places = Placement.objects.filter(sku__in={row.sku_id for row in listings if row.sku_id})
        self._places = {(sku, name): key for sku, name, key in places.values_list("sku", "marketplace", "category_key")}

    def of(self, row: Listing) -> Any:
        """What is wrong with one value (field, and value as stored) of this listing; empty where nothing is."""
        marketplace = row.account.marketplace

        def wrong(name: str, stored: str) -> str:
            if beyond := batches.beyond(row.account, name, stored):
                return beyond
            refused = (
                self._refused[name].get((marketplace, listed.product_type(row)), {}).get(learning.remembered(stored))
            )
            if refused is not None:
                return f"the marketplace refused this before for such a product: {refused}"
            if name != wording.ATTRIBUTES:
                return ""
            category = self._places.get((row.sku_id or 0, marketplace), "")
            return "; ".join(self._judges[marketplace].unfit(category, wording.read(name, stored)))

        return wrong


def apply(rows: Sequence[Row], how: Applied) -> int:
    """Wish for what each row says; returns how many fields got another wish."""
    now = clock.now()
    return publishing.want(
        publishing.Want(
            listing_id=int(row.said["listing"]), field=name, value=wording.read(name, stored), asked_by=how.by,
            cause=f"{how.source}, row {row.row_no}", cause_at=now,
        )
        for row in rows for name, stored in row.said.items() if name in sheet.FIELDS
    )  # fmt: skip


def template() -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """All active listings with what is wished for, else shown, to be changed."""
    listings = list(listed.active())
    said = _said(listings)
    return sheet.LAYOUT.columns, (
        [
            row.account.key, row.channel, listed.names(row)[0],
            *(typed.shown(name, said[row.pk].get(name)) for name in sheet.FIELDS),
        ]
        for row in listings
    )  # fmt: skip


KIND = Kind(
    key="content", label="Texts and pictures", layout=sheet.LAYOUT, meaning=sheet.MEANING,
    needs=Action.WRITE_MARKETPLACE, judge=judge, apply=apply, template=template,
)  # fmt: skip
