"""Sheets of prices: what each row says about one listing, judged with all others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.demand import Sold
from catalog.uploads import offers
from catalog.uploads.kinds import Judged, Said, apart
from catalog.uploads.offers import Known
from config.core.money import Money, minor_unit, quantise
from config.core.sheets import cells, rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import NOTES, Given, Layout

LAYOUT = Layout(
    columns=(*offers.COLUMNS, "currency", "price"), required=("account", "sku", "price"),
    notes=(*NOTES, "now", "sold_in_30_days"),
)  # fmt: skip
MEANING = {
    **offers.MEANING,
    "currency": "the currency of the storefront; may be empty",
    "price": "what the buyer is to see, such as 12.30",
}
JUMP = Decimal("0.15")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One listing of ours. `price` is what is wanted, else what is shown; `floor`: below it a sale loses money.

    `refused` are prices that the marketplace refused before for such a product, with what it said.
    """

    pk: int
    account: str
    store: str
    names: tuple[str, ...]
    currency: str
    price: Decimal | None
    sold: Sold | None = None
    floor: tuple[Decimal, str] | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


def judge(given: Sequence[Given], known: Known[Offered]) -> list[Judged]:
    """All rows in the order of the file; two that speak of one listing are told each other's number."""
    mark = cells.decimal_mark(row.cells.get("price", "") for row in given)
    return apart([_one(row, known, mark) for row in given], lambda said: said.values["listing"])


def _one(row: Given, known: Known[Offered], mark: str) -> Judged:
    if row.is_empty:
        return Judged(row, None, (rows.EMPTY,))
    readers = dict.fromkeys((*offers.COLUMNS, "currency"), str)
    values, found = rows.values(row, {**readers, "price": lambda text: _price(text, mark)})
    offer = None
    if not found:
        try:
            offer = offers.meant(values, known)
            _check(values, offer)
        except Problem as problem:
            found.append(problem)
    if offer is None or found:
        return Judged(row, None, tuple(found))
    return Judged(row, _said(offer, values["price"]))


def _price(text: str, mark: str) -> Decimal:
    if not text:
        raise Problem("price", "the price is missing", "write what the buyer is to see, such as 12.30")
    price = cells.amount("price", text, mark=mark)
    if price == 0:
        raise Problem("price", "a price of zero gives the goods away", "write what the buyer is to see")
    return price


def _check(values: Mapping[str, Any], offer: Offered) -> None:
    told, price = values["currency"].upper(), values["price"]
    if told and told != offer.currency:
        raise Problem("currency", f"the storefront sells in {offer.currency}, not in {told}", "write its own currency")
    if price != quantise(price, offer.currency):
        raise Problem(
            "price", f"{price} has more digits than {offer.currency}", f"write steps of {minor_unit(offer.currency)}"
        )
    if why := offer.refused.get(plain(price)):
        raise Problem(
            "price", f"the marketplace refused {plain(price)} before for such a product: {why}",
            "write another price, or waive the learned rule",
        )  # fmt: skip


def _said(offer: Offered, price: Decimal) -> Said:
    before = {"listing": str(offer.pk), "price": plain(offer.price)}
    effect = None
    if offer.price is not None and offer.sold and offer.sold.currency == offer.currency:
        effect = Money((price - offer.price) * offer.sold.units, offer.currency)
    return Said(
        what=f"{offer.names[0]} · {offer.account} {offer.store}".strip(), effect=effect, before=before,
        values={"listing": str(offer.pk), "price": plain(price)}, approvals=tuple(_approvals(offer, price)),
    )  # fmt: skip


def _approvals(offer: Offered, price: Decimal) -> Iterator[str]:
    if offer.price:
        change = (price - offer.price) / offer.price
        if abs(change) > JUMP:
            yield f"the price changes by {change:+.1%}, more than {JUMP:.0%}"
    if offer.floor and price < offer.floor[0]:
        yield f"below the floor of {quantise(offer.floor[0], offer.currency)} {offer.currency}: {offer.floor[1]}"


def plain(price: Decimal | None) -> str:
    """A price as text with no zeros behind it, as wishes spell it; empty where there is none."""
    return "" if price is None else f"{price.normalize():f}"
