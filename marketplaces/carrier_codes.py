"""Which carriers a marketplace takes, as a table of dated rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierCode:
    """Our word for a carrier (`DHL`) and the marketplace's, valid from `since` until before `until`; None is unbounded.

    `is_untracked` may go without a tracking number; `takes_returns` may carry a parcel's return label.
    """

    word: str
    code: str
    since: date | None = None
    until: date | None = None
    is_untracked: bool = False
    takes_returns: bool = False

    def holds(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """The table of a marketplace; whatever is not in it on the day of shipping is refused.

    With `needs_return` a parcel is told only with the number of a return label; `return_setting` names the account's
    setting for parcels that have none of their own. With `takes_several` one piece may leave in several parcels.
    """

    rows: tuple[CarrierCode, ...]
    needs_number: bool = False
    needs_return: bool = False
    return_setting: str = ""
    takes_several: bool = False

    def on(self, day: date) -> dict[str, CarrierCode]:
        """What holds on a day, by our word."""
        return {row.word: row for row in self.rows if row.holds(day)}


def same(
    *words: str, takes_returns: frozenset[str] = frozenset(), is_untracked: bool = False
) -> tuple[CarrierCode, ...]:
    """Rows of carriers that the marketplace calls as we do."""
    return tuple(
        CarrierCode(word=word, code=word, takes_returns=word in takes_returns, is_untracked=is_untracked)
        for word in words
    )


def renamed(**codes: str) -> tuple[CarrierCode, ...]:
    """Rows of carriers by our word, with the marketplace's."""
    return tuple(CarrierCode(word=word, code=code) for word, code in codes.items())
