"""What an order line earned, step by step: the rule as plain functions, the oracle of the profit in SQL; pure.

Steps are signed, plus is money towards the seller. A step whose input is unknown is None with a reason, and so is every
margin after it. What stands on a statement counts as charged; units that no statement tells of yet count as expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from config.core.money import quantise
from marketplaces.canonical import LineClass as C

Amount = Decimal | None
ZERO = Decimal(0)

STEPS = (
    "gross", "discounts", "vat", "refunds", "goods", "fees", "fulfilment", "payment", "returns", "reimbursements",
    "advertising", "storage", "other",
)  # fmt: skip
NET_REVENUE, CM1 = STEPS[:4], STEPS[:5]
CM2, CM3 = STEPS[:10], STEPS

SALE = (C.PRINCIPAL, C.SHIPPING, C.WRAP)
REFUNDS = (C.REFUND_PRINCIPAL, C.REFUND_SHIPPING, C.REFUND_PROMOTION, C.REFUND_OTHER, C.CHARGEBACK, C.CLAIM)
STEP_OF: dict[C, str] = {
    **dict.fromkeys((*SALE, C.TAX), "gross"),
    C.PROMOTION: "discounts",
    **dict.fromkeys(REFUNDS, "refunds"),
    **dict.fromkeys((C.COMMISSION, C.CLOSING, C.DIGITAL_SERVICES, C.FEE_REVERSAL, C.ADMINISTRATION_FEE), "fees"),
    **dict.fromkeys((C.FULFILMENT, C.SHIPPING_LABEL), "fulfilment"),
    C.PAYMENT_FEE: "payment",
    C.RETURN_HANDLING: "returns",
    **dict.fromkeys((C.REIMBURSEMENT, C.CLAWBACK), "reimbursements"),
    **dict.fromkeys((C.ADVERTISING, C.MARKETING), "advertising"),
    C.STORAGE: "storage",
    **dict.fromkeys((C.SUBSCRIPTION, C.PENALTY, C.ADJUSTMENT, C.FX), "other"),
}
"""The step of each class. Tax of refunds is the state's, tax withheld only pays it; reserves and loans are no profit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of one order line; amounts of the order are positive and for the whole `quantity`.

    `vat_rate` is that of the buyer's country, `is_vat_contained` whether shelf prices there contain it. `settled` holds
    what statements say per class. `cost` is one piece, `cost_rate` what one unit of its currency is in the line's.
    `expected` is what each step should cost, negative, None where a rule cannot tell; `expected_fee` is the
    marketplace's own estimate.
    """

    currency: str
    quantity: int
    units: int
    item_total: Amount = None
    shipping: Amount = None
    wrap: Amount = None
    discount: Amount = None
    tax: Amount = None
    is_free: bool = False
    is_by_marketplace: bool = False
    vat_rate: Amount = None
    is_vat_contained: bool = True
    settled: Mapping[C, Decimal] = field(default_factory=dict)
    settled_units: int = 0
    is_other_currency: bool = False
    returned_sellable: int = 0
    has_sku: bool = True
    cost: Amount = None
    cost_rate: Amount = None
    expected: Mapping[str, Amount] = field(default_factory=dict)
    expected_fee: Amount = None

    @property
    def is_sold(self) -> bool:
        return C.PRINCIPAL in self.settled

    @property
    def open_units(self) -> int:
        """Units that no statement tells of yet; a sale without a quantity tells of all."""
        told = self.settled_units or self.units if self.is_sold else 0
        return max(0, self.units - told)

    @property
    def is_tax_on_top(self) -> bool:
        return not self.is_vat_contained if self.vat_rate is not None else self.tax is not None


@dataclass(slots=True, kw_only=True)
class Steps:
    gross: Amount = ZERO
    discounts: Amount = ZERO
    vat: Amount = ZERO
    refunds: Amount = ZERO
    goods: Amount = ZERO
    fees: Amount = ZERO
    fulfilment: Amount = ZERO
    payment: Amount = ZERO
    returns: Amount = ZERO
    reimbursements: Amount = ZERO
    advertising: Amount = ZERO
    storage: Amount = ZERO
    other: Amount = ZERO

    def add(self, name: str, amount: Amount) -> None:
        former = getattr(self, name)
        setattr(self, name, None if former is None or amount is None else former + amount)

    def sum(self, names: Sequence[str]) -> Amount:
        """The sum of these steps; None as soon as one is unknown."""
        found = [getattr(self, name) for name in names]
        return None if None in found else sum(found, ZERO)

    @property
    def net_revenue(self) -> Amount:
        return self.sum(NET_REVENUE)

    @property
    def cm1(self) -> Amount:
        return self.sum(CM1)

    @property
    def cm2(self) -> Amount:
        return self.sum(CM2)

    @property
    def cm3(self) -> Amount:
        return self.sum(CM3)


@dataclass(frozen=True, slots=True)
class Profit:
    steps: Steps
    missing: tuple[str, ...]
    is_settled: bool
    vat_source: str


def of_line(facts: Facts) -> Profit:
    """The steps of one line, without its share of the charges of the whole account."""
    steps, missing = Steps(), []
    for line_class, amount in facts.settled.items():
        if line_class in STEP_OF:
            steps.add(STEP_OF[line_class], amount)
    _expect_sale(facts, steps)
    source = _vat(facts, steps)
    if facts.is_other_currency:
        steps.gross = None
        missing.append("other_currency")
    elif steps.gross is None:
        missing.append("no_price")
    if steps.vat is None or steps.refunds is None:
        missing.append("no_vat")
    missing += _goods(facts, steps)
    missing += _fees(facts, steps)
    return Profit(steps, tuple(missing), facts.is_sold and not facts.open_units, source)


def _expected_sale(facts: Facts) -> list[Amount]:
    """Goods, shipping, wrap, discount (negative) of the units that no statement tells of, each rounded."""
    if not facts.open_units:
        return []
    goods = ZERO if facts.is_free and facts.item_total is None else facts.item_total
    extras = (facts.shipping, facts.wrap, -(facts.discount or ZERO))
    return [
        _part(goods, facts.open_units, facts.quantity, facts.currency),
        *(_part(extra or ZERO, facts.open_units, facts.units, facts.currency) for extra in extras),
    ]


def _expect_sale(facts: Facts, steps: Steps) -> None:
    for name, amount in zip(("gross", "gross", "gross", "discounts"), _expected_sale(facts), strict=False):
        steps.add(name, amount)
    if facts.open_units and facts.is_tax_on_top:
        steps.add("gross", _part(facts.tax or ZERO, facts.open_units, facts.quantity, facts.currency))


def _vat(facts: Facts, steps: Steps) -> str:
    """Take the VAT out of sale and refunds: what the statement tells apart, else what the amounts contain."""
    is_apart = C.TAX in facts.settled or C.REFUND_TAX in facts.settled
    net, source = _net_share(facts)
    steps.add("vat", -facts.settled.get(C.TAX, ZERO))
    for line_class in () if is_apart else (*SALE, C.PROMOTION):
        steps.add("vat", _negative(_contained(facts.settled.get(line_class, ZERO), net, facts.currency)))
    for line_class in () if is_apart else REFUNDS:
        steps.add("refunds", _negative(_contained(facts.settled.get(line_class, ZERO), net, facts.currency)))
    for amount in _expected_sale(facts):
        steps.add("vat", _negative(_contained(amount or ZERO, net, facts.currency)))
    if facts.open_units and facts.is_tax_on_top:
        steps.add("vat", -(_part(facts.tax or ZERO, facts.open_units, facts.quantity, facts.currency) or ZERO))
    return "statement" if is_apart else source


def _net_share(facts: Facts) -> tuple[tuple[Decimal, Decimal] | None, str]:
    """Net is this part of an amount, as numerator and denominator: by the order's own tax, else by the rate."""
    gross = (facts.item_total or ZERO) + (facts.shipping or ZERO) + (facts.wrap or ZERO) - (facts.discount or ZERO)
    if facts.is_tax_on_top:
        return (Decimal(1), Decimal(1)), "order" if facts.tax is not None else "rate"
    if facts.tax and ZERO < facts.tax < gross:
        return (gross - facts.tax, gross), "order"
    if facts.vat_rate is not None:
        return (Decimal(1), 1 + facts.vat_rate), "rate"
    return None, ""


def _contained(amount: Decimal, net: tuple[Decimal, Decimal] | None, currency: str) -> Amount:
    """The VAT inside an amount: what its net leaves, rounded as a document prints it."""
    if not amount:
        return ZERO
    return None if net is None else amount - quantise(amount * net[0] / net[1], currency)


def _negative(amount: Amount) -> Amount:
    return None if amount is None else -amount


def _part(amount: Amount, units: int, of: int, currency: str) -> Amount:
    return None if amount is None else quantise(amount * units / of, currency)


def _goods(facts: Facts, steps: Steps) -> list[str]:
    """Cost counts for the units that stay with a buyer or came back spoiled, not for those that can be sold again."""
    kept = facts.units - min(facts.returned_sellable, facts.units)
    if not kept:
        return []
    if facts.cost is None:
        steps.goods = None
        return ["no_cost" if facts.has_sku else "no_sku"]
    if facts.cost_rate is None:
        steps.goods = None
        return ["no_rate"]
    steps.goods = -quantise(facts.cost * kept * facts.cost_rate, facts.currency)
    return []


def _fees(facts: Facts, steps: Steps) -> list[str]:
    """Expected fees of the units that no statement tells of; of commission and fulfilment silence is not zero."""
    if not facts.open_units:
        return []
    expected = dict(facts.expected)
    if expected.get("fees") is None and facts.expected_fee is not None:
        expected["fees"] = facts.expected_fee
    expected.setdefault("fees", None)
    expected.setdefault("fulfilment", None if facts.is_by_marketplace else ZERO)
    if facts.is_free:
        expected["fees"] = expected["fees"] or ZERO
    for name, amount in expected.items():
        steps.add(name, _part(amount, facts.open_units, facts.units, facts.currency))
    return [f"no_{name}" for name in ("fees", "fulfilment", "payment") if name in expected and expected[name] is None]


def share(part: Amount, whole: Amount) -> Amount:
    """A ratio as a fraction; None where one of the two is unknown or the whole is zero."""
    return None if part is None or not whole else part / whole
