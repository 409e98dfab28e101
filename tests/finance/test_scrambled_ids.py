"""With order-item ids scrambled and SKUs blanked on a tenth of the refund rows, rows still find their order lines."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.db import connection, transaction

from config.core import clock, transport
from finance import matches
from finance.models import Match, Settlement
from marketplaces import registry
from marketplaces.sandbox import mount
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from tests import worlds
from tests.finance.test_simulated_world import ORIGIN, TODAY, Shop

_SCRAMBLE = "UPDATE finance_settlementline SET line_ref = left(md5(line_ref || id), 12) WHERE line_ref <> ''"
_BLANK = """
UPDATE finance_settlementline SET remote_id = '', product_ids = '[]'
WHERE (line_class LIKE 'refund%' OR line_class IN ('fee_reversal', 'administration_fee')) AND abs(hashint4(row_no)) % 10 = 0
"""
_SHUFFLE = """
UPDATE finance_settlementline line SET line_ref = other.external_id FROM inventory_orderline other
WHERE other.account_id = line.account_id AND other.order_ref = line.order_ref AND line.line_ref <> ''
    AND other.external_id <> line.line_ref
"""


def busiest() -> list[Any]:
    """The account with most orders of each marketplace that has simulated ones."""
    found = []
    for adapter in registry.all_adapters():
        accounts = sorted(adapter.sandbox_accounts, key=lambda account: -account.orders_per_day)
        found += [pytest.param(adapter, account, id=account.key) for account in accounts[:1]]
    return found


def lines_found() -> dict[int, int | None]:
    return dict(
        Match.objects.filter(settlement_line__home="order").values_list("settlement_line_id", "order_line_id")
    )  # fmt: skip


@pytest.fixture
def statements(adapter, simulated, monkeypatch):
    """The statements of one account, matched with its orders."""
    with clock.frozen(TODAY):
        session = requests.Session()
        mount.mount(session, Sandbox(worlds.since(ORIGIN), Overlay(), is_limited=False))
        monkeypatch.setattr(transport, "_session", lambda *_: session)
        Shop(adapter, simulated).read()
        ids = list(Settlement.objects.values_list("pk", flat=True))
        matches.rebuild(ids)
        yield ids


@pytest.mark.django_db
@pytest.mark.parametrize(("adapter", "simulated"), busiest())
def test_it_matches_nearly_all_rows_and_none_wrongly(statements, subtests):
    truth = {line: item for line, item in lines_found().items() if item}
    assert len(truth) > 500
    for name, spoil in {"scrambled": _SCRAMBLE, "shuffled": _SHUFFLE}.items():
        with subtests.test(name), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(spoil)
                cursor.execute(_BLANK)
            matches.rebuild(statements)
            found = {line: item for line, item in lines_found().items() if line in truth}
            transaction.set_rollback(True)
            assert [line for line, item in found.items() if item and item != truth[line]] == []
            assert sum(item is not None for item in found.values()) / len(truth) >= 0.99
