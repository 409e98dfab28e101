"""Profit in SQL gives what the plain rule gives, and rebuilding the days touched gives what rebuilding all gives."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from config.core.models import WorkItem
from config.core.money import Money, quantise
from finance import profit
from finance.fx import store
from finance.models import Cost, LineProfit, Match, MatchLayer, ProfitDay, SettlementLine, VatRate
from finance.profitability import CM2, STEPS, Steps, of_line
from finance.services import profit as asked
from finance.spreading import ACCOUNT_STEP, DRIVERS, Driver, allot, per_day
from inventory.models import Order, OrderLine
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.profit_world import COUNTRIES, DAYS, FIRST, RATES, World

pytestmark = pytest.mark.django_db
PROPERTY = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
MARGINS = ("net_revenue", "cm1", "cm2", "cm3")


@pytest.fixture
def account(north):
    store.add(RATES)
    VatRate.objects.all().delete()
    for country, (rate, is_contained) in COUNTRIES.items():
        if rate is not None:
            VatRate.objects.create(country=country, valid_from=FIRST, rate=rate, is_contained=is_contained)
    return factories.account()


def filled(account: Any, seed: int, orders: int = 100) -> World:
    world = World(random.Random(seed), account)  # noqa: S311 - a world that can be made again
    world.fill(orders)
    return world


def expected_of(world: World) -> tuple[dict[int, Any], dict[Any, Steps]]:
    """Every line by the plain rule, with its shares of the account's charges; and what stays with the account."""
    lines = {pk: (day, facts, of_line(facts)) for pk, (day, facts) in world.facts.items()}
    daily: dict[Any, Decimal] = defaultdict(Decimal)
    charged: dict[Any, Decimal] = defaultdict(Decimal)
    for statement, line_class, charge in world.charges:
        charged[statement, line_class] += charge.amount
    for (statement, line_class), amount in charged.items():
        since, until = statement.period_start.date(), statement.period_end.date()
        for number, part in enumerate(per_day(Money(amount, statement.currency), (until - since).days)):
            daily[since + timedelta(days=number), statement.currency, line_class] += part.amount
    shares: list[tuple[int, str, Decimal]] = []
    kept: dict[Any, Steps] = defaultdict(Steps)
    for (day, currency, line_class), amount in daily.items():
        step = ACCOUNT_STEP[line_class]
        mine = [pk for pk, (at, facts, _) in sorted(lines.items()) if (at, facts.currency) == (day, currency)]
        weights = [_weight(lines[pk], DRIVERS[line_class]) if line_class in DRIVERS else 0 for pk in mine]
        whole = Money(quantise(amount - amount % _unit(currency, amount), currency), currency)
        parts = allot(whole, weights) or []
        shares += [(pk, step, part.amount) for pk, part in zip(mine, parts, strict=False)]
        if day in DAYS:
            kept[day, currency].add(step, amount - sum((part.amount for part in parts), Decimal(0)))
    for pk, step, amount in shares:
        lines[pk][2].steps.add(step, amount)
    return lines, {key: steps for key, steps in kept.items() if any(getattr(steps, name) for name in STEPS)}


def _unit(currency: str, amount: Decimal) -> Decimal:
    return (Decimal(1) if currency == "JPY" else Decimal("0.01")).copy_sign(amount)


def _weight(line: Any, driver: Driver) -> int:
    _, facts, found = line
    if driver is Driver.UNITS:
        return facts.units
    return int((found.steps.net_revenue or 0) * 10_000)


def is_closed(world: World, day: Any, currency: str) -> bool:
    return any(s.currency == currency and s.period_start.date() <= day < s.period_end.date() for s in world.statements)


@PROPERTY
@given(seed=st.integers(0, 10**6))
def test_it_computes_in_sql_what_the_plain_rule_says(account, seed):
    with transaction.atomic():
        world = filled(account, seed)
        profit.rebuild(account.pk, DAYS)
        lines, kept = expected_of(world)
        stored = LineProfit.objects.in_bulk()
        assert stored.keys() == lines.keys()
        for pk, (day, facts, found) in lines.items():
            row, closed = stored[pk], is_closed(world, day, facts.currency)
            told = {name: getattr(row, name) for name in (*STEPS, *MARGINS)}
            assert told == {name: getattr(found.steps, name) for name in (*STEPS, *MARGINS)} | (
                {} if closed else {"cm3": None}
            )
            missing = [*found.missing] + ([] if closed else ["no_statement"])
            assert (row.day, row.missing, row.is_settled) == (day, missing, found.is_settled)
            assert row.vat_source == found.vat_source
        account_rows = ProfitDay.objects.filter(is_account_level=True)
        assert {(row.day, row.currency): _steps(row) for row in account_rows} == {
            key: {name: getattr(steps, name) for name in STEPS} for key, steps in kept.items()
        }
        for row in account_rows:
            assert row.cm2 == sum(getattr(row, name) for name in CM2)
        transaction.set_rollback(True)


def _steps(row: Any) -> dict[str, Decimal]:
    return {name: getattr(row, name) for name in STEPS}


@PROPERTY
@given(seed=st.integers(0, 10**6))
def test_it_rebuilds_the_days_touched_to_what_a_rebuild_from_nothing_gives(account, seed):
    with transaction.atomic():
        world = filled(account, seed, orders=40)
        profit.rebuild(account.pk, DAYS)
        touched = {day for _ in range(6) for day in change(world)}
        for day in sorted(touched):
            profit.rebuild(account.pk, [day])
        lines, days = snapshot(LineProfit), snapshot(ProfitDay)
        LineProfit.objects.all().delete()
        ProfitDay.objects.all().delete()
        profit.rebuild(account.pk, DAYS)
        assert (lines, days) == (snapshot(LineProfit), snapshot(ProfitDay))
        assert_sums()
        transaction.set_rollback(True)


def change(world: World) -> set[Any]:
    """One thing happens; the days of the lines that it is about."""
    draw = world.draw
    line = draw.choice(list(OrderLine.objects.select_related("order")))
    before = line.order.business_on
    kind = draw.choice(("moved", "settled", "cheaper", "costed", "charged"))
    if kind == "moved":
        Order.objects.filter(pk=line.order_id).update(business_on=draw.choice(DAYS))
    elif kind == "settled":
        world.settle(line)
        world.store()
    elif kind == "cheaper":
        OrderLine.objects.filter(pk=line.pk).update(item_total=world.amount(line.currency))
    elif kind == "costed":
        Cost.objects.create(
            sku=world.skus[2], currency="EUR", valid_from=before, known_at=world.statements[0].imported_at,
            purchase=1, source="test", entered_by="test", vendor=str(draw.random()),
        )  # fmt: skip
        lines = OrderLine.objects.filter(sku=world.skus[2])
        return set(Order.objects.filter(lines__in=lines).values_list("business_on", flat=True))
    else:
        world.charge(0)
        world.store()
        return set(DAYS)
    return {before, Order.objects.get(pk=line.order_id).business_on}


def snapshot(model: Any) -> list[Any]:
    hidden = {"id"} if model is ProfitDay else set()
    rows = model.objects.values()
    return sorted(repr(sorted((k, v) for k, v in row.items() if k not in hidden)) for row in rows)


def assert_sums() -> None:
    """A day's row is the sum of its lines, and covered revenue never exceeds what it covers."""
    found: dict[Any, Decimal] = defaultdict(Decimal)
    for line in LineProfit.objects.all():
        found[line.day, line.channel, line.sku_id, line.currency] += line.cm2 or 0
    days = ProfitDay.objects.filter(is_account_level=False)
    assert {(d.day, d.channel, d.sku_id, d.currency): d.cm2 or 0 for d in days} == found


def test_it_asks_for_the_day_of_an_order_that_arrives(account):
    from inventory import sinks

    sinks.orders([factories.order()], factories.source(account))
    items = WorkItem.objects.filter(job="finance.rebuild_profit")
    assert [(item.account_id, item.kwargs) for item in items] == [(account.pk, {"days": ["2026-10-02"]})]
    asked.rebuild(account.pk, ["2026-10-02"])
    assert LineProfit.objects.get().missing == ["no_sku", "no_fees", "no_statement"]


def test_it_counts_what_a_chain_or_a_person_matched_though_the_row_names_no_order(account):
    world = filled(account, seed=3, orders=3)
    line = OrderLine.objects.filter(item_total__gt=0).first()
    LineProfit.objects.all().delete()
    profit.rebuild(account.pk, DAYS)
    former = LineProfit.objects.get(pk=line.pk).other or Decimal(0)
    world.book(C.ADJUSTMENT, Decimal("-7.00"), line.currency, order_line=line)
    world.store()
    last = SettlementLine.objects.order_by("-pk").first()
    SettlementLine.objects.filter(pk=last.pk).update(order_ref="")
    Match.objects.filter(settlement_line=last).update(layer=MatchLayer.PERSON, reason="person")
    asked.touched_by_statements([last.settlement_id])
    days = {day for item in WorkItem.objects.filter(job="finance.rebuild_profit") for day in item.kwargs["days"]}
    assert line.order.business_on.isoformat() in days
    profit.rebuild(account.pk, [line.order.business_on])
    assert LineProfit.objects.get(pk=line.pk).other == former - 7
