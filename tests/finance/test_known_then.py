"""The known-then view: what was known at a moment stays so, whatever is recorded later, and equals the rule line by line."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.core import clock
from config.core.money import quantise
from finance import costs, profit
from finance.fx import store
from finance.models import Cost, LineProfit
from finance.selectors import known_then
from finance.services import costs as service
from finance.services.costs import Entry
from tests import factories
from tests.finance.profit_world import AT, DAYS, PER_EUR, RATES, World

pytestmark = pytest.mark.django_db
SEPTEMBER = date(2026, 9, 1)
THEN = AT + timedelta(days=20)


def told(account, known_at=THEN):
    return {row.currency: row for row in known_then.sums(account=account.pk, month=SEPTEMBER, known_at=known_at)}


def by_the_rule(account, known_at) -> dict[str, Decimal]:
    """Goods per currency, line by line over plain lists; a line whose cost is unknown is left out."""
    rows, sums = list(Cost.objects.all()), defaultdict(Decimal)
    for line in LineProfit.objects.filter(account=account, day__gte=SEPTEMBER):
        kept = line.units - line.units_returned
        found = (
            costs.cost_of(rows, sku=line.sku_id, warehouse=None, on=line.day, known_at=known_at)
            if line.sku_id
            else None
        )
        if kept and found and found.currency in PER_EUR:
            rate = PER_EUR[line.currency] / PER_EUR[found.currency]
            sums[line.currency] -= quantise(found.landed * kept * rate, line.currency)
    return sums


def goods(found, place) -> dict[str, Decimal]:
    return {currency: row.goods[place] or Decimal(0) for currency, row in found.items()}


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_it_stays_as_it_was_known_whatever_is_recorded_later(db, seed):
    draw, account = random.Random(seed), factories.account("shop")  # noqa: S311 - a world that can be made again
    store.add(RATES)
    world = World(draw, account)
    world.fill(25)
    profit.rebuild(account.pk, DAYS)
    with clock.frozen(THEN):
        before = told(account)
    for minute in range(6):
        with clock.frozen(THEN + timedelta(minutes=1 + minute)):
            service.record(
                [Entry(sku_id=draw.choice(world.skus).pk, currency=draw.choice(("EUR", "USD")), valid_from=draw.choice(DAYS),
                       purchase=world.amount("EUR"), is_end=False)],
                by="ann", source="later",
            )  # fmt: skip
    with clock.frozen(THEN + timedelta(hours=1)):
        after = told(account)
        now = clock.now()
    for currency, row in before.items():
        later = after[currency]
        pairs = [(getattr(row, name)[0], getattr(later, name)[0]) for name in ("goods", "cm1", "cm2", "cm3")]
        assert row.unknown_then == later.unknown_then
        assert all(first == second for first, second in pairs), (currency, pairs)
    wanted_then, wanted_now = by_the_rule(account, THEN), by_the_rule(account, now)
    assert {c: wanted_then.get(c, Decimal(0)) for c in after} == goods(after, 0)
    assert {c: wanted_now.get(c, Decimal(0)) for c in after} == goods(after, 1)
    assert wanted_then != wanted_now
