"""On random books, the findings in SQL are those of the plain rule: the same kinds, amounts and severities, line by line."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.core import clock
from finance import sinks
from finance.judging import lines as plain
from finance.judging.lines import Entry, Line
from finance.judging.refunds import Refunded, without_credit
from finance.models import Discrepancy
from finance.services import reconcile
from inventory import sinks as inventory_sinks
from marketplaces.canonical import Fulfilment, OrderStatus, Return
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
ORDERS = 150
NOW = START + timedelta(days=52)
KINDS = ("short_paid", "overpaid", "duplicate", "refund_without_credit", "refund_without_return", "reimbursement_short")


def random_line(draw: random.Random) -> Line:
    quantity = draw.choice((1, 1, 2, 3))
    return Line(
        quantity=quantity, item_total=Decimal(draw.randrange(100, 40_000)) * quantity / 100,
        extra=Decimal(draw.choice((0, 0, 399, 250))) / 100, is_ours_to_return=draw.random() < 0.5,
        came_back=draw.random() < 0.3,
    )  # fmt: skip


def random_rows(draw: random.Random, of: Line) -> list[Entry]:
    """A sale and sometimes a refund, each part sometimes wrong, missing or there twice."""
    at, later = (START + timedelta(days=draw.randint(1, 6)) for _ in "ab")
    off = Decimal(draw.choice((0, 0, 0, -5, 1, -60_000))) / 100
    rows = [Entry(C.PRINCIPAL, max(of.item_total + off, Decimal(1)), of.quantity, at)]
    rows += [Entry(C.SHIPPING, of.extra, 0, at)] if of.extra and draw.random() < 0.9 else []
    base = of.item_total + draw.choice((0, 1)) * of.extra
    rate = draw.choice((Decimal("0.15"), Decimal("0.12"), Decimal("0.085")))
    fee = Entry(C.COMMISSION, -(base * rate).quantize(Decimal("0.01")), of.quantity, at)
    rows += [fee] * draw.choice((1, 1, 1, 2))
    rows += [Entry(C.FULFILMENT, Decimal("-3.55"), of.quantity, at)] * draw.choice((0, 1, 1, 2))
    if draw.random() < 0.5:
        rows += refund(draw, of, fee, later + timedelta(days=draw.randint(0, 6)))
    return rows


def refund(draw: random.Random, of: Line, fee: Entry, at: datetime) -> list[Entry]:
    pieces = draw.randint(1, of.quantity)
    goods = of.item_total / of.quantity * pieces
    rows = [Entry(C.REFUND_PRINCIPAL, -goods, pieces, at)]
    if draw.random() < 0.6:
        part = -fee.amount * pieces / of.quantity * draw.choice((1, 1, Decimal("0.5")))
        rows.append(Entry(C.FEE_REVERSAL, part.quantize(Decimal("0.01")), 0, at))
    if draw.random() < 0.3:
        rows.append(
            Entry(C.REIMBURSEMENT, (goods * draw.choice((1, Decimal("0.6")))).quantize(Decimal("0.01")), pieces, at)
        )
    return rows


def settle(account, books: dict[str, tuple[Line, list[Entry]]]) -> None:
    orders, returns, rows = [], [], []
    for name, (of, entries) in books.items():
        item = factories.order_line(
            f"L-{name}", sku="MUG", quantity=of.quantity, quantity_shipped=of.quantity, unit_price=None,
            item_total=euro(str(of.item_total)), shipping=euro(str(of.extra)) if of.extra else None,
        )  # fmt: skip
        fulfilment = Fulfilment.MARKETPLACE if of.is_ours_to_return else Fulfilment.MERCHANT
        orders.append(factories.order(name, status=OrderStatus.SHIPPED, ordered_at=START, changed_at=START,
                                      fulfilment=fulfilment, lines=(item,)))  # fmt: skip
        if of.came_back:
            returns.append(
                Return(external_id=f"R-{name}", order_id=name, line_id=f"L-{name}", quantity=1, returned_at=START)
            )
        about = {"order_id": name, "line_id": f"L-{name}", "sku": "MUG"}
        rows += [
            line(len(rows) + n, e.line_class, str(e.amount), quantity=e.quantity or None, posted_at=e.posted_at, **about)
            for n, e in enumerate(entries, start=1)
        ]  # fmt: skip
    inventory_sinks.orders(orders, factories.source(account))
    inventory_sinks.returns(returns, factories.source(account))
    source = factories.source(account, "settlements", at=START)
    total = sum((row.amount.amount for row in rows), Decimal(0))
    sinks.settlements([header(total=str(total))], source)
    sinks.settlement_lines(rows, source)


@pytest.mark.parametrize("seed", [1, 2])
def test_it_finds_on_random_books_what_the_plain_rule_finds(account, seed):
    draw = random.Random(seed)  # noqa: S311 - books that can be made again
    books = {}
    for number in range(ORDERS):
        of = random_line(draw)
        books[f"O-{number}"] = of, random_rows(draw, of)
    with clock.frozen(NOW):
        settle(account, books)
        reconcile.reconcile_open()
    found = Discrepancy.objects.filter(state="open", kind__in=KINDS).values_list(
        "order_ref", "kind", "amount", "severity"
    )
    wanted = Counter(
        (name, verdict.kind, verdict.amount.quantize(Decimal("0.0001")), verdict.severity)
        for name, (of, rows) in books.items()
        for verdict in (*plain.judge(of, rows, now=NOW), *without_credit(Refunded(rows=rows), now=NOW))
    )  # fmt: skip
    told = Counter(found)
    assert (told - wanted, wanted - told) == (Counter(), Counter())
    assert {kind for _, kind, *_ in wanted} == set(KINDS)
