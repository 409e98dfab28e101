"""What a marketplace pays and keeps: statements per account and currency, without a gap or an overlap in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from config.core.money import Money, total
from marketplaces.canonical import LineClass
from marketplaces.sandbox import stock, tariffs
from marketplaces.sandbox.facts import WorldStatement, WorldStatementLine
from marketplaces.sandbox.orders import Comeback, LineStory, OrderStory
from marketplaces.sandbox.stage import DAY, Stage

ISSUED_AFTER = timedelta(hours=5)
DEPOSIT_AFTER = 3 * DAY


@dataclass(frozen=True, slots=True)
class Period:
    """The n-th statement of one currency; days of the world, the last one not included."""

    number: int
    currency: str
    first_day: int
    end_day: int


def periods(stage: Stage, currency: str) -> Iterator[Period]:
    """All statement periods of one currency, from day 0 on and without end; the first one is shorter."""
    length = stage.account.statement_days
    end = stage.pick(max(1, length // 2), length, "first statement", currency)
    yield Period(0, currency, 0, end)
    number = 1
    while True:
        yield Period(number, currency, end, end + length)
        number, end = number + 1, end + length


def serial_of(stage: Stage, period: Period) -> int:
    return (stage.number * 10 + stage.currencies.index(period.currency)) * 10_000 + period.number + 1


def sales(stage: Stage, period: Period, stories: Iterable[OrderStory]) -> list[WorldStatementLine]:
    """The rows that orders and returns earn in the period."""
    start, end = stage.start_of(period.first_day), stage.start_of(period.end_day)
    return [
        row
        for story in stories
        if story.store.currency == period.currency
        for line in story.lines
        for posted_at, rows in _postings(stage, story, line)
        if start <= posted_at < end
        for row in rows
    ]


def earned(
    stage: Stage, period: Period, stories: Iterable[OrderStory], sold_through: stock.SoldThrough
) -> list[WorldStatementLine]:
    """Every row of the period except reserves, in the order of posting; `row_no` is not given yet."""
    rows = sales(stage, period, stories)
    rows += _account_rows(stage, period, total((row.amount for row in rows), period.currency), sold_through)
    return sorted(rows, key=lambda row: (row.posted_at, row.order_serial or 0, row.line_serial or 0))


def reserve(stage: Stage, period: Period, rows: Iterable[WorldStatementLine]) -> Money:
    """What is held back at the end of the period, positive: a share of what it earned, nothing of a loss."""
    if not stage.says(LineClass.RESERVE_IN):
        return Money(Decimal(0), period.currency)
    share = Decimal(stage.pick(4, 11, "reserve", period.currency, period.number)) / 100
    return tariffs.part(max(document_total(rows, period.currency), Money(Decimal(0), period.currency)), share)


def with_reserves(
    stage: Stage, period: Period, rows: list[WorldStatementLine], *, released: Money, held: Money
) -> list[WorldStatementLine]:
    """Put the release of the previous reserve first and the new hold last."""
    row = partial(_row, store=None)
    start, end = stage.start_of(period.first_day), stage.start_of(period.end_day)
    first = [row(LineClass.RESERVE_OUT, released, start)] if released else []
    last = [row(LineClass.RESERVE_IN, -held, end - timedelta(minutes=1))] if held else []
    return [*first, *rows, *last]


def document(stage: Stage, period: Period, rows: Iterable[WorldStatementLine], *, amount: Money) -> WorldStatement:
    """The statement with its rows numbered; `amount` is what the bank sees."""
    end = stage.start_of(period.end_day)
    return WorldStatement(
        serial=serial_of(stage, period),
        store=next(store for store in stage.stores if store.currency == period.currency),
        currency=period.currency,
        start=stage.start_of(period.first_day),
        end=end,
        issued_at=end + ISSUED_AFTER,
        deposit_on=(end + DEPOSIT_AFTER).date(),
        total=amount,
        lines=tuple(replace(row, row_no=number) for number, row in enumerate(rows, start=1)),
    )


def document_total(rows: Iterable[WorldStatementLine], currency: str) -> Money:
    return total((part for row in rows for part in (row.amount, row.vat)), currency)


def line_rows(stage: Stage, story: OrderStory, line: LineStory) -> Iterator[WorldStatementLine]:
    """All that is ever due for one order line."""
    for _, rows in _postings(stage, story, line):
        yield from rows


def _postings(
    stage: Stage, story: OrderStory, line: LineStory
) -> Iterator[tuple[datetime, Iterator[WorldStatementLine]]]:
    """When something is due for an order line, and its rows: the sale when it leaves, the refund when it is handled."""
    if line.shipped_at:
        posted_at = line.shipped_at + timedelta(minutes=20)
        yield posted_at, sale_rows(story, line, units=line.quantity - line.cancelled, posted_at=posted_at)
    if line.comeback:
        posted_at = line.comeback.handled_at
        row = partial(_line_row(story, line), posted_at=posted_at, is_refund=True, quantity=line.comeback.quantity)
        yield posted_at, _refund_rows(stage, line, line.comeback, row)


def sale_rows(story: OrderStory, line: LineStory, *, units: int, posted_at: datetime) -> Iterator[WorldStatementLine]:
    """What selling these units of a line brings and costs, as agreed."""
    row = partial(_line_row(story, line), posted_at=posted_at, quantity=units)
    yield row(LineClass.PRINCIPAL, line.unit_price * units, vat_rate=line.vat_rate)
    yield from _if_any(row, LineClass.SHIPPING, line.shipping, vat_rate=line.vat_rate)
    yield from _if_any(row, LineClass.PROMOTION, -line.discount, vat_rate=line.vat_rate)
    yield row(LineClass.COMMISSION, line.commission(units))
    yield from _if_any(row, LineClass.FULFILMENT, -(line.unit_fulfilment * units))


def _line_row(story: OrderStory, line: LineStory) -> partial:
    product = line.product
    return partial(
        _row, store=story.store, order_serial=story.serial, line_serial=line.serial, sku=product.sku, ean=product.ean
    )


def _refund_rows(stage: Stage, line: LineStory, back: Comeback, row: partial) -> Iterator[WorldStatementLine]:
    share = Decimal(back.quantity) / (line.quantity - line.cancelled)
    currency = line.unit_price.currency
    yield row(LineClass.REFUND_PRINCIPAL, -(line.unit_price * back.quantity), vat_rate=line.vat_rate)
    given = tariffs.part(line.discount, share)
    yield from _if_any(row, LineClass.REFUND_PROMOTION, given, vat_rate=line.vat_rate)
    credit = tariffs.part(-line.commission(line.quantity - line.cancelled), share)
    yield row(LineClass.FEE_REVERSAL, credit)
    if stage.says(LineClass.ADMINISTRATION_FEE):
        most = tariffs.in_currency(tariffs.ADMINISTRATION_MOST_EUR, currency)
        yield row(LineClass.ADMINISTRATION_FEE, -min(tariffs.part(credit, tariffs.ADMINISTRATION_SHARE), most))


def _account_rows(
    stage: Stage, period: Period, sales: Money, sold_through: stock.SoldThrough
) -> Iterator[WorldStatementLine]:
    """Storage of the month before and the plan by calendar month, advertising once per statement."""
    row = partial(_row, store=None)
    for day in range(period.first_day, period.end_day):
        at = stage.start_of(day) + timedelta(hours=6)
        is_main = period.currency == stage.currencies[0]
        if at.day == 7 and is_main and stage.account.pool and stage.says(LineClass.STORAGE):
            yield from _if_any(row, LineClass.STORAGE, -_storage(stage, at, sold_through), posted_at=at)
        if at.day == 1 and is_main and stage.says(LineClass.SUBSCRIPTION):
            yield row(LineClass.SUBSCRIPTION, -tariffs.in_currency(tariffs.SUBSCRIPTION_EUR, period.currency), at)
    if sales.amount > 0 and stage.says(LineClass.ADVERTISING):
        share = Decimal(stage.pick(20, 55, "advertising", period.currency, period.number)) / 1000
        at = stage.start_of(period.end_day) - timedelta(hours=9)
        yield row(LineClass.ADVERTISING, -tariffs.part(sales, share), at)


def _storage(stage: Stage, at: datetime, sold_through: stock.SoldThrough) -> Money:
    """What the pool costs for the calendar month before, product by product; nothing lay there before the first day."""
    until, currency = stage.day_of(at.replace(day=1)), stage.currencies[0]
    month = (at.replace(day=1) - DAY).day
    held = stock.unit_days(stage, range(max(0, until - month), until), sold_through)
    return total((tariffs.stored(units, product.sides_mm, month, currency) for product, units in held), currency)


def _if_any(row: partial, line_class: LineClass, gross: Money, **more: Any) -> Iterator[WorldStatementLine]:
    if gross:
        yield row(line_class, gross, **more)


def _row(
    line_class: LineClass, gross: Money, posted_at: datetime, *, vat_rate: Decimal = Decimal(0), **more: Any
) -> WorldStatementLine:
    net, vat = tariffs.split_vat(gross, vat_rate)
    return WorldStatementLine(row_no=0, line_class=line_class, amount=net, vat=vat, posted_at=posted_at, **more)
