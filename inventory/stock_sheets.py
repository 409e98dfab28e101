"""Sheets of stock: what a person counted on the shelves of our own warehouses, as corrections of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from catalog import demand
from catalog import selectors as catalog
from catalog.uploads.kinds import Applied, Judged, Kind, Row, Said, problem_of_all
from config.core.money import Money
from config.core.permissions import Action
from config.core.sheets import rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import NOTES, Given, Layout
from inventory import selectors
from inventory.models import MoveKind
from inventory.services import stock

LAYOUT = Layout(
    columns=("sku", "warehouse", "quantity", "note"), required=("sku", "warehouse", "quantity"),
    notes=(*NOTES, "reserved"),
)  # fmt: skip
MEANING = {
    "sku": "the code of the SKU",
    "warehouse": "the code of a warehouse of your own; pools of marketplaces are only read",
    "quantity": "how many units were counted there, reserved ones too",
    "note": "why it differs; may be empty",
}
MOST_TO_ZERO = 10
LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are judged by: SKUs and own warehouses by code, units on hand by both ids, and what SKUs earn."""

    skus: Mapping[str, int] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    on_hand: Mapping[tuple[int, int], int] = field(default_factory=dict)
    earned: Mapping[int, Money] = field(default_factory=dict)


def judge(given: Sequence[Given]) -> list[Judged]:
    named = {row.cells.get("sku", "").removeprefix("'") for row in given} - {""}
    skus = catalog.codes(named)
    held = selectors.holdings().filter(sku__in=skus.values()).values_list("sku_id", "warehouse_id", "on_hand")
    return judged(
        given,
        Known(
            skus, catalog.codes_alike(named - skus.keys()), selectors.own_warehouse_codes(),
            {(sku, place): units for sku, place, units in held}, _earned(skus.values()),
        ),
    )  # fmt: skip


def _earned(sku_ids: Iterable[int]) -> dict[int, Money]:
    """Revenue of the last 30 days by SKU, where it came in one currency."""
    by_sku: dict[int, dict[str, Any]] = {}
    for place, sold in demand.lately(set(sku_ids)).items():
        sums = by_sku.setdefault(place.sku_id, {})
        sums[sold.currency] = sums.get(sold.currency, 0) + sold.revenue
    return {sku: Money(*reversed(next(iter(sums.items())))) for sku, sums in by_sku.items() if len(sums) == 1}


def judged(given: Sequence[Given], known: Known) -> list[Judged]:
    """All rows in the order of the file; many that empty a shelf need a second person."""
    found = [_one(row, known) for row in given]
    zeros = sum(1 for each in found if each.said and _empties(each.said))
    if zeros > MOST_TO_ZERO:
        found = [_doubted(each, zeros) if each.said and _empties(each.said) else each for each in found]
    first: dict[str, int] = {}
    against: dict[int, Problem] = {}
    for each in found:
        other = first.setdefault(each.said.what, each.given.row_no) if each.said else each.given.row_no
        if each.said and other != each.given.row_no:
            told = problem_of_all(each.given.row_no, other, each.said.what)
            against |= {each.given.row_no: told, other: told}
    return [Judged(e.given, None, (against[e.given.row_no],)) if e.given.row_no in against else e for e in found]


def _empties(said: Said) -> bool:
    return said.values["quantity"] == "0" and said.before["quantity"] != "0"


def _doubted(each: Judged, zeros: int) -> Judged:
    said = each.said
    assert said is not None  # noqa: S101 - only rows that say something are doubted
    why = (*said.approvals, f"{zeros} offers go to zero, more than {MOST_TO_ZERO}")
    return Judged(each.given, replace(said, approvals=why))


def _one(row: Given, known: Known) -> Judged:
    if row.is_empty:
        return Judged(row, None, (rows.EMPTY,))
    readers = {
        "sku": partial(_sku, known), "warehouse": partial(_place, known), "quantity": _quantity, "note": _note,
    }  # fmt: skip
    values, problems = rows.values(row, readers)
    return Judged(row, None if problems else _said(row, values, known), tuple(problems))


def _sku(known: Known, text: str) -> int:
    if text not in known.skus:
        alike = known.alike.get(text)
        todo = f"did you mean {alike!r}?" if alike else "write the code as it stands in the list of products"
        raise Problem("sku", f"no SKU is called {text!r}" if text else "the SKU is missing", todo)
    return known.skus[text]


def _place(known: Known, text: str) -> int:
    if text not in known.places:
        some = ", ".join(sorted(known.places)[:6])
        raise Problem("warehouse", f"no warehouse of yours has the code {text!r}", f"write one of {some}")
    return known.places[text]


def _quantity(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > stock.LARGEST:
        raise Problem("quantity", f"{text!r} is not a count of units", "write digits alone, 0 where none is left")
    return int(text)


def _note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise Problem("note", f"longer than {LONGEST_NOTE} characters", "shorten it")
    return text


def _said(row: Given, values: Mapping[str, Any], known: Known) -> Said:
    before = known.on_hand.get((values["sku"], values["warehouse"]), 0)
    where = {"sku": str(values["sku"]), "warehouse": str(values["warehouse"])}
    earned = known.earned.get(values["sku"]) if values["quantity"] == 0 and before else None
    return Said(
        what=f"{row.cells['sku'].removeprefix(chr(39))} at {row.cells['warehouse']}",
        values={**where, "quantity": str(values["quantity"])}, before={**where, "quantity": str(before)},
        effect=Money(-earned.amount, earned.currency) if earned else None,
    )  # fmt: skip


def apply(given: Sequence[Row], how: Applied) -> int:
    """Correct the ledger to what was counted; returns how many shelves changed."""
    moves = [
        stock.Move(
            warehouse_id=int(row.said["warehouse"]), sku_id=int(row.said["sku"]), kind=MoveKind.CORRECTION,
            quantity=int(row.said["quantity"]) - int(row.before["quantity"]), key=f"{how.source}/row {row.row_no}"[:200],
            note=row.cells.get("note", "") or how.source,
        )
        for row in given
    ]  # fmt: skip
    return stock.move([each for each in moves if each.quantity], by=how.by)


def template() -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """What should stand on each shelf, to be counted."""
    held = selectors.holdings().select_related("sku", "warehouse").order_by("warehouse__code", "sku__code")
    header = ("sku", "warehouse", "quantity", "note", "title", "reserved")
    return header, (
        [row.sku.code, row.warehouse.code, row.on_hand, "", row.sku.title, row.reserved] for row in held.iterator()
    )


KIND = Kind(
    key="stock", label="Stock", layout=LAYOUT, meaning=MEANING, needs=Action.WRITE_MARKETPLACE, judge=judge, apply=apply,
    template=template,
)  # fmt: skip
