"""On random refunds and schedules, the credits that SQL misses are those that the plain rule misses."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.core import clock
from config.core.money import Money, quantise
from finance import fee_sales, sinks
from finance.judging.lines import Entry
from finance.judging.refunds import Refunded, without_credit
from finance.models import Discrepancy, ExpectedFee, FeeRule, FeeVat, Match
from finance.services import fees, reconcile
from inventory import sinks as inventory_sinks
from inventory.models import OrderLine
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.finance.conftest import START, header, line

pytestmark = pytest.mark.django_db
ACCOUNTS, ORDERS = 12, 25
NOW = START + timedelta(days=24)
END = START + timedelta(days=14)


def random_rules(draw: random.Random, account) -> Iterator[FeeRule | FeeVat]:
    """What is agreed of the commission, of its way back, and of what may be kept; some do not hold for every sale."""
    terms = {
        C.COMMISSION: {"basis": draw.choice(("item", "paid")), "rate": Decimal(draw.choice(("0.15", "0.122")))},
        C.FEE_REVERSAL: {"basis": "commission", "rate": Decimal(draw.choice(("0", "0.5", "1")))},
        C.ADMINISTRATION_FEE: {
            "basis": "commission", "rate": Decimal("0.2"), "maximum": draw.choice((None, Decimal("0.5"), Decimal(5))),
            "per_unit": draw.choice((Decimal(0), Decimal("0.1"))), "vat": draw.choice(("included", "on_top")),
            "is_limit_per_piece": draw.random() < 0.5,
        },
    }  # fmt: skip
    for line_class, values in terms.items():
        if draw.random() < 0.7:
            yield FeeRule(
                account=account, line_class=line_class, source="test", category=draw.choice(("", "", "toys")),
                valid_from=(START + timedelta(days=draw.choice((0, 0, 3)))).date(), is_end=draw.random() < 0.1, **values,
            )  # fmt: skip
    if draw.random() < 0.5:
        yield FeeVat(account=account, valid_from=START.date(), rate=Decimal("0.19"), source="test")


def random_rows(draw: random.Random, currency: str) -> Iterator[tuple[C, Decimal, int | None, datetime | None]]:
    """A sale that was given back wholly or in part, with what it brought back of its commission: the right sum or another."""

    def cents(low: int, high: int) -> Decimal:
        return quantise(Decimal(draw.randrange(low, high)) / 100, currency)

    at, later = (START + timedelta(days=draw.randint(1, 12)) for _ in "ab")
    units = draw.choice((1, 2, 3))
    goods, shipping, discount = cents(500, 9_000) * units, cents(0, 700) * draw.choice((0, 1)), cents(0, 400)
    tax = quantise(goods * Decimal("0.07"), currency) * draw.choice((0, 0, 1))
    base = draw.choice((goods - discount, goods - discount + shipping, goods - discount + tax))
    fee = quantise(base * Decimal(draw.choice(("0.15", "0.12", "0.1234"))), currency)
    pieces = draw.randint(1, units)
    share = Decimal(pieces) / units if draw.random() < 0.8 else Decimal("0.37")
    back = quantise(fee * share, currency)
    told = draw.choice((None, units))
    yield C.PRINCIPAL, goods, told, draw.choice((at, at, None))
    yield C.COMMISSION, -fee, told, at
    yield (
        C.REFUND_PRINCIPAL,
        -quantise(goods * share, currency),
        draw.choice((None, pieces)),
        draw.choice((later, None)),
    )
    for line_class, amount in (
        (C.SHIPPING, shipping), (C.PROMOTION, -discount), (C.TAX, tax),
        (C.REFUND_PROMOTION, quantise(discount * share, currency)), (C.REFUND_TAX, -quantise(tax * share, currency)),
        (C.REFUND_SHIPPING, -shipping * draw.choice((0, 1))), (C.FEE_REVERSAL, back * draw.choice((0, 1, 1))),
        (C.FEE_REVERSAL, draw.choice((0, 0, -1)) * quantise(back / 3, currency)),
        (C.ADMINISTRATION_FEE, -draw.choice((0, 1)) * quantise(back / 5, currency)),
    ):  # fmt: skip
        if amount:
            yield line_class, Decimal(amount), None, later


def land(draw: random.Random, key: str) -> None:
    account = factories.account(key=key)
    currency = draw.choice(("EUR", "EUR", "JPY"))
    for row in random_rules(draw, account):
        row.save()
    orders, rows = [], []
    for number in range(ORDERS):
        told = list(random_rows(draw, currency))
        goods, units = told[0][1], told[0][2] or 1
        item = factories.order_line(
            "L", sku="MUG", quantity=units, quantity_shipped=units, unit_price=None, item_total=Money(goods, currency)
        )
        day = START + timedelta(days=draw.randint(0, 6))
        orders.append(
            factories.order(f"O-{number}", status=OrderStatus.SHIPPED, ordered_at=day, changed_at=day, currency=currency,
                            lines=(item,))
        )  # fmt: skip
        about = {"order_id": f"O-{number}", "line_id": "L", "sku": "MUG"}
        for line_class, amount, quantity, at in told:
            made = line(len(rows) + 1, line_class, str(amount), quantity=quantity, posted_at=at, **about)
            rows.append(replace(made, amount=Money(amount, currency)))
    inventory_sinks.orders(orders, factories.source(account))
    fees.expect(account.pk, list(OrderLine.objects.filter(account=account).values_list("pk", flat=True)))
    total = sum((row.amount.amount for row in rows), Decimal(key == "shop-0"))
    source = factories.source(account, "settlements", at=END)
    sinks.settlements([replace(header(currency=currency), total=Money(total, currency))], source)
    sinks.settlement_lines(rows, source)


def wanted() -> Counter:
    expected = dict(ExpectedFee.objects.filter(line_class="commission").values_list("order_line", "amount"))
    told = defaultdict(list)
    for match in Match.objects.select_related("settlement_line__settlement").exclude(order_line=None):
        row = match.settlement_line
        if row.settlement.state != "inconsistent":
            entry = Entry(
                C(row.line_class), match.amount, row.quantity or 0, row.posted_at or row.settlement.period_end
            )
            told[match.order_line_id].append(entry)
    sales, found = fee_sales.sales(list(told)), Counter()
    for item in OrderLine.objects.select_related("account").filter(pk__in=told):
        fee = expected.get(item.pk)
        of = Refunded(
            rows=told[item.pk], currency=item.currency, commission=None if fee is None else -fee, sale=sales[item.pk],
            rules=list(item.account.fee_rules.all()),
        )  # fmt: skip
        for verdict in without_credit(of, now=NOW):
            found[item.account.key, item.order_ref, verdict.amount, verdict.severity] += 1
    return found


def test_it_misses_on_random_refunds_the_credits_that_the_plain_rule_misses(db):
    draw = random.Random(7)  # noqa: S311 - books that can be made again
    FeeRule.objects.all().delete()
    with clock.frozen(NOW):
        for number in range(ACCOUNTS):
            land(draw, f"shop-{number}")
        reconcile.reconcile_open()
    rows = Discrepancy.objects.filter(kind="refund_without_credit", state="open")
    seen = Counter(rows.values_list("account__key", "order_ref", "amount", "severity"))
    should = wanted()
    assert (seen - should, should - seen) == (Counter(), Counter())
    assert ACCOUNTS * ORDERS * 0.2 < should.total() < ACCOUNTS * ORDERS * 0.8
