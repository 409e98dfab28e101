"""Sheets of prices: what each row says about one listing, judged with all others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.demand import Sold
from catalog.uploads.kinds import Judged, Said, problem_of_all
from config.core.money import Money, minor_unit, quantise
from config.core.sheets import cells, rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import NOTES, Given, Layout

LAYOUT = Layout(
    columns=("account", "store", "sku", "currency", "price"), required=("account", "sku", "price"),
    notes=(*NOTES, "now", "sold_in_30_days"),
)  # fmt: skip
MEANING = {
    "account": "the key of the account",
    "store": "the storefront, such as DE; may be empty where the account offers the product in one only",
    "sku": "the SKU, ours or as the account calls it",
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


@dataclass(frozen=True, slots=True)
class Known:
    accounts: frozenset[str] = frozenset()
    offers: Mapping[tuple[str, str], Sequence[Offered]] = field(default_factory=dict)


def judge(given: Sequence[Given], known: Known) -> list[Judged]:
    """All rows in the order of the file; two that speak of one listing are told each other's number."""
    mark = cells.decimal_mark(row.cells.get("price", "") for row in given)
    judged = [_one(row, known, mark) for row in given]
    first: dict[str, int] = {}
    against: dict[int, Problem] = {}
    for each in judged:
        if each.said is None:
            continue
        row_no, other = each.given.row_no, first.setdefault(each.said.values["listing"], each.given.row_no)
        if other != row_no:
            against |= {told: problem_of_all(row_no, other, each.said.what) for told in (row_no, other)}
    return [Judged(e.given, None, (against[e.given.row_no],)) if e.given.row_no in against else e for e in judged]


def _one(row: Given, known: Known, mark: str) -> Judged:
    if row.is_empty:
        return Judged(row, None, (rows.EMPTY,))
    readers = dict.fromkeys(("account", "store", "sku", "currency"), str)
    values, found = rows.values(row, {**readers, "price": lambda text: _price(text, mark)})
    offer = None
    if not found:
        try:
            offer = _offer(values, known)
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


def _offer(values: Mapping[str, Any], known: Known) -> Offered:
    account, store, sku = values["account"], values["store"], values["sku"]
    if account not in known.accounts:
        some = ", ".join(sorted(known.accounts)[:6])
        raise Problem("account", f"no account has the key {account!r}", f"write one of {some}")
    found = known.offers.get((account, sku), ())
    if not found:
        raise Problem("sku", f"{account} offers no {sku!r}", "write a SKU that the account offers")
    fitting = [each for each in found if not store or each.store.lower() == store.lower()]
    stores = ", ".join(sorted({each.store for each in found}))
    if not fitting:
        raise Problem("store", f"{sku!r} is not offered in {store!r}", f"write one of {stores}")
    if len(fitting) > 1:
        raise Problem("store", f"{sku!r} has {len(fitting)} listings that fit", f"name the storefront: {stores}")
    return fitting[0]


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
