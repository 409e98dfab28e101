"""Which changes are too many or too large to leave on their own. Pure.

Zeros and revenue count over an hour, so that a mistake is not waved through in small portions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.models.publishing import PRICE, QUANTITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One change: `known` is what the marketplace shows as far as we know, None where we do not.

    `share` is the part of the account's revenue of 30 days, in percent, that its `goods` (SKU and storefront) brought; None
    while nothing was sold. Several changes of the same goods touch that revenue once.
    """

    offer_id: int
    field: str
    wanted: str
    known: str | None
    share: Decimal | None = None
    goods: tuple[int, str] | None = None

    @property
    def ends_offer(self) -> bool:
        return self.field == QUANTITY and self.wanted == "0" and self.known != "0"

    @property
    def price_percent(self) -> Decimal | None:
        """How far the price moves, up or down; None for other fields and where the price is not known."""
        if self.field != PRICE or not self.known or not Decimal(self.known):
            return None
        return abs(Decimal(self.wanted) - Decimal(self.known)) / Decimal(self.known) * 100

    @property
    def is_weighty(self) -> bool:
        """Prices, words and ended offers; the units of a selling offer change with every sale."""
        return self.field != QUANTITY or self.ends_offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    most_zeros: int
    price_move_percent: Decimal
    revenue_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What left for the account within the last hour already."""

    zeros: int = 0
    share: Decimal = Decimal(0)


def held(moves: Sequence[Move], limits: Limits, hour: Hour) -> dict[int, str]:
    """The changes that wait for a person, each with its reason; all others may leave."""
    found = _too_far(moves, limits)
    rest = [move for move in moves if move.offer_id not in found]
    zeros = [move for move in rest if move.ends_offer]
    if len(zeros) + hour.zeros > limits.most_zeros:
        count = len(zeros) + hour.zeros
        why = f"{count} offers would be set to zero within an hour; more than {limits.most_zeros} wait for a person"
        found |= {move.offer_id: why for move in zeros}
    return found | _too_much_revenue([move for move in rest if move.offer_id not in found], limits, hour)


def _too_far(moves: Iterable[Move], limits: Limits) -> dict[int, str]:
    found = {}
    for move in moves:
        percent = move.price_percent
        if percent is not None and percent > limits.price_move_percent:
            found[move.offer_id] = (
                f"the price would move by {percent:.1f}%, from {move.known} to {move.wanted}; "
                f"more than {limits.price_move_percent:f}% waits for a person"
            )
    return found


def _too_much_revenue(moves: Iterable[Move], limits: Limits, hour: Hour) -> dict[int, str]:
    weighty = [move for move in moves if move.is_weighty and move.share is not None]
    apart = {move.goods or move.offer_id: move.share or Decimal(0) for move in weighty}
    touched = sum(apart.values(), hour.share)
    if touched <= limits.revenue_percent:
        return {}
    why = (
        f"offers with {touched:.1f}% of 30 days' revenue would get another price or other words, or end; "
        f"more than {limits.revenue_percent:f}% waits for a person"
    )
    return {move.offer_id: why for move in weighty}
