"""How good a listing is, 0 to 100: the sum of weights times what is fulfilled of each, over what applies. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CAP = Decimal(40)
"""The most that a listing with a blocking defect reaches."""
BANDS = ((Decimal(90), "good"), (Decimal(80), "watch"), (Decimal(60), "ticket"), (Decimal(0), "high"))
TITLE_BEST = range(40, 201)
"""Characters of a title that says enough and is not cut off."""
BULLETS, IMAGES, SEARCH_BYTES = 5, 5, 250


@dataclass(frozen=True, slots=True)
class Weighted:
    """The weight of an element for a marketplace and a category of theirs (blank: any) from a day on."""

    element: str
    weight: Decimal
    marketplace: str = ""
    category: str = ""
    valid_from: date = date.min


@dataclass(frozen=True, slots=True)
class Quality:
    """The score to a tenth, None where nothing applies; `parts` has weight and fraction of each element that applies."""

    score: Decimal | None
    is_blocked: bool
    parts: Mapping[str, tuple[Decimal, Decimal]]

    @property
    def band(self) -> str:
        return "" if self.score is None else next(name for floor, name in BANDS if self.score >= floor)


def weights_on(rows: Sequence[Weighted], day: date, *, marketplace: str, category: str) -> dict[str, Decimal]:
    """The weight of each element on a day: of the category before the marketplace's before the one for all."""
    best: dict[str, tuple[tuple[bool, bool, date], Decimal]] = {}
    for row in rows:
        if row.valid_from > day or row.marketplace not in ("", marketplace) or row.category not in ("", category):
            continue
        rank = (bool(row.category), bool(row.marketplace), row.valid_from)
        if row.element not in best or rank >= best[row.element][0]:
            best[row.element] = (rank, row.weight)
    return {element: weight for element, (_, weight) in best.items()}


def measure(weights: Mapping[str, Decimal], fractions: Mapping[str, Decimal | None], *, is_blocked: bool) -> Quality:
    """Elements whose fraction is None do not apply and the rest is rescaled; a blocking defect forces at most 40."""
    parts = {
        element: (weight, fraction)
        for element, weight in weights.items()
        if weight and (fraction := fractions.get(element)) is not None
    }
    whole = sum((weight for weight, _ in parts.values()), Decimal(0))
    if not whole:
        return Quality(None, is_blocked, parts)
    score = (sum((w * f for w, f in parts.values()), Decimal(0)) * 100 / whole).quantize(Decimal("0.1"))
    return Quality(min(score, CAP) if is_blocked else score, is_blocked, parts)


def of_title(title: str) -> Decimal:
    """Whole between 40 and 200 characters; a shorter one in proportion, a longer one half; none is nothing."""
    if len(title) in TITLE_BEST:
        return Decimal(1)
    if len(title) > TITLE_BEST.stop - 1:
        return Decimal("0.5")
    return (Decimal(len(title)) / TITLE_BEST.start).quantize(Decimal("0.01"))


def of_count(count: int | None, enough: int) -> Decimal | None:
    """In proportion up to enough; None where nobody says how many there are."""
    return None if count is None else min(Decimal(1), Decimal(count) / enough)
