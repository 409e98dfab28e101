"""Fees that are higher than expected, or that nobody agreed, over plain lists: the oracle of those findings in SQL; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from finance import tariffs
from finance.judging.lines import CENT, Verdict
from finance.tariffs import Rule

SYSTEMATIC_FROM = 10


@dataclass(frozen=True, slots=True)
class Expected:
    """Positive; None: it cannot be told."""

    amount: Decimal | None
    tolerance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """An order line: what was charged per class, positive, what was charged twice left out; and what should have been."""

    name: str
    sku: str
    sale: tariffs.Sale
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)


def overcharged(lines: Sequence[Charged]) -> Iterator[Verdict]:
    """Beyond the tolerance; systematic where ten lines of one product are."""
    found = [(line, kind, too_much) for line in lines for kind, too_much in _too_much(line)]
    habit = Counter((line.sku, kind) for line, kind, _ in found if line.sku)
    for line, kind, too_much in found:
        is_systematic = habit[line.sku, kind] >= SYSTEMATIC_FROM
        yield Verdict("fee_overcharge", too_much, "S2" if is_systematic else "S3", about=f"{line.name} {kind}")


def _too_much(line: Charged) -> Iterator[tuple[str, Decimal]]:
    for kind, amount in line.fees.items():
        told = line.expected.get(kind)
        if told is not None and told.amount and amount - told.amount > told.tolerance:
            yield kind, amount - told.amount


def unexpected(lines: Iterable[Charged], rules: Sequence[Rule]) -> Iterator[Verdict]:
    """What was agreed to cost nothing, or what a schedule that names every fee does not name on that day."""
    for line in lines:
        for kind, amount in line.fees.items():
            told = line.expected.get(kind)
            is_free = told is not None and told.amount == 0
            if amount > CENT and (is_free or (told is None and _is_not_agreed(kind, line.sale, rules))):
                yield Verdict("unexpected_fee", amount, "S3", about=f"{line.name} {kind}")


def _is_not_agreed(kind: str, sale: tariffs.Sale, rules: Sequence[Rule]) -> bool:
    own = [rule for rule in rules if rule.account_id is not None]
    return tariffs.is_complete(own, sale) and not tariffs.version(own, sale, kind)[0]
