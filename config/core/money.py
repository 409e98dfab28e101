"""An amount that cannot lose its currency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

STORED_PLACES = Decimal("0.0001")
_SMALLEST, _LARGEST = -60, 30  # powers of ten; beyond them a few bytes of somebody's file become megabytes of digits
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "JOD": 3, "TND": 3}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum."""


class LossyAmount(ValueError):
    """An amount was given as a float, or is not a finite number."""


def decimal(value: object) -> Decimal:
    """Read an exact, finite number from text, int or Decimal; a float, NaN or absurd magnitude raises LossyAmount."""
    if isinstance(value, float):
        raise LossyAmount(f"{value!r} is a float; parse the original text instead")
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation as error:
        raise LossyAmount(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise LossyAmount(f"{value!r} is not finite")
    if not _SMALLEST <= number.adjusted() <= _LARGEST:
        raise LossyAmount(f"{str(value)[:40]!r} is beyond any amount; 1E{_SMALLEST} to 1E{_LARGEST} can be read")
    return number


def minor_unit(currency: str) -> Decimal:
    """The smallest payable amount of a currency, 0.01 unless ISO 4217 says otherwise."""
    return Decimal(1).scaleb(-_MINOR_DIGITS.get(currency, 2))


def quantise(amount: Decimal, currency: str) -> Decimal:
    """Round half-up to the minor unit; for documents only, never in the middle of a sum."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """Amount and ISO 4217 currency. Plus is money towards the seller."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", decimal(self.amount))
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is not an ISO 4217 currency code")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        return Money(self.amount * decimal(factor), self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __str__(self) -> str:
        return f"{quantise(self.amount, self.currency)} {self.currency}"

    def rounded(self) -> Money:
        return Money(quantise(self.amount, self.currency), self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"cannot combine {self} with {other}; convert by day first")
        return other


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum of amounts of one currency; an empty sum is zero of that currency."""
    nothing = Money(Decimal(0), currency)
    return Money(sum((nothing._same(amount).amount for amount in amounts), nothing.amount), currency)


def rounding(parts: Iterable[Money], whole: Money) -> Money:
    """The line to show under parts that are rounded one by one, so that they add up to the whole, rounded once."""
    return whole.rounded() - total((part.rounded() for part in parts), whole.currency)


def odd_minor_units() -> dict[str, Decimal]:
    """The currencies whose smallest payable amount is not 0.01."""
    return {currency: minor_unit(currency) for currency in _MINOR_DIGITS}


def split(whole: Money, weights: Sequence[Decimal], *, unit: Decimal | None = None) -> list[Money]:
    """Divide to the minor unit (or `unit`) by weight, largest remainder first, so that the parts sum to the whole.

    Weights of zero throughout mean equal shares. Negative wholes split like their absolute value.
    """
    if not weights:
        raise ValueError("nothing to split over")
    unit = unit or minor_unit(whole.currency)
    if whole.amount % unit:
        raise LossyAmount(f"{whole.amount} {whole.currency} is finer than {unit}; round it first")
    units = int(abs(whole.amount) / unit)
    base = sum(weights) or Decimal(len(weights))
    shares = weights if sum(weights) else [Decimal(1)] * len(weights)
    exact = [units * Fraction(share) / Fraction(base) for share in shares]
    floors = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[: units - sum(floors)]:
        floors[index] += 1
    sign = -1 if whole.amount < 0 else 1
    return [Money(sign * part * unit, whole.currency) for part in floors]
