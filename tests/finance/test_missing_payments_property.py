"""On random books, the payments that SQL finds missing are those of the plain rule: which, how much and how urgent."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from config.core.money import Money
from finance import discrepancies, sinks
from finance.fx.models import Rate
from finance.judging.payments import Sale, missing, usual_lag
from finance.judging.payouts import Payout
from finance.models import Discrepancy
from finance.services import reconcile
from inventory import sinks as inventory_sinks
from inventory.models import OrderLine
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from marketplaces.canonical import Settlement as Header
from marketplaces.canonical import SettlementLine as Row
from tests import factories
from tests.finance.conftest import START

pytestmark = pytest.mark.django_db
ACCOUNTS, SALES, LAG_LINES = 6, 60, 3
WEEK = timedelta(days=7)
NOW = START + timedelta(days=62)
URGENT = {"EUR": Decimal(500), "GBP": Decimal(400)}
FATES = (
    "nothing", "nothing", "nothing", "fee", "paid", "parked", "refunded", "charged back", "made good", "beside"
)  # fmt: skip
"""What statements say of a sale; `beside` names an order that nobody knows."""


@dataclass(slots=True)
class Books:
    """One account: its statements, its sales, and the rows (statement, class, amount, is about another line)."""

    payouts: list[Payout] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    rows: list[tuple[str, C, Decimal, str, bool]] = field(default_factory=list)


def random_books(draw: random.Random) -> Books:
    books = Books()
    for currency, channels in (("EUR", draw.choice((("DE",), ("DE", "FR")))), ("GBP", ("UK",))):
        for channel in channels:
            since = START + timedelta(days=draw.choice((-7, 0, 3)))
            for _ in range(draw.randint(6, 9)):
                since += timedelta(days=draw.choice((0, 0, 0, 0, 0, 3)))
                books.payouts.append(statement(draw, f"S-{len(books.payouts)}", currency, channel, since))
                since += WEEK
    books.payouts.append(replace(books.payouts[0], name="ADS", kind="advertising"))
    books.payouts.append(replace(books.payouts[2], name="ADS-2", kind="advertising"))
    for number in range(SALES):
        sale(draw, books, f"O-{number}")
    tear(draw, books)
    return books


def statement(draw: random.Random, name: str, currency: str, channel: str, since) -> Payout:
    is_announced = draw.random() < 0.05
    total, lines = (draw.choice((Decimal(0), Decimal(9))), []) if is_announced else (Decimal(-1), [Decimal(-1)])
    return Payout(
        name=name, currency=currency, channel=channel, start=since, end=since + WEEK, total=total, lines=lines
    )


def sale(draw: random.Random, books: Books, name: str) -> None:
    """A sale and what statements say of it, on one of its currency."""
    ordered = START + timedelta(days=draw.randint(-3, 45), hours=draw.randint(0, 20))
    quantity, currency = draw.choice((1, 1, 2, 3)), draw.choice(("EUR", "EUR", "GBP"))
    made = Sale(
        name=name, channel={"GBP": "UK"}.get(currency, draw.choice(("DE", "FR", "AT"))), currency=currency,
        ordered_at=ordered, sent_at=ordered + timedelta(hours=draw.choice((0, 5, 50, 120))), quantity=quantity,
        shipped=draw.choice((quantity, quantity, quantity, 1, 0)), item_total=Decimal(draw.randrange(0, 45_000)) / 50,
        extra=Decimal(draw.choice((0, 0, 399))) / 100, is_replacement=draw.random() < 0.05,
    )  # fmt: skip
    fate = draw.choice(FATES)
    told = [each for each in books.payouts if each.lines and each.currency == currency and each.kind == "sales"]
    on = draw.choice(told).name
    made_good = made.item_total / 2 if fate == "made good" else Decimal(0)
    is_back = fate in ("refunded", "charged back")
    books.sales.append(replace(
        made, is_seen=fate in ("paid", "parked"), has_gone_back=is_back, made_good=made_good,
        paid_at=next(each.end for each in told if each.name == on) if fate == "paid" else None,
    ))  # fmt: skip
    kind, amount = {
        "refunded": (C.REFUND_PRINCIPAL, "-5"), "charged back": (C.CHARGEBACK, "-5"), "paid": (C.PRINCIPAL, "5"),
        "made good": (C.CLAIM, made_good), "parked": (C.PRINCIPAL, "5"), "beside": (C.PRINCIPAL, "5"),
    }.get(fate, (C.COMMISSION, "-1"))  # fmt: skip
    if fate != "nothing":
        books.rows.append((on, kind, Decimal(amount), "O-GONE" if fate == "beside" else name, fate == "parked"))


def tear(draw: random.Random, books: Books) -> None:
    """Some statements lack lines: what they say of a sale may not be all that they say of it."""
    torn = {each.name for each in books.payouts if each.lines and draw.random() < 0.1}
    seen = {of for on, _, _, of, _ in books.rows if on in torn}
    books.payouts = [replace(each, state="torn") if each.name in torn else each for each in books.payouts]
    books.sales = [replace(each, is_seen=each.is_seen or each.name in seen) for each in books.sales]


def land(books: Books, key: str) -> None:
    account = factories.account(key=key)
    inventory_sinks.orders([order(each) for each in books.sales], factories.source(account))
    sent = {each.name: each.sent_at for each in books.sales}
    lines = list(OrderLine.objects.filter(account=account))
    for line in lines:
        line.shipped_at = sent[line.order_ref]
    OrderLine.objects.bulk_update(lines, ["shipped_at"])
    source, rows, sums = factories.source(account, "settlements", at=START + WEEK), [], Counter()
    currencies = {each.name: each.currency for each in books.payouts}
    told = [(each.name, C.STORAGE, Decimal(-1), "", False) for each in books.payouts if each.lines]
    for number, (on, kind, amount, of, is_parked) in enumerate([*told, *books.rows], start=1):
        names = (
            {"order_id": of, "line_id": "" if is_parked else "L", "sku": "CUP" if is_parked else "MUG"} if of else {}
        )
        money = Money(amount, currencies[on])
        rows.append(Row(external_id=f"{on}:{number}", settlement_id=on, row_no=number, line_class=kind,
                        labels=("", "", kind.value), amount=money, **names))  # fmt: skip
        sums[on] += amount
    sinks.settlements([header(each, sums[each.name]) for each in books.payouts], source)
    sinks.settlement_lines(rows, source)


def header(each: Payout, lines: Decimal) -> Header:
    total = lines + (each.state == "torn") if each.lines else each.total
    return Header(external_id=each.name, currency=each.currency, channel=each.channel, kind=each.kind,
                  period_start=each.start, period_end=each.end, total=Money(Decimal(total), each.currency))  # fmt: skip


def order(of: Sale):
    line = factories.order_line(
        "L", sku="MUG", quantity=of.quantity, quantity_shipped=of.shipped, unit_price=None,
        item_total=Money(of.item_total, of.currency), shipping=Money(of.extra, of.currency) if of.extra else None,
    )  # fmt: skip
    return factories.order(
        of.name, status=OrderStatus.SHIPPED, ordered_at=of.ordered_at, changed_at=NOW, currency=of.currency,
        channel=of.channel, lines=(line,), replacement_of="O-FIRST" if of.is_replacement else "",
    )  # fmt: skip


def test_it_misses_on_random_books_what_the_plain_rule_misses(db, monkeypatch):
    monkeypatch.setattr(discrepancies, "LAG_LINES", LAG_LINES)
    Rate.objects.all().delete()
    Rate.objects.create(currency="GBP", day=NOW.date(), per_eur=Decimal("0.8"), source="bank", known_at=START)
    draw = random.Random(3)  # noqa: S311 - books that can be made again
    books = {f"shop-{number}": random_books(draw) for number in range(ACCOUNTS)}
    with clock.frozen(NOW):
        for key, each in books.items():
            land(each, key)
        reconcile.reconcile_open()
    wanted = Counter(
        (key, v.about, v.amount, v.currency, v.severity)
        for key, each in books.items() for v in missing(each.sales, each.payouts, now=NOW, urgent=URGENT, lag_lines=LAG_LINES)
    )  # fmt: skip
    rows = Discrepancy.objects.filter(kind="missing_payment", state="open")
    found = Counter(rows.values_list("account__key", "order_ref", "amount", "currency", "severity"))
    assert (found - wanted, wanted - found) == (Counter(), Counter())
    assert {severity for *_, severity in wanted} == {"S1", "S2"}
    lags = {usual_lag(each.sales, now=NOW, least=LAG_LINES) for each in books.values()}
    assert timedelta(days=21) in lags
    assert any(lag > timedelta(days=21) for lag in lags)
