"""Statement lines and an account map in, balanced double entries out; pure.

A statement is booked in one part per month. Every part but the last leaves its sum on the account of carried balances;
the last one takes them back and puts the whole statement on the clearing account, which the deposit empties again.
Amounts of postings are signed: plus is debit. A line of plus 10 for the seller is therefore a posting of minus 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from config.core.money import minor_unit, quantise
from marketplaces.canonical import LineClass as C

ZERO = Decimal(0)


class Purpose(StrEnum):
    """What an account of the books is for; the map of a client gives each its number."""

    REVENUE = "revenue"
    REFUNDS = "refunds"
    TAX = "tax"
    TAX_WITHHELD = "tax_withheld"
    COMMISSION = "commission"
    PAYMENT_FEE = "payment_fee"
    FULFILMENT = "fulfilment"
    STORAGE = "storage"
    ADVERTISING = "advertising"
    SUBSCRIPTION = "subscription"
    PENALTY = "penalty"
    REIMBURSEMENT = "reimbursement"
    ADJUSTMENT = "adjustment"
    LOAN = "loan"
    FX = "fx"
    RESERVE = "reserve"
    CLEARING = "clearing"
    CARRIED = "carried"
    TRANSIT = "transit"
    BANK = "bank"
    BANK_FEE = "bank_fee"
    ROUNDING = "rounding"


PURPOSES: dict[str, Purpose] = {
    **dict.fromkeys((C.PRINCIPAL, C.SHIPPING, C.WRAP, C.PROMOTION), Purpose.REVENUE),
    **dict.fromkeys((C.REFUND_PRINCIPAL, C.REFUND_SHIPPING, C.REFUND_PROMOTION, C.REFUND_OTHER), Purpose.REFUNDS),
    **dict.fromkeys((C.CHARGEBACK, C.CLAIM), Purpose.REFUNDS),
    **dict.fromkeys((C.TAX, C.REFUND_TAX), Purpose.TAX),
    C.TAX_WITHHELD: Purpose.TAX_WITHHELD,
    **dict.fromkeys((C.COMMISSION, C.CLOSING, C.DIGITAL_SERVICES), Purpose.COMMISSION),
    **dict.fromkeys((C.FEE_REVERSAL, C.ADMINISTRATION_FEE), Purpose.COMMISSION),
    C.PAYMENT_FEE: Purpose.PAYMENT_FEE,
    **dict.fromkeys((C.FULFILMENT, C.SHIPPING_LABEL, C.RETURN_HANDLING), Purpose.FULFILMENT),
    C.STORAGE: Purpose.STORAGE,
    **dict.fromkeys((C.ADVERTISING, C.MARKETING), Purpose.ADVERTISING),
    C.SUBSCRIPTION: Purpose.SUBSCRIPTION,
    C.PENALTY: Purpose.PENALTY,
    **dict.fromkeys((C.REIMBURSEMENT, C.CLAWBACK), Purpose.REIMBURSEMENT),
    C.ADJUSTMENT: Purpose.ADJUSTMENT,
    C.LOAN: Purpose.LOAN,
    C.FX: Purpose.FX,
    **dict.fromkeys((C.RESERVE_IN, C.RESERVE_OUT), Purpose.RESERVE),
    C.TRANSFER: Purpose.TRANSIT,
    C.CARRYOVER: Purpose.CLEARING,
}
"""An unknown class has no purpose: its statement is not booked until someone says what it is."""

TAXED = frozenset({Purpose.REVENUE, Purpose.REFUNDS, Purpose.TAX, Purpose.TAX_WITHHELD})
"""Purposes whose account depends on where the goods went; for the others country and tax class stay blank."""
TAXED_CLASSES = tuple(str(line_class) for line_class, purpose in PURPOSES.items() if purpose in TAXED)

UNION = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""The member states of the European Union since 2020-02-01."""


def tax_class(country: str, *, home: str, is_business: bool) -> str:
    """Where a supply goes as VAT sees it from the seller's country; blank where either is not known."""
    if not country or not home:
        return ""
    if country == home:
        return "domestic"
    if country in UNION and home in UNION:
        return "eu_business" if is_business else "eu"
    return "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the account map; a blank holds for all. `code` is the account's number in the books."""

    purpose: str
    code: str
    name: str = ""
    tax_key: str = ""
    tax_rate: str = ""
    account_id: int | None = None
    currency: str = ""
    line_class: str = ""
    tax_class: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an account is wanted for."""

    purpose: str
    account_id: int
    currency: str
    line_class: str = ""
    tax_class: str = ""
    country: str = ""


def resolve(rules: Iterable[Rule], asked: Asked) -> Rule | None:
    """The most specific row that fits: account, then class of line, country, tax class and currency decide."""
    fitting = [rule for rule in rules if rule.purpose == asked.purpose and rule.code and _fits(rule, asked)]
    return max(fitting, key=_weight, default=None)


def _fits(rule: Rule, asked: Asked) -> bool:
    pairs = (
        (rule.account_id, asked.account_id), (rule.currency, asked.currency), (rule.line_class, asked.line_class),
        (rule.tax_class, asked.tax_class), (rule.country, asked.country),
    )  # fmt: skip
    return all(wanted in (None, "", given) for wanted, given in pairs)


def _weight(rule: Rule) -> tuple[bool, ...]:
    return (
        rule.account_id is not None, bool(rule.line_class), bool(rule.country), bool(rule.tax_class), bool(rule.currency),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One amount of a statement, plus for the seller, and the month that it was posted in."""

    amount: Decimal
    line_class: str
    month: date
    order_ref: str = ""
    tax_class: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of an entry, plus is debit. `late_for` is the locked month that it belonged to."""

    purpose: str
    amount: Decimal
    line_class: str = ""
    order_ref: str = ""
    tax_class: str = ""
    country: str = ""
    late_for: date | None = None
    is_contra: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a statement: the postings of one month, which sum to zero."""

    month: date
    postings: tuple[Posting, ...]


class Unbalanced(ValueError):
    """What was given cannot be booked without a rest that nobody explains."""


def entries(
    lines: Iterable[Line], *, total: Decimal, currency: str, locked: frozenset[date] = frozenset(),
    booked: Sequence[Entry] = (),
) -> list[Entry]:  # fmt: skip
    """The parts of one statement in months that are not locked; `booked` are its parts in locked ones.

    What a locked month would need differently is booked in the first open month after it.
    """
    parts: dict[date, list[Posting]] = defaultdict(list)
    for (origin, posting), amount in _due(lines, currency, booked).items():
        if amount:
            month = _open(origin, locked)
            late_for = origin if month != origin else None
            parts[month].append(replace(posting, amount=amount, late_for=late_for))
    sums = {month: sum((p.amount for p in postings), ZERO) for month, postings in parts.items()}
    for month, contra in contras(sums, total=quantise(total, currency), booked=_contras_of(booked)):
        parts[month].append(contra)
    return [Entry(month, tuple(parts[month])) for month in sorted(parts)]


def _due(lines: Iterable[Line], currency: str, booked: Sequence[Entry]) -> dict[tuple[date, Posting], Decimal]:
    """What each month of origin needs, less what its locked parts hold; postings without amount are the keys."""
    exact: dict[tuple[date, Posting], Decimal] = defaultdict(Decimal)
    for line in lines:
        exact[line.month, _key(line, PURPOSES[line.line_class])] -= line.amount
    due = {key: quantise(amount, currency) for key, amount in exact.items()}
    for entry in booked:
        for posting in entry.postings:
            if not posting.is_contra:
                key = (posting.late_for or entry.month, _key(posting, posting.purpose))
                due[key] = due.get(key, ZERO) - posting.amount
    return due


def _key(row: Line | Posting, purpose: str) -> Posting:
    return Posting(
        purpose=purpose, amount=ZERO, line_class=row.line_class, order_ref=row.order_ref, tax_class=row.tax_class,
        country=row.country,
    )  # fmt: skip


def _open(month: date, locked: frozenset[date]) -> date:
    while month in locked:
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return month


def _contras_of(booked: Sequence[Entry]) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for entry in booked:
        for posting in entry.postings:
            if posting.is_contra:
                found[posting.purpose] += posting.amount
    return found


def contras(
    sums: Mapping[date, Decimal], *, total: Decimal, booked: Mapping[str, Decimal]
) -> list[tuple[date, Posting]]:
    """What balances the parts: carried balances, at the end the clearing of the whole total, and a rest of rounding.

    `sums` are the postings of each open month, `booked` what locked parts hold per purpose.
    """
    found: list[tuple[date, Posting]] = []
    carried = booked.get(Purpose.CARRIED, ZERO)
    for month in sorted(sums)[:-1]:
        found.append((month, _contra(Purpose.CARRIED, -sums[month])))
        carried -= sums[month]
    if sums:
        last = max(sums)
        clearing = total - booked.get(Purpose.CLEARING, ZERO)
        rest = carried - clearing - sums[last]
        ends = ((Purpose.CLEARING, clearing), (Purpose.CARRIED, -carried), (Purpose.ROUNDING, rest))
        found += [(last, _contra(purpose, amount)) for purpose, amount in ends]
    return [(month, posting) for month, posting in found if posting.amount]


def _contra(purpose: Purpose, amount: Decimal) -> Posting:
    return Posting(purpose=purpose, amount=amount, is_contra=True)


def check_rounding(rest: Decimal, *, currency: str, lines: int) -> None:
    """Raise Unbalanced when a rest is more than half a minor unit per rounded posting and one for the total."""
    if abs(rest) > minor_unit(currency) / 2 * (lines + 1):
        raise Unbalanced(f"{rest} {currency} would be left over, more than rounding can explain")


def deposit(amount: Decimal, *, fee: Decimal = ZERO, is_linked: bool, is_returned: bool = False) -> list[Posting]:
    """The entry of a bank booking: it empties the clearing account of its statement, or waits as money in transit.

    `fee` is what the bank kept, positive; `is_returned` turns the entry round.
    """
    sign = -1 if is_returned else 1
    other = Purpose.CLEARING if is_linked else Purpose.TRANSIT
    rows = ((Purpose.BANK, amount), (Purpose.BANK_FEE, fee), (other, -(amount + fee)))
    return [Posting(purpose=purpose, amount=sign * value) for purpose, value in rows if value]


def exchanged(total: Decimal) -> list[Posting]:
    """What empties the clearing account of a statement that was paid out in another currency: the rest in transit, which
    holds both currencies, is what the exchange cost."""
    return [Posting(purpose=Purpose.TRANSIT, amount=total), Posting(purpose=Purpose.CLEARING, amount=-total)]
