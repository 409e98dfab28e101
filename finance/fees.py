"""What the fees of one order line should be: the rule as plain functions, the oracle of `finance.expected`; pure.

Per class of fee, the first of these that says anything counts:
1. the account's own schedule (what was agreed with this seller);
2. for the commission, the marketplace's estimate on the order (it is about this very line);
3. the marketplace's quote for the listing, within 1% of the line's price and 30 days of its day;
4. the marketplace's published schedule;
5. a schedule that lacks what it needs of this line (its category, who ships it): unknown, with the reason.
Shares of other fees are reckoned last: those of the commission, then those of all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from config.core.money import STORED_PLACES, minor_unit
from finance.fee_amounts import charge, of_fees, of_order
from finance.tariffs import Rule, Sale, share, tier, version, why_no_base
from marketplaces.canonical import LineClass as C

SALE_FEES = tuple(
    c.value
    for c in (C.COMMISSION, C.CLOSING, C.PAYMENT_FEE, C.DIGITAL_SERVICES, C.FULFILMENT, C.SHIPPING_LABEL)
)  # fmt: skip
"""Classes that a sale alone brings about; others wait for a refund, a month or a service."""

QUOTE_PRICE_GAP = Decimal("0.01")
QUOTE_DAYS = 30
TOLERANCE = (Decimal("0.01"), Decimal("0.02"))
QUOTE_TOLERANCE = (Decimal("0.01"), Decimal("0.03"))
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A quote for one piece at `price`: positive parts by class."""

    id: int
    price: Decimal
    currency: str
    quoted_on: date
    parts: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fee:
    """What a fee should be, positive; None with a reason where that cannot be told."""

    amount: Decimal | None
    tolerance: Decimal
    source: str
    rule_id: int | None = None
    quote_id: int | None = None
    reason: str = ""


def expected(sale: Sale, rules: Iterable[Rule], quote: Quoted | None = None) -> dict[str, Fee]:
    """The fee per class that this sale should be charged; classes of which nobody says anything are absent."""
    if sale.units <= 0:
        return {}
    schedule = list(rules)
    found: dict[str, Fee] = {}
    waiting: list[tuple[str, str, Rule]] = []
    for line_class in SALE_FEES:
        rows, lacks = version(schedule, sale, line_class)
        is_agreed = bool(rows) and not lacks and rows[0].account_id is not None
        told = None if is_agreed else _told(sale, line_class, quote)
        if told is not None:
            found[line_class] = told
        elif rows:
            source = "agreed" if rows[0].account_id is not None else "published"
            row, reason = (None, lacks) if lacks else tier(rows, sale)
            if row is not None and row.basis in ("commission", "fees"):
                waiting.append((line_class, source, row))
            else:
                found[line_class] = _by_rule(rows, row, sale, source, reason)
    _shares_of_fees(found, waiting, sale)
    return found


def _told(sale: Sale, line_class: str, quote: Quoted | None) -> Fee | None:
    """What the marketplace itself said about this line or its listing."""
    if line_class == C.COMMISSION and sale.estimate is not None:
        return Fee(sale.estimate, tolerance(sale.estimate, sale, *TOLERANCE), "order")
    if quote is None or line_class not in quote.parts or not is_near(quote, sale):
        return None
    if line_class == C.FULFILMENT and sale.programme != "marketplace":
        return None
    amount = quote.parts[line_class] * sale.units
    return Fee(amount, tolerance(amount, sale, *QUOTE_TOLERANCE), "quote", quote_id=quote.id)


def is_near(quote: Quoted, sale: Sale) -> bool:
    if sale.item is None or quote.currency != sale.currency or abs((quote.quoted_on - sale.day).days) > QUOTE_DAYS:
        return False
    quoted = quote.price * sale.units
    return abs(sale.item - quoted) <= QUOTE_PRICE_GAP * quoted


def _by_rule(rows: Sequence[Rule], row: Rule | None, sale: Sale, source: str, reason: str) -> Fee:
    if row is None:
        return Fee(None, tolerance(None, sale, *TOLERANCE), source, rule_id=None, reason=reason)
    part = share(rows, row, sale)
    return _charged(row, sale, source, part, "" if part is not None else why_no_base(sale))


def _charged(row: Rule, sale: Sale, source: str, part: Decimal | None, reason: str) -> Fee:
    mine, amount = of_order(row, sale), None
    if part is not None:
        amount = charge(row, part, sale.units, sale.currency, of_order=mine, fee_vats=sale.fee_vats)
        reason = "" if amount is not None else "no_price" if mine is None else "no_fee_vat"
    allowed = tolerance(amount, sale, row.tolerance, row.tolerance_rate)
    return Fee(amount, allowed, source, rule_id=row.id, reason=reason)


def tolerance(amount: Decimal | None, sale: Sale, per_unit: Decimal, rate: Decimal) -> Decimal:
    """How much more may be charged: so much per unit (at least the minor unit), or a share of the fee if that is more."""
    allowed = max(per_unit, minor_unit(sale.currency)) * sale.units
    return max(allowed, (amount or _NOTHING) * rate).quantize(STORED_PLACES, rounding=ROUND_HALF_UP)


def _shares_of_fees(found: dict[str, Fee], waiting: Iterable[tuple[str, str, Rule]], sale: Sale) -> None:
    """Shares of the commission first, then shares of all other fees."""
    commission = found.get(C.COMMISSION.value)
    last = []
    for line_class, source, row in waiting:
        if row.basis == "fees":
            last.append((line_class, source, row))
            continue
        of = commission.amount if commission else None
        part = None if of is None else of_fees(row, of, sale.fee_vats)
        found[line_class] = _charged(row, sale, source, part, "" if part is not None else "no_commission")
    amounts = [fee.amount for fee in found.values()]
    told = [amount for amount in amounts if amount is not None]
    is_known = bool(told) and len(told) == len(amounts)
    for line_class, source, row in last:
        part = of_fees(row, sum(told, _NOTHING), sale.fee_vats) if is_known else None
        found[line_class] = _charged(row, sale, source, part, "" if is_known else "no_fees")
