"""Which rounding and which VAT explain the fees that were charged? Learned by trying each; pure.

A charge speaks for every way of reckoning that gives it to the cent. Charges that all ways give alike say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from finance.fee_amounts import charge, of_order, vat_on_top
from finance.tariffs import Rule, Sale, share, tier, version

ROUNDINGS = ("half_up", "half_even", "down")
VAT_RATES = tuple(
    Decimal(rate) for rate in ("0", "0.05", "0.081", "0.10", "0.15", "0.18", "0.19", "0.20", "0.21", "0.22", "0.23", "0.25")
)  # fmt: skip
LEAST_TELLING = 10
LEAST_SHARE = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reckoning; `vat_rate` None: the fee as the row says it, nothing comes on top."""

    rounding: str
    vat_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Habit:
    """How well ways of reckoning explain the charges of one class: exact ones of all, under the rule and under the best.

    `telling` counts the charges that not all ways give alike. `is_proposed`: the best way is another than the rule's, and
    explains nine tenths of at least ten telling charges.
    """

    line_class: str
    charges: int
    telling: int
    current: Way
    current_exact: int
    best: Way
    best_exact: int
    is_proposed: bool


def learn(line_class: str, charged: Iterable[tuple[Sale, Decimal]], rules: Sequence[Rule]) -> Habit | None:
    """What the charges (positive) of one class say; None where no charge has a row that it could follow."""
    exact: dict[Way, int] = {}
    told: list[Way] = []
    charges = telling = 0
    for sale, amount in charged:
        found = _ways(rules, sale, line_class)
        if found is None:
            continue
        current, amounts = found
        charges += 1
        told.append(current)
        fits = {way for way, each in amounts.items() if each == amount}
        telling += len(fits) < len(amounts)
        for way in fits:
            exact[way] = exact.get(way, 0) + 1
    if not told:
        return None
    return _judged(line_class, max(set(told), key=told.count), exact, charges, telling)


def _ways(rules: Sequence[Rule], sale: Sale, line_class: str) -> tuple[Way, dict[Way, Decimal | None]] | None:
    rows, lacks = version(rules, sale, line_class)
    row, _ = tier(rows, sale) if rows and not lacks else (None, "")
    part = None if row is None or row.basis in ("commission", "fees") else share(rows, row, sale)
    if row is None or part is None:
        return None
    rates: tuple[Decimal | None, ...] = VAT_RATES if row.vat == "on_top" else (None,)
    amounts = {Way(*way): _by(row, Way(*way), part, sale) for way in product(ROUNDINGS, rates)}
    return Way(row.rounding, vat_on_top(row, sale.fee_vats) if row.vat == "on_top" else row.vat_rate), amounts


def _by(row: Rule, way: Way, part: Decimal, sale: Sale) -> Decimal | None:
    tried = copy(row)
    tried.rounding, tried.vat_rate = way.rounding, way.vat_rate
    return charge(tried, part, sale.units, sale.currency, of_order=of_order(row, sale), fee_vats=sale.fee_vats)


def _judged(line_class: str, current: Way, exact: dict[Way, int], charges: int, telling: int) -> Habit:
    now = exact.get(current, 0)
    best = max(exact, key=lambda way: (exact[way], way == current), default=current)
    most = exact.get(best, 0)
    is_better = most > now and telling >= LEAST_TELLING and most >= LEAST_SHARE * charges
    return Habit(line_class, charges, telling, current, now, best, most, best != current and is_better)
