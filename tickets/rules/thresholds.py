"""The most specific enabled threshold for a subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tickets.models import Threshold


class HasScope(Protocol):
    """What a limit may be narrowed to."""

    @property
    def account_id(self) -> int | None: ...

    @property
    def channel(self) -> str: ...

    @property
    def brand_id(self) -> int | None: ...

    @property
    def sku_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """An account as a whole, for questions that are not about a single subject."""

    account_id: int | None
    channel: str = ""
    brand_id: int | None = None
    sku_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The enabled thresholds of one detector, the most specific first."""

    rows: tuple[Threshold, ...]

    def best(self, about: HasScope) -> Threshold | None:
        """The first whose every selector is empty or equal; None when the detector is switched off here."""
        subject = (about.sku_id, about.brand_id, about.channel or None, about.account_id)
        return next((row for row in self.rows if _fits(_selectors(row), subject)), None)


def of(detector: str) -> Rules:
    """Read the enabled thresholds of a detector, once per batch."""
    rows = Threshold.objects.filter(detector=detector, is_enabled=True)
    return Rules(tuple(sorted(rows, key=_specificity)))


def _selectors(row: Threshold) -> tuple[object, ...]:
    return (row.sku_id, row.brand_id, row.channel or None, row.account_id)


def _specificity(row: Threshold) -> tuple[object, ...]:
    """A SKU is narrower than a brand, a brand than a channel, a channel than an account; then the older row."""
    return (*(selector is None for selector in _selectors(row)), row.pk)


def _fits(selectors: tuple[object, ...], subject: tuple[object, ...]) -> bool:
    return all(wanted is None or wanted == given for wanted, given in zip(selectors, subject, strict=True))
