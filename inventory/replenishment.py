"""When goods run out, when to buy, and how many: velocity, cover, safety stock and order quantity; pure.

Nothing here divides by zero or guesses: what cannot be said is a figure without a value and with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

LEAST_DAYS = 7
WIDER = (30, 60, 90)
BLEND = ((7, Decimal("0.5")), (30, Decimal("0.3")), (90, Decimal("0.2")))
LONGEST = 90
Z = {90: Decimal("1.282"), 95: Decimal("1.645"), 99: Decimal("2.326")}
"""Standard scores by service level in percent."""
LOW_SUPPLY_DAYS = 28
_UNIT, _TENTH = Decimal("0.0001"), Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Day:
    """A closed day of one SKU in one pool: `age` 1 is yesterday; `in_stock` 0 to 1, None where nobody saw."""

    age: int
    units: int
    in_stock: Decimal | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or none with the reason; `note` says what weakens a number that is there."""

    value: Decimal | None
    why: str = ""
    note: str = ""


def corrected(days: Iterable[Day], window: int) -> Decimal | None:
    """Units a day while there was something to sell; None below seven days in stock. Days nobody saw do not count."""
    seen = [day for day in days if day.age <= window and day.in_stock is not None]
    in_stock = sum((day.in_stock or Decimal(0) for day in seen), Decimal(0))
    return Decimal(sum(day.units for day in seen)) / in_stock if in_stock >= LEAST_DAYS else None


def widened(days: Sequence[Day], window: int) -> Decimal | None:
    """The velocity of a window, or of the next wider one that was in stock for long enough."""
    windows = (window, *(each for each in WIDER if each > window))
    return next((found for each in windows if (found := corrected(days, each)) is not None), None)


def velocity(days: Sequence[Day], prior: Decimal | None = None) -> Figure:
    """Units a day: half from the last week, the rest from the month and the quarter, each corrected for stock-outs.

    With too few days in stock the category's usual velocity stands in, noted as such.
    """
    parts = [(widened(days, window), weight) for window, weight in BLEND]
    known = [(value, weight) for value, weight in parts if value is not None]
    if len(known) < len(parts):
        return Figure(None, "few_days_in_stock") if prior is None else Figure(prior, note="category")
    blended = sum((value * weight for value, weight in known), Decimal(0))
    is_narrow = all(corrected(days, window) is not None for window, _ in BLEND)
    return Figure(blended.quantize(_UNIT, ROUND_HALF_UP), note="" if is_narrow else "wider_window")


def deviation(days: Iterable[Day]) -> Decimal | None:
    """Standard deviation of the units a day, over days that were in stock throughout; None below seven of them."""
    sold = [Decimal(day.units) for day in days if day.age <= LONGEST and day.in_stock == 1]
    if len(sold) < LEAST_DAYS:
        return None
    total = sum(sold, Decimal(0))
    squares = sum((each * each for each in sold), Decimal(0)) - total * total / len(sold)
    return (max(squares, Decimal(0)) / (len(sold) - 1)).sqrt().quantize(_UNIT, ROUND_HALF_UP)


def cover(available: int | None, per_day: Decimal | None, arrivals: Iterable[tuple[int, int]] = ()) -> Figure:
    """Days until the goods run out. `arrivals` are (days from now, units); one counts if it comes before that."""
    if available is None or per_day is None:
        return Figure(None, "no_level" if available is None else "no_velocity")
    if per_day == 0:
        return Figure(None, "no_demand")
    units = max(available, 0)
    for days, arriving in sorted(arrivals):
        if per_day * days >= units:
            break
        units += arriving
    return Figure((units / per_day).quantize(_TENTH, ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Supply:
    """How a SKU is bought: lead time with its deviation in days, and the pack it comes in."""

    lead_days: int | None
    lead_deviation: Decimal | None = None
    pack: int = 1
    least_order: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """How much a client wants to have: service in percent, days between reviews, days to cover, growth as a fraction."""

    service: int = 95
    review_days: int = 7
    cover_days: int = 60
    growth: Decimal = Decimal(0)


def safety(per_day: Decimal | None, spread: Decimal | None, supply: Supply, service: int = 95) -> Figure:
    """Units against uncertainty, not rounded. A lead time of unknown deviation counts as constant, and is noted."""
    if per_day is None or spread is None or supply.lead_days is None:
        why = "no_velocity" if per_day is None else "no_deviation" if spread is None else "no_lead_time"
        return Figure(None, why)
    by_lead = (supply.lead_deviation or Decimal(0)) ** 2 * per_day**2
    units = Z[service] * (supply.lead_days * spread**2 + by_lead).sqrt()
    return Figure(units, note="" if supply.lead_deviation is not None else "lead_time_constant")


def reorder_point(per_day: Decimal, buffer: Decimal, lead_days: int) -> int:
    """The level at which to order: what sells until it arrives, and the safety stock."""
    return ceil(per_day * lead_days + buffer)


def ceil(units: Decimal, pack: int = 1) -> int:
    """Whole units in whole packs, upwards."""
    return int((units / pack).to_integral_value(ROUND_CEILING)) * pack


def order(
    per_day: Decimal | None, buffer: int | None, held: int | None, supply: Supply, policy: Policy | None = None
) -> Figure:
    """Units to order. `held` is what is available, on its way and ordered; `buffer` the safety stock in whole units."""
    if per_day is None or buffer is None or held is None or supply.lead_days is None:
        names = {"no_velocity": per_day, "no_lead_time": supply.lead_days, "no_level": held, "no_deviation": buffer}
        return Figure(None, next(why for why, value in names.items() if value is None))
    wish = policy or Policy()
    days = supply.lead_days + wish.review_days + wish.cover_days
    wanted = per_day * days * (1 + wish.growth) + buffer - held
    if wanted <= 0:
        return Figure(Decimal(0), note="enough")
    units = ceil(wanted, supply.pack)
    if units < supply.least_order:
        return Figure(Decimal(ceil(Decimal(supply.least_order), supply.pack)), note="least_order")
    return Figure(Decimal(units))


def afforded(wanted: Figure, supply: Supply, *, unit_cost: Decimal | None, budget: Decimal | None) -> Figure:
    """What of an order a budget pays for, in whole packs; nothing where that is less than the supplier accepts."""
    if budget is None or not wanted.value:
        return wanted
    if unit_cost is None:
        return Figure(None, "no_cost")
    if unit_cost * wanted.value <= budget:
        return wanted
    packs = (budget / (unit_cost * supply.pack)).to_integral_value(ROUND_FLOOR)
    units = packs * supply.pack
    return replace(wanted, value=units if units >= supply.least_order else Decimal(0), note="budget")


def idle(available: int, per_day: Decimal, keep_days: int) -> int:
    """Units that another pool may have: what is there beyond the days to keep."""
    return max(0, available - ceil(per_day * keep_days))


def days_of_supply(on_hand: Decimal | None, shipped: Decimal | None) -> Decimal | None:
    """How long the average stock of a window lasted at its average shipments a day, to a tenth; None without either."""
    if on_hand is None or not shipped:
        return None
    return (on_hand / shipped).quantize(_TENTH, ROUND_HALF_UP)


def is_low_supply(month: Decimal | None, quarter: Decimal | None) -> bool | None:
    """Whether a fee for low stock threatens: only where the supply of both windows is short, for the larger counts."""
    if month is None or quarter is None:
        return None
    return max(month, quarter) < LOW_SUPPLY_DAYS
