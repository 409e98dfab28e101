"""On random charges, what SQL finds too high, not agreed, charged again or taken back is what the plain rules find."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import Product, Sku
from config.core import clock
from finance import fee_sales, sinks
from finance.fees import SALE_FEES
from finance.judging import charges as plain
from finance.judging import fees as plain_fees
from finance.judging.charges import Charge
from finance.models import Discrepancy, ExpectedFee, FeeRule, Match
from finance.services import fees, reconcile
from inventory import sinks as inventory_sinks
from inventory.models import OrderLine
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
ACCOUNTS, ORDERS, STATEMENTS = 3, 30, 4
WEEK = timedelta(days=7)
NOW = START + timedelta(days=40)
KINDS = ("duplicate", "fee_overcharge", "unexpected_fee", "reimbursement_short")
FEES = (C.COMMISSION, C.FULFILMENT, C.CLOSING)


def random_orders(draw: random.Random) -> list:
    return [
        factories.order(
            f"O-{number}", status=OrderStatus.SHIPPED, ordered_at=START + timedelta(days=draw.randint(0, 6)),
            changed_at=START, lines=tuple(
                factories.order_line(f"L-{place}", sku=draw.choice(("A", "A", "A", "B")), quantity=1, quantity_shipped=1,
                                     unit_price=None, item_total=euro(f"{draw.randrange(500, 6000) / 100}"))
                for place in range(draw.choice((1, 1, 2)))
            ),
        )
        for number in range(ORDERS)
    ]  # fmt: skip


def random_rules(draw: random.Random, account) -> Iterator[FeeRule]:
    """A schedule that says little or much, ends or not; without a class, it says that no other fee was agreed."""
    yield FeeRule(
        account=account,
        line_class=C.COMMISSION,
        source="test",
        valid_from=START.date(),
        basis="item",
        rate=Decimal("0.15"),
    )
    taken = set()
    for kind in (C.COMMISSION, *draw.sample((*FEES, ""), 3), ""):
        key = (kind, draw.choice(("", "toys")), draw.choice(("", "merchant", "marketplace")))
        taken.add((C.COMMISSION, "", "", 0))
        for day in draw.sample(range(7), draw.choice((1, 1, 2))):
            if (*key, day) in taken:
                continue
            taken.add((*key, day))
            rate = Decimal("0.15") if kind == C.COMMISSION else Decimal(0)
            yield FeeRule(
                account=account, line_class=kind, category=key[1], programme=key[2], source="test", currency="EUR",
                valid_from=(START + timedelta(days=day)).date(), is_end=draw.random() < 0.2, rate=rate,
                basis="item" if rate else "nothing", per_unit=draw.choice((Decimal("3.55"), Decimal(0))),
            )  # fmt: skip


def random_rows(draw: random.Random, orders: list) -> Iterator[tuple]:
    """Statement, class, amount, moment and what it is about, as a sale and its fees are told, with every fault."""
    for order in orders:
        on, at = draw.randrange(STATEMENTS), START + timedelta(days=draw.randrange(20))
        again, later = draw.choice((on, *range(STATEMENTS))), at + timedelta(days=draw.choice((0, 1)))
        for item in order.lines:
            about = {"order_id": order.external_id, "line_id": item.external_id, "sku": item.sku, "quantity": 1}
            yield on, C.PRINCIPAL, item.item_total.amount, at, about
            fee = -(item.item_total.amount * Decimal(draw.choice(("0.15", "0.2")))).quantize(Decimal("0.01"))
            for kind, amount in ((C.COMMISSION, fee), (C.FULFILMENT, Decimal("-3.55")), (C.CLOSING, Decimal("-1.01"))):
                yield from ((on, kind, amount, at, about) for _ in range(draw.choice((0, 1, 1, 2))))
                if draw.random() < 0.15:
                    yield again, kind, amount, later, about
            if draw.random() < 0.1:
                yield draw.choice((on, again)), C.REFUND_PRINCIPAL, Decimal(-1), later, about
            if draw.random() < 0.1:
                yield again, draw.choice((C.CLAWBACK, C.REIMBURSEMENT)), Decimal("-4.01"), later, about
        if draw.random() < 0.2:
            whole = {"order_id": order.external_id}
            yield from ((on, draw.choice((C.PAYMENT_FEE, C.CLAWBACK)), Decimal("-2.50"), at, whole) for _ in range(2))
    for _ in range(25):
        at = draw.choice((None, START + timedelta(days=draw.randrange(4))))
        kind, amount = draw.choice((C.STORAGE, C.SUBSCRIPTION, C.CLAWBACK)), Decimal(draw.choice(("-39", "-12.4", "5")))
        yield draw.randrange(STATEMENTS), kind, amount, at, {"reference": draw.choice(("", "R-1"))}


def land(draw: random.Random, key: str) -> None:
    account = factories.account(key=key)
    FeeRule.objects.bulk_create(random_rules(draw, account))
    orders = random_orders(draw)
    inventory_sinks.orders(orders, factories.source(account))
    fees.expect(account.pk, list(OrderLine.objects.filter(account=account).values_list("pk", flat=True)))
    rows, sums = [], Counter()
    for number, (on, kind, amount, at, about) in enumerate(random_rows(draw, orders), start=1):
        is_reversal = kind == C.REIMBURSEMENT and draw.random() < 0.7
        rows.append(line(number, kind, str(amount), f"S-{on}", posted_at=at, is_reversal=is_reversal, **about))
        sums[on] += amount
    source = factories.source(account, "settlements", at=START)
    torn = draw.randrange(STATEMENTS)
    sinks.settlements(
        [header(f"S-{n}", str(sums[n] + (n == torn)), period_start=START + n * WEEK, period_end=START + (n + 1) * WEEK)
         for n in range(STATEMENTS)], source,
    )  # fmt: skip
    sinks.settlement_lines(rows, source)


def told() -> tuple[dict, dict, dict]:
    """The rows as they were matched: by order line, and those of accounts; and per line and class, those of torn statements."""
    of_lines, of_accounts, torn = defaultdict(list), defaultdict(list), defaultdict(set)
    matches = Match.objects.select_related("settlement_line__settlement__account", "order_line").order_by(
        "settlement_line", "part"
    )
    for match in matches:
        row = match.settlement_line
        charge = Charge(
            statement=row.settlement.external_id, start=row.settlement.period_start, row_no=row.row_no, currency=row.currency,
            line_class=C(row.line_class), amount=match.amount, labels=(row.label_type, row.label_group, row.label_text),
            quantity=row.quantity, posted_at=row.posted_at, reference=row.reference, is_reversal=row.is_reversal,
            is_spread=match.layer == 5,
        )  # fmt: skip
        if match.order_line:
            of_lines[match.order_line].append(charge)
            if row.settlement.state == "inconsistent":
                torn[match.order_line].add(row.line_class)
        if row.scope == "account" or match.part == 1:
            of_accounts[row.settlement.account.key].append(
                replace(charge, amount=row.amount, reference=row.reference + row.order_ref + row.line_ref)
            )
    return of_lines, of_accounts, torn


def charged(of_lines: dict, torn: dict, twice: dict) -> dict[str, list[plain_fees.Charged]]:
    sales = fee_sales.sales([item.pk for item in of_lines])
    known = defaultdict(dict)
    for fee in ExpectedFee.objects.all():
        amount = None if fee.amount is None else -fee.amount
        known[fee.order_line_id][fee.line_class] = plain_fees.Expected(amount, fee.tolerance)
    found = defaultdict(list)
    for item, rows in of_lines.items():
        sums = Counter()
        for row in rows:
            if row.line_class in SALE_FEES and row.line_class not in torn[item]:
                sums[row.line_class] -= row.amount
        for kind, amount in twice[item].items():
            if kind in sums:
                sums[kind] -= amount
        of = plain_fees.Charged(
            name=f"{item.order_ref} {item.external_id}", sku=item.remote_id, sale=sales[item.pk], fees=sums,
            expected=known[item.pk],
        )  # fmt: skip
        found[item.account.key].append(of)
    return found


def wanted() -> Counter:
    of_lines, of_accounts, torn = told()
    found, twice = Counter(), defaultdict(Counter)
    for item, rows in of_lines.items():
        for verdict in plain.on_line(rows):
            twice[item][verdict.about.split()[1]] += verdict.amount
            found[item.account.key, f"{item.order_ref} {item.external_id} {verdict.about}", *seen_as(verdict)] += 1
    for key, rows in of_accounts.items():
        others = [row for row in rows if row.line_class in (C.STORAGE, C.SUBSCRIPTION)]
        for verdict in (*plain.on_account(others), *plain.taken_back(rows)):
            found[key, verdict.about, *seen_as(verdict)] += 1
    for key, lines in charged(of_lines, torn, twice).items():
        rules = list(FeeRule.objects.filter(account__key=key))
        for verdict in (*plain_fees.overcharged(lines), *plain_fees.unexpected(lines, rules)):
            found[key, verdict.about, *seen_as(verdict)] += 1
    return found


def seen_as(verdict) -> tuple:
    return verdict.kind, verdict.amount.quantize(Decimal("0.0001")), verdict.severity


def as_told(row: Discrepancy) -> tuple:
    kind = row.evidence.get("class") or row.settlement_line.line_class
    parts = [row.order_line.order_ref, row.order_line.external_id] if row.order_line else []
    parts = [] if row.kind == "reimbursement_short" else parts
    parts += [row.settlement.external_id] if row.kind in ("duplicate", "reimbursement_short") else []
    return row.account.key, " ".join([*parts, kind]), row.kind, row.amount, row.severity


def test_it_finds_on_random_charges_what_the_plain_rules_find(db):
    draw = random.Random(1)  # noqa: S311 - books that can be made again
    for code, category in (("A", "Toys"), ("B", "")):
        Sku.objects.create(code=code, product=Product.objects.create(title=code, category=category))
    with clock.frozen(NOW):
        for number in range(ACCOUNTS):
            land(draw, f"shop-{number}")
        reconcile.reconcile_open()
    rows = Discrepancy.objects.filter(kind__in=KINDS, state="open").exclude(key__endswith=":short")
    seen = Counter(map(as_told, rows.select_related("account", "order_line", "settlement", "settlement_line")))
    should = wanted()
    assert (seen - should, should - seen) == (Counter(), Counter())
    assert {kind for _, _, kind, *_ in should} == set(KINDS)
    assert {severity for _, _, kind, _, severity in should if kind == "fee_overcharge"} == {"S2", "S3"}
