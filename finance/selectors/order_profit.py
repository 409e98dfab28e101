"""What each line of an order earned, step by step: expected, settled, what they differ by, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from config.core.money import Money, rounding
from finance.models import LineProfit, OrderLineMoney
from finance.profit_words import WORDS
from finance.profitability import STEP_OF, STEPS
from finance.selectors import fees, profit
from finance.selectors.fees import FeeLine
from finance.selectors.profit import MARGIN_AFTER
from marketplaces.canonical import LineClass

ALWAYS = ("gross", "vat", "goods")
OPEN_WHILE_UNKNOWN = ("fees", "fulfilment", "payment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step, one fee of the step above it, or one margin.

    `expected` and `settled` are None where nothing is expected or no statement tells; `variance` is settled less
    expected: minus was lost. `counts` is what the margins are made of: settled as far as statements tell, else expected.
    """

    name: str
    kind: str = "step"
    expected: Money | None = None
    settled: Money | None = None
    counts: Money | None = None
    variance: Money | None = None
    fee: FeeLine | None = None

    @property
    def words(self) -> str:
        return WORDS.get(self.name, self.name.replace("_", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One order line; `earned` is None until its profit was computed, `money` until its statements were looked at."""

    name: str
    earned: LineProfit | None
    money: OrderLineMoney | None
    rows: Sequence[Row]


def of_order(*, order_id: int, account: int, order_ref: str) -> list[Line]:
    """Every line of an order of which a profit, a state of its money or a fee is known; four queries."""
    earned = {row.order_line.external_id: row for row in profit.lines_of_order(order_id=order_id)}
    known = OrderLineMoney.objects.filter(order_line__order=order_id).select_related("order_line").order_by("pk")
    moneys = {money.order_line.external_id: money for money in known}
    by_line: dict[str, list[FeeLine]] = {name: [] for name in (*earned, *moneys)}
    for fee in fees.of_order(account=account, order_ref=order_ref):
        by_line.setdefault(fee.line, []).append(fee)
    return [_line(name, earned.get(name), moneys.get(name), found) for name, found in by_line.items()]


def _line(name: str, earned: LineProfit | None, money: OrderLineMoney | None, found: Sequence[FeeLine]) -> Line:
    if earned is not None:
        return Line(name=name, earned=earned, money=money, rows=list(_rows(earned, money, found)))
    sale = _step("gross", None, money, []) if money else ()
    return Line(name=name, earned=None, money=money, rows=[*sale, *map(_fee, found)])


def _rows(earned: LineProfit, money: OrderLineMoney | None, found: Sequence[FeeLine]) -> Iterator[Row]:
    """The steps that matter to this line with their fees below, each margin after them, and what rounding leaves."""
    total = Money(Decimal(0), earned.currency) if earned.currency else None
    for name in STEPS:
        amount = getattr(earned, name)
        counts = _money(amount, earned.currency)
        total = None if total is None or counts is None else total + counts.rounded()
        mine = [fee for fee in found if STEP_OF.get(LineClass(fee.line_class)) == name]
        if mine or amount or name in ALWAYS or (amount is None and name in OPEN_WHILE_UNKNOWN):
            yield from _step(name, counts, money, mine)
        if name in MARGIN_AFTER:
            margin = MARGIN_AFTER[name]
            whole = _money(getattr(earned, margin), earned.currency)
            if total is not None and whole is not None and (rest := rounding([total], whole)):
                yield Row(name="rounding", kind="rounding", counts=rest)
                total = total + rest
            yield Row(name=margin, kind="margin", counts=whole)


def _step(name: str, counts: Money | None, money: OrderLineMoney | None, mine: Sequence[FeeLine]) -> Iterator[Row]:
    """A step of one fee as that fee, else with its fees below; the price beside what statements paid of it."""
    if name == "gross" and money is not None and money.currency:
        sums = (_money(amount, money.currency) for amount in (money.expected, money.settled, money.variance))
        expected, settled, variance = sums
        is_told = money.variance is not None or money.settled
        yield Row(
            name=name, counts=counts, expected=expected, settled=settled if is_told else None, variance=variance,
        )  # fmt: skip
        return
    if len(mine) == 1:
        yield replace(_fee(mine[0]), kind="step", counts=counts)
        return
    yield Row(name=name, counts=counts)
    yield from map(_fee, mine)


def _fee(fee: FeeLine) -> Row:
    return Row(
        name=fee.line_class, kind="fee", fee=fee, expected=_money(fee.expected, fee.currency),
        settled=_money(fee.charged, fee.currency), variance=_money(fee.variance, fee.currency),
    )  # fmt: skip


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None or not currency else Money(amount, currency)
