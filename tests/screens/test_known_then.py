"""A month as known then, on the screen and over the API."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.core import clock
from finance import profit
from finance.fx import store
from finance.models import AccountMonth
from finance.services import costs as service
from finance.services.costs import Entry
from tests import factories
from tests.finance.profit_world import AT, DAYS, RATES, World

pytestmark = pytest.mark.django_db
THEN = AT + timedelta(days=20)


def test_it_shows_a_locked_month_with_costs_then_and_now(owner, budget):
    account = factories.account("shop")
    store.add([*RATES, (DAYS[0], "SEK", Decimal(11), "ECB")])
    world = World(random.Random(5), account)  # noqa: S311 - as above
    world.fill(10)
    profit.rebuild(account.pk, DAYS)
    AccountMonth.objects.create(
        account=account, month=date(2026, 9, 1), state="locked", prepared_by="ann", locked_by="bob", locked_at=THEN
    )
    sku = world.skus[0]
    former = world.costs[sku.pk]
    with clock.frozen(THEN + timedelta(days=1)):
        service.record(
            [Entry(sku_id=sku.pk, currency=former.currency, valid_from=DAYS[0], purchase=former.landed + 1)],
            by="ann",
            source="",
        )
        address = "/money/costs/known/?account=shop&month=2026-09"
        owner.get(address)
        with budget("known_then"):
            answer = owner.get(address)
        (changed,) = {row.sku for row in answer.context["skus"]}
        assert (answer.context["moment"], changed) == (THEN, sku.code)
        assert all(row.now_from - row.then_from == 1 for row in answer.context["skus"])
        assert b"".join(owner.get(f"{address}&format=csv").streaming_content).count(sku.code.encode()) >= 1
        asked = f"account=shop&month=2026-09-15&known_at={THEN:%Y-%m-%dT%H:%M:%SZ}"
        rows = owner.get(f"/api/v1/margins/known-then/?{asked}").json()
    by_currency = {row.currency: row for row in answer.context["sums"]}
    assert {row["currency"]: Decimal(row["goods"]["then"] or 0) for row in rows} == {
        currency: row.goods.then or 0 for currency, row in by_currency.items()
    }
