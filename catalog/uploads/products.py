"""Sheets of products: new SKUs and their variants, and master fields of known ones. An empty cell changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catalog import gtin, master
from catalog.uploads.kinds import Judged, Said, problem_of_all
from config.core.sheets import rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import NOTES, Given, Layout

OPTION = "option_"
MARK = "suggestion"
"""Filled where we propose values: whoever agrees empties the cell, and a row that still has it is not used."""
LAYOUT = Layout(
    columns=("sku", "variant_of", *master.FIELDS, "category", MARK), required=("sku",), open=OPTION,
    notes=tuple(name for name in NOTES if name != "title"),
)  # fmt: skip
MEANING = {
    "sku": "the code of the SKU; one that is not known yet becomes a new SKU and needs a title",
    "variant_of": "for a new SKU: the code of a SKU whose product it belongs to",
    "gtin": "8, 12, 13 or 14 digits; format the column as text, or the spreadsheet cuts the zeros before it",
    "weight_g": "of one packed piece, in grams; length, width and height in millimetres",
    "origin_country": "two letters, such as DE",
    "vat_class": ", ".join(master.VAT_CLASSES),
    f"{OPTION}colour": "what tells variants apart; any word may follow option_",
    MARK: "empty it to agree with the values that we propose",
}
STRUCTURE = ("variant_of", "category")


@dataclass(frozen=True, slots=True)
class KnownSku:
    """A SKU as it is: its master fields as text, the category and number of SKUs of its product, and its options."""

    product_id: int
    values: Mapping[str, str]
    siblings: int = 1
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What rows are judged by. `gtins`: which SKU owns a number (in the spelling of `gtin.same`)."""

    skus: Mapping[str, KnownSku] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)
    gtins: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[Any, str] = field(default_factory=dict)


def judge(given: Sequence[Given], known: Known) -> list[Judged]:
    """All rows in the order of the file, those that speak of one SKU, GTIN or variant told of each other."""
    read = [(row, *_read(row)) for row in given]
    roots = {values["sku"] for _, values, found in read if not found and not values.get("variant_of")}
    judged = [_one(row, values, found, known, roots) for row, values, found in read]
    clashes = _clashes(judged, known)
    return [
        Judged(each.given, None, tuple(clashes[each.given.row_no])) if each.given.row_no in clashes else each
        for each in judged
    ]


def _read(row: Given) -> tuple[dict[str, Any], list[Problem]]:
    if row.is_empty:
        return {}, [rows.EMPTY]
    readers = {"sku": partial(_code, "sku"), "variant_of": partial(_code, "variant_of"), "category": _category}
    readers |= {name: partial(_field, name) for name in master.FIELDS}
    readers |= {name: partial(_option, name) for name in row.cells if name.startswith(OPTION)}
    values, found = rows.values(row, readers)
    if row.cells.get(MARK):
        found.append(Problem(MARK, "the values are still only a suggestion", "check them, then empty this cell"))
    return {name: value for name, value in values.items() if value is not None and value != ""}, found


def _code(name: str, text: str) -> str:
    if not text and name == "sku":
        raise Problem(name, "the SKU is missing", "write the code of a SKU")
    if len(text) > master.LONGEST or not text.isprintable():
        raise Problem(name, f"longer than {master.LONGEST} characters, or not readable", "write a shorter code")
    return text


def _field(name: str, text: str) -> Any:
    return master.read(name, text) if text else None


def _option(name: str, text: str) -> str:
    return str(master.FIELDS["brand"].read(name, text))


def _category(text: str) -> str:
    return _option("category", text)


def _one(row: Given, values: dict[str, Any], found: list[Problem], known: Known, roots: set[str]) -> Judged:
    if not found:
        mine = known.skus.get(values["sku"])
        found = list(_placed(values, mine, known, roots))
        found += _owned(values, known)
    if found:
        return Judged(row, None, tuple(found))
    return Judged(row, _said(values, known.skus.get(values["sku"])))


def _placed(values: Mapping[str, Any], mine: KnownSku | None, known: Known, roots: set[str]) -> Iterator[Problem]:
    """Whether the SKU may be made, and where it belongs."""
    code, parent = values["sku"], values.get("variant_of")
    if mine is None and code in known.alike:
        yield Problem("sku", f"no SKU is called {code!r}, and {known.alike[code]!r} looks the same",
                      f"write {known.alike[code]!r}, or a code that cannot be mistaken for it")  # fmt: skip
    elif mine is None and "title" not in values:
        yield Problem("title", f"{code!r} is not known, and a new SKU needs a title", "write a title, or mend the code")
    if parent and parent not in known.skus and parent not in roots:
        yield Problem("variant_of", f"no SKU is called {parent!r}", "name a known SKU, or one that this sheet makes")
    elif parent and mine and (parent not in known.skus or known.skus[parent].product_id != mine.product_id):
        yield Problem(
            "variant_of", f"{code!r} belongs to another product already", "move it on the page of its product"
        )


def _owned(values: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    owner = known.gtins.get(gtin.same(values["gtin"])) if "gtin" in values else None
    if owner and owner != values["sku"]:
        yield Problem("gtin", f"{values['gtin']} belongs to {owner}", "mend the number, or merge the two SKUs")


def _said(values: Mapping[str, Any], mine: KnownSku | None) -> Said:
    said = {name: str(value) for name, value in values.items() if name != "sku"}
    before = {name: _before(name, said, mine) for name in said}
    return Said(what=values["sku"], values=said, before=before, approvals=tuple(_approvals(said, before, mine)))


def _before(name: str, said: Mapping[str, str], mine: KnownSku | None) -> str:
    if mine is None:
        return ""
    if name == "variant_of":
        return said[name]
    if name.startswith(OPTION):
        return mine.options.get(name.removeprefix(OPTION), "")
    return mine.values.get(name, "")


def _approvals(said: Mapping[str, str], before: Mapping[str, str], mine: KnownSku | None) -> Iterator[str]:
    if before.get("gtin") and said["gtin"] != before["gtin"]:
        yield f"the GTIN changes from {before['gtin']} to {said['gtin']}, by which names are linked"
    if mine and mine.siblings > 1 and "brand" in said and said["brand"] != before["brand"]:
        yield f"the brand of all {mine.siblings} variants of the product changes"


def _clashes(judged: Sequence[Judged], known: Known) -> dict[int, list[Problem]]:
    """By row number: rows that speak of one SKU, one GTIN or one variant; each is told the other's number."""
    first: dict[Any, int] = {}
    found: dict[int, list[Problem]] = defaultdict(list)
    spoken = [
        (each.given.row_no, each.said, *told) for each in judged if each.said for told in _subjects(each.said, known)
    ]
    for row_no, said, key, words in spoken:
        other = first.setdefault(key, row_no)
        if other != row_no:
            for told in (row_no, other):
                found[told].append(problem_of_all(row_no, other, words))
        elif known.variants.get(key, said.what) != said.what:
            todo = "mend the options, or leave the row out"
            found[row_no].append(Problem("row", f"{known.variants[key]} is {words} already", todo))
    return found


def _subjects(said: Said, known: Known) -> Iterator[tuple[Any, str]]:
    """What no other row may speak of as well, each with its words."""
    yield ("sku", said.what), f"the SKU {said.what}"
    if "gtin" in said.values:
        yield ("gtin", gtin.same(said.values["gtin"])), f"the GTIN {said.values['gtin']}"
    options = {name.removeprefix(OPTION): value for name, value in said.values.items() if name.startswith(OPTION)}
    if not options:
        return
    mine = known.skus.get(said.what)
    parent = said.values.get("variant_of", said.what)
    home = mine.product_id if mine else known.skus[parent].product_id if parent in known.skus else parent
    whole = {**(mine.options if mine else {}), **options}
    words = ", ".join(f"{name} {value}" for name, value in sorted(whole.items()))
    yield (home, frozenset(whole.items())), f"the variant with {words}"
