"""One account, and the smallest statements that a person can add up by head."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.core.money import Money
from inventory import sinks as inventory_sinks
from marketplaces.canonical import LineClass, Order, Settlement, SettlementLine
from marketplaces.models import Account
from tests import factories

START = datetime(2026, 9, 1, tzinfo=UTC)


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def header(external_id: str = "S-1", total: str = "0", **changes: Any) -> Settlement:
    values: dict[str, Any] = {
        "currency": "EUR",
        "period_start": START,
        "period_end": START + timedelta(days=14),
        "total": euro(total),
    }
    return Settlement(external_id=external_id, **{**values, **changes})


def line(row_no: int, line_class: LineClass, amount: str, settlement: str = "S-1", **changes: Any) -> SettlementLine:
    values: dict[str, Any] = {
        "labels": ("type", "group", line_class.value),
        "posted_at": START + timedelta(days=1),
    }
    return SettlementLine(
        external_id=f"{settlement}:{row_no}", settlement_id=settlement, row_no=row_no, line_class=line_class,
        amount=euro(amount), **{**values, **changes},
    )  # fmt: skip


@pytest.fixture
def account(db: None) -> Account:
    return factories.account()


@pytest.fixture
def sell(account: Account):
    """Land orders of the account."""

    def land(*orders: Order) -> None:
        inventory_sinks.orders(orders, factories.source(account))

    return land
