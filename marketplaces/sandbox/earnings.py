"""What each order line really earned, for tests that compare it with the profit that was computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from marketplaces.canonical import LineClass as C
from marketplaces.sandbox import statements
from marketplaces.sandbox.facts import WorldStatementLine
from marketplaces.sandbox.orders import LineStory, OrderStory
from marketplaces.sandbox.world import World

SALE = frozenset({C.PRINCIPAL, C.SHIPPING, C.WRAP})
REFUND = frozenset({C.REFUND_PRINCIPAL, C.REFUND_SHIPPING, C.REFUND_PROMOTION})
NOT_FEES = SALE | REFUND | {C.PROMOTION, C.FULFILMENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """One line in its store's currency, signed like a margin: gross + discounts + vat + refunds + fees + fulfilment.

    `gross` contains VAT, `vat` takes it out again, refunds are without it. `units_consumed` left for good: what came
    back fit for sale is not among them. `unit_cost` is landed, in EUR. Not settled, the amounts are those agreed.
    """

    account: str
    order_serial: int
    line_serial: int
    sku: str
    currency: str
    is_settled: bool
    units: int
    units_consumed: int
    unit_cost: Decimal
    gross: Decimal
    discounts: Decimal
    vat: Decimal
    refunds: Decimal
    fees: Decimal
    fulfilment: Decimal

    @property
    def net_revenue(self) -> Decimal:
        return self.gross + self.discounts + self.vat + self.refunds


def earned(world: World, account: str, until: datetime) -> Iterator[Earned]:
    """Every line placed by a moment with units left, by the statements published until then, or else by agreement."""
    booked = _booked(world, account, until)
    stage = world.stages[account]
    for story in world.stories_of_days(account, 0, stage.day_of(until)):
        for line in story.lines if story.placed_at <= until else ():
            gone = line.cancelled if line.cancelled_at and line.cancelled_at <= until else 0
            if line.quantity == gone:
                continue
            rows = booked.get(line.serial, [])
            is_settled = any(row.line_class == C.PRINCIPAL for row in rows)
            if not is_settled:
                rows = [*statements.sale_rows(story, line, units=line.quantity - gone, posted_at=until), *rows]
            back = _back(world, account, line, until)
            yield _sum(account, (story, line), rows, is_settled=is_settled, units=line.quantity - gone, back=back)


def _booked(world: World, account: str, until: datetime) -> dict[int, list[WorldStatementLine]]:
    found: dict[int, list[WorldStatementLine]] = defaultdict(list)
    for period in world.periods(account, until):
        for row in world.statement(account, period).lines if world.is_published(account, period) else ():
            if row.line_serial:
                found[row.line_serial].append(row)
    return found


def _back(world: World, account: str, line: LineStory, until: datetime) -> int:
    """Units that are known to be back and fit for sale."""
    back = line.comeback
    is_known = back is not None and back.at <= until and not world.is_return_lost(account, line.serial)
    return back.quantity if back is not None and is_known and back.is_sellable else 0


def _sum(
    account: str,
    of: tuple[OrderStory, LineStory],
    rows: Sequence[WorldStatementLine],
    *,
    is_settled: bool,
    units: int,
    back: int,
) -> Earned:
    story, line = of
    return Earned(
        account=account,
        order_serial=story.serial,
        line_serial=line.serial,
        sku=line.product.sku,
        currency=story.store.currency,
        is_settled=is_settled,
        units=units,
        units_consumed=units - back,
        unit_cost=line.product.unit_cost,
        gross=_gross(rows, SALE),
        discounts=_gross(rows, {C.PROMOTION}),
        vat=-sum((row.vat.amount for row in rows if row.line_class in SALE | {C.PROMOTION}), Decimal(0)),
        refunds=_net(rows, REFUND),
        fees=_net(rows, {row.line_class for row in rows} - NOT_FEES),
        fulfilment=_net(rows, {C.FULFILMENT}),
    )


def _net(rows: Sequence[WorldStatementLine], classes: Collection[C]) -> Decimal:
    return sum((row.amount.amount for row in rows if row.line_class in classes), Decimal(0))


def _gross(rows: Sequence[WorldStatementLine], classes: Collection[C]) -> Decimal:
    return sum((row.amount.amount + row.vat.amount for row in rows if row.line_class in classes), Decimal(0))
