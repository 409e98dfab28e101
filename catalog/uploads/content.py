"""Sheets of words: what each row says about texts, pictures, attributes and switches of one listing. Pure.

An empty cell changes nothing, and attributes that a cell does not name stay as they are wished for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from catalog.demand import Sold
from catalog.publishing import typed
from catalog.publishing.spelling import spelled
from catalog.uploads import offers
from catalog.uploads.kinds import Judged, Said, apart
from catalog.uploads.offers import Known
from config.core.money import Money
from config.core.sheets import cells, rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import NOTES, Given, Layout
from marketplaces import wording

FIELDS = ("title", "description", "bullets", "images", "attributes", "on_hold", "delivery")
LAYOUT = Layout(
    columns=(*offers.COLUMNS, *FIELDS), required=("account", "sku"), notes=tuple(n for n in NOTES if n != "title")
)
MEANING = {
    **offers.MEANING,
    "title": "what it should be called there; an empty cell changes nothing",
    "bullets": "a line for each, or | between them",
    "images": "the addresses of the pictures in their order, a line for each, or | between them",
    "attributes": "name: value on each line, or | between them; those that are not named stay",
    "on_hold": "yes takes the offer off, no puts it back",
    "delivery": "a promise of delivery in the marketplace's own codes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """One listing of ours. `said` holds by field what is wanted, else what is shown, as it is stored.

    `lacks` says of each field that its marketplace does not take what to do instead; `wrong` what is wrong with a value
    (field and value as stored), empty where it may be sent.
    """

    pk: int
    account: str
    store: str
    names: tuple[str, ...]
    said: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    wrong: Callable[[str, str], str] = lambda name, value: ""
    sold: Sold | None = None


def judge(given: Sequence[Given], known: Known[Worded]) -> list[Judged]:
    """All rows in the order of the file; two that speak of one listing are told each other's number."""
    return apart([_one(row, known) for row in given], lambda said: said.values["listing"])


def _one(row: Given, known: Known[Worded]) -> Judged:
    if row.is_empty:
        return Judged(row, None, (rows.EMPTY,))
    values, found = rows.values(row, dict.fromkeys(offers.COLUMNS, str))
    try:
        offer = None if found else offers.meant(values, known)
    except Problem as problem:
        found.append(problem)
        offer = None
    if offer is None:
        return Judged(row, None, tuple(found))
    told = {name: text for name in FIELDS if (text := cells.unquoted(row.cells.get(name, "")))}
    if not told:
        return Judged(row, None, (Problem("row", "it says nothing", "fill in what should change"),))
    stored: dict[str, str] = {}
    for name, text in told.items():
        try:
            stored[name] = _stored(name, text, offer)
        except Problem as problem:
            found.append(problem)
    return Judged(row, None, tuple(found)) if found else Judged(row, _said(offer, stored))


def _stored(name: str, text: str, offer: Worded) -> str:
    """The value as it is stored; raises Problem for one that the marketplace would not take."""
    if name in offer.lacks:
        raise Problem(name, f"the marketplace takes no {name.replace('_', ' ')} from us", offer.lacks[name])
    is_parted = name in wording.LISTS or name == wording.ATTRIBUTES
    try:
        value = typed.read(name, text.replace("|", "\n") if is_parted else text)
        if name == wording.ATTRIBUTES and offer.said.get(name):
            value = {**wording.read(name, offer.said[name]), **value}
        stored = spelled(name, value)
    except ValidationError as error:
        raise Problem(name, "; ".join(error.messages), MEANING.get(name, "mend it")) from error
    if why := offer.wrong(name, stored):
        raise Problem(name, why, "write what it takes")
    return stored


def _said(offer: Worded, stored: Mapping[str, str]) -> Said:
    ends = stored.get("on_hold") == "yes" and offer.said.get("on_hold") != "yes"
    return Said(
        what=f"{offer.names[0]} · {offer.account} {offer.store}".strip(),
        values={"listing": str(offer.pk), **stored},
        before={"listing": str(offer.pk), **{name: offer.said.get(name, "") for name in stored}},
        approvals=tuple(_approvals(offer)) if ends else (),
        effect=Money(-offer.sold.revenue, offer.sold.currency) if ends and offer.sold else None,
    )


def _approvals(offer: Worded) -> Iterator[str]:
    if offer.sold and offer.sold.units:
        yield f"it takes an offer off that sold {offer.sold.units} in 30 days"
