"""Many waiting lines of several accounts are shared out, and end as if one had reconciled them all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock
from config.core.models import WorkItem
from finance import sinks
from finance.models import Discrepancy, OrderLineMoney, Settlement
from finance.services import reconcile
from inventory import sinks as inventory_sinks
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts():
    """Two accounts, each with an order line of 20.00 that was paid 19.00, and charged the same fee twice."""
    made = [factories.account(key) for key in ("one", "two")]
    for account in made:
        item = factories.order_line("LA", sku="MUG", quantity=1, quantity_shipped=1, item_total=euro("20.00"))
        order = factories.order("O-A", ordered_at=START, changed_at=START, lines=(item,))
        inventory_sinks.orders([order], factories.source(account))
        source = factories.source(account, "settlements", at=START + timedelta(days=14))
        named = {"order_id": "O-A", "line_id": "LA", "sku": "MUG"}
        rows = [line(1, C.PRINCIPAL, "19.00", **named), line(2, C.COMMISSION, "-3.00", **named),
                line(3, C.COMMISSION, "-3.00", **named)]  # fmt: skip
        sinks.settlements([header(total="13.00")], source)
        sinks.settlement_lines(rows, source)
    return made


def test_it_gives_each_account_to_a_worker_and_ends_as_if_one_had_done_all(accounts, monkeypatch):
    with clock.frozen(START + timedelta(days=20)):
        monkeypatch.setattr(reconcile, "LINES_FOR_ALL_WORKERS", 5)
        WorkItem.objects.all().delete()
        assert reconcile.reconcile_open() == {"accounts": 2}
        waiting = WorkItem.objects.filter(job="finance.reconcile_account")
        assert sorted(waiting.values_list("account_id", flat=True)) == [account.pk for account in accounts]
        assert [reconcile.reconcile_account(account.pk)["statements"] for account in accounts] == [1, 1]
        assert WorkItem.objects.filter(job="finance.reconcile_open").count() == 1
        assert reconcile.reconcile_open()["statements"] == 0
    assert list(Settlement.objects.values_list("state", flat=True)) == ["matched", "matched"]
    assert list(OrderLineMoney.objects.values_list("state", flat=True)) == ["settled_with_variance"] * 2
    found = Discrepancy.objects.order_by("kind", "account_id").values_list("kind", "amount", "account_id")
    one, two = (account.pk for account in accounts)
    assert list(found) == [("duplicate", 3, one), ("duplicate", 3, two), ("short_paid", 1, one), ("short_paid", 1, two)]
