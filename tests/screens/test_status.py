"""`manage.py status --json`: the shape that scripts rely on."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from config.core import tenancy
from tests import lookalikes
from tickets.types import TYPES

pytestmark = pytest.mark.django_db


def status(*options):
    out = io.StringIO()
    with tenancy.in_public():
        call_command("status", *options, stdout=out)
    return out.getvalue()


def test_it_prints_every_client_with_accounts_rows_tickets_and_statements(north, south, noon):
    rows = lookalikes.fill("mark")
    found = json.loads(status("--json"))
    assert set(found) >= {"ready", "clients"}
    assert found["ready"] is False
    assert [client["key"] for client in found["clients"]] == ["north", "south"]
    client = found["clients"][0]
    assert set(client) == {"key", "accounts", "rows", "tickets", "statements"}
    assert client["rows"] == {
        "orders": 1, "order_lines": 1, "listings": 1, "stock_levels": 1, "settlements": 1, "settlement_lines": 1,
    }  # fmt: skip
    (account,) = client["accounts"]
    assert (account["key"], account["marketplace"]) == ("shop", rows["marketplaces.Account"].marketplace)
    flow = next(flow for flow in account["flows"] if flow["resource"] == "orders")
    assert flow == {"resource": "orders", "last_ok": None, "lag_s": None, "rows": 1, "rejected": 1, "gaps": 1}
    assert sum(kind["open"] for kind in client["tickets"].values()) == 1
    assert len(client["tickets"]) == len(list(TYPES))
    (statement,) = client["statements"]
    assert statement.pop("state") == "announced"
    assert statement == {
        "account": "shop", "id": "L-1", "currency": "EUR", "total": "1.00", "residual": "1.00",
        "flags": ["missing_payment"],
    }  # fmt: skip


def test_it_prints_a_table_for_people(north, south):
    lookalikes.fill("mark")
    text = status()
    assert "north" in text
    assert "shop" in text
    assert not text.lstrip().startswith("{")
