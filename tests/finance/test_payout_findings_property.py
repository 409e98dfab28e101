"""On random series of payouts, what SQL finds is what the plain rule finds: kinds, amounts, currencies and severities."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core import clock
from config.core.money import Money, quantise
from finance import sinks
from finance.fx.models import Rate
from finance.judging import payouts as plain
from finance.judging.payouts import Payout
from finance.models import Deposit, Discrepancy, Settlement
from finance.services import reconcile
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import Settlement as Header
from marketplaces.canonical import SettlementLine as Line
from tests import factories
from tests.finance.conftest import START

pytestmark = pytest.mark.django_db
ACCOUNTS, STATEMENTS = 14, 9
KINDS = ("inconsistent", "deposit_mismatch", "payout_returned", "fx_difference", "statement_gap")
NOW = START + timedelta(days=75)
MARKET, DEAR = Decimal("0.9"), Decimal(100)
"""The market's rate from EUR to USD, and what a hundred euros are there without the cents of a rate: see `rates`."""


@dataclass(slots=True)
class Books:
    """The random statements of one account, and how many days it says that one of them covers."""

    statement_days: int | None
    payouts: list[Payout] = field(default_factory=list)


def random_books(draw: random.Random) -> Books:
    books = Books(draw.choice((None, None, 7)))
    for currency in draw.sample(("EUR", "GBP", "CHF"), 2):
        kind, length = draw.choice(("sales", "sales", "advertising")), timedelta(days=draw.choice((7, 14)))
        channels = draw.choice((("DE",), ("DE", "FR"), ("DE", "FR")))
        is_parallel = draw.random() < 0.5
        since, steps = START, (timedelta(0), timedelta(minutes=50), timedelta(days=2), -timedelta(days=1))
        for _ in range(draw.choice((1, 2, 3, 4))):
            since += draw.choice(steps)
            for channel in channels if is_parallel else (draw.choice(channels),):
                end = since + length * draw.choice((1, 1, 1, 3))
                shape = {"currency": currency, "kind": kind, "channel": channel, "start": since, "end": end}
                books.payouts.append(random_payout(draw, f"S-{len(books.payouts)}", **shape))
                since += timedelta(seconds=1)
            since += length
    return books


def random_payout(draw: random.Random, name: str, **shape) -> Payout:
    lines = [Decimal(draw.randrange(-300_000, 900_000)) / 100 for _ in range(draw.randint(0, 4))]
    total = sum(lines, Decimal(0)) + Decimal(draw.choice((0, 0, 0, 0, 3, -250))) / 100
    made = Payout(
        name=name, total=total, lines=lines, state=draw.choice(("announced", "sent", "returned", "failed")), **shape
    )
    off, kept = Decimal(draw.choice((0, 0, 1, 2, -2, 130, -50_000))) / 100, Decimal(draw.choice((0, 0, 150))) / 100
    due = total
    if draw.random() < 0.6:
        rate = MARKET * Decimal(draw.choice(("1", "1.02", "0.975", "0.9749", "1.0251", "0.9", "1.1")))
        made = replace(made, rate=rate, payout_currency=draw.choice(("USD", "USD", "JPY", shape["currency"])), fee=kept)
        due = quantise(total * rate, made.payout_currency) - kept
    return replace(made, deposit=draw.choice((None, due + off, due + off)))


def land(books: Books, key: str) -> None:
    account = factories.account(key=key, settings={"statement_days": books.statement_days})
    source = factories.source(account, "settlements", at=NOW)
    sinks.settlements(
        [Header(external_id=each.name, currency=each.currency, channel=each.channel, kind=each.kind,
                period_start=each.start, period_end=each.end, total=Money(each.total, each.currency))
         for each in books.payouts], source,
    )  # fmt: skip
    sinks.settlement_lines(
        [Line(external_id=f"{each.name}:{n}", settlement_id=each.name, row_no=n, line_class=C.STORAGE,
              labels=("", "", ""), amount=Money(amount, each.currency))
         for each in books.payouts for n, amount in enumerate(each.lines, start=1)], source,
    )  # fmt: skip
    stored = {row.external_id: row for row in Settlement.objects.filter(account=account)}
    for each in books.payouts:
        row = stored[each.name]
        row.payout_state, row.payout_currency, row.payout_rate = each.state, each.payout_currency, each.rate
        row.payout_fee = each.fee
    fields = ["payout_state", "payout_currency", "payout_rate", "payout_fee"]
    Settlement.objects.bulk_update(stored.values(), fields)
    Deposit.objects.bulk_create(
        Deposit(account=account, settlement=stored[each.name], currency=each.payout_currency or each.currency,
                amount=each.deposit, booked_on=each.end.date(), reference=each.name, imported_at=NOW)
        for each in books.payouts if each.deposit is not None
    )  # fmt: skip


@pytest.fixture
def rates(db) -> None:
    """A market that stands still: every other currency is worth one euro, but for the dollar."""
    Rate.objects.all().delete()
    Rate.objects.bulk_create(
        Rate(currency=code, day=(START + timedelta(days=day)).date(), per_eur=per_eur, source="bank", known_at=START)
        for code, per_eur in (("USD", MARKET), ("GBP", Decimal(1))) for day in range(0, 200, 5)
    )  # fmt: skip


def reference(payout: Payout) -> Decimal | None:
    return None if "CHF" in payout.currency or "JPY" in payout.payout_currency else MARKET


def test_it_finds_on_random_payouts_what_the_plain_rule_finds(rates):
    draw = random.Random(5)  # noqa: S311 - books that can be made again
    books = {f"shop-{number}": random_books(draw) for number in range(ACCOUNTS)}
    with clock.frozen(NOW):
        for key, each in books.items():
            land(each, key)
        reconcile.reconcile_open()
    wanted = Counter()
    for key, each in books.items():
        told = [replace(payout, reference=reference(payout)) for payout in each.payouts]
        for v in plain.judge(told, now=NOW, dear=DEAR * MARKET, statement_days=each.statement_days):
            wanted[key, v.kind, v.amount, v.currency, v.severity, v.about] += 1
    found = Counter(
        map(as_told, Discrepancy.objects.filter(state="open", kind__in=KINDS).select_related("account", "settlement"))
    )
    assert (found - wanted, wanted - found) == (Counter(), Counter())
    assert {kind for _, kind, *_ in wanted} == set(KINDS)


def as_told(row: Discrepancy) -> tuple:
    about = row.settlement.external_id if row.settlement else ""
    if row.kind == "statement_gap":
        since = row.evidence["since"][:16].replace("T", " ")
        about = f"{row.evidence['kind']} {row.evidence['channel']} {since}"
    return row.account.key, row.kind, row.amount, row.currency, row.severity, about
