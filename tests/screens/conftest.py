"""A working day of one client, and people of each role in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.client import Client
from django.test.utils import CaptureQueriesContext

from catalog.services import products
from config.core import tenancy
from config.core.money import Money
from config.core.permissions import Role
from finance.fx.models import Rate
from inventory import sinks
from inventory.services import sales
from marketplaces.models import Account
from tests import factories
from tests.factories import NOON

TODAY = NOON.date()
BUDGETS = Path(__file__).parents[1] / "baselines" / "query_counts.json"


@pytest.fixture
def budget() -> Callable[[str], Any]:
    """A block that may ask no more queries than the committed number; setting the search path is not counted."""
    known: dict[str, int] = json.loads(BUDGETS.read_text())

    @contextmanager
    def within(name: str) -> Iterator[None]:
        with CaptureQueriesContext(connection) as asked:
            yield
        statements = [query["sql"] for query in asked.captured_queries if "search_path" not in query["sql"]]
        told = "\n".join(statement[:200] for statement in statements)
        assert len(statements) <= known.get(name, 0), f"{name} asked {len(statements)}:\n{told}"

    return within


@pytest.fixture
def sign_in(north: Any, at_north: Client) -> Callable[[Role], Client]:
    """A browser on the host of `north`, signed in with one role."""

    def signed_in(role: Role = Role.OWNER) -> Client:
        user = get_user_model().objects.create_user(role.value, is_staff=True)
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
        at_north.force_login(user)
        return at_north

    return signed_in


@pytest.fixture
def owner(sign_in: Callable[[Role], Client]) -> Client:
    return sign_in(Role.OWNER)


@pytest.fixture
def shop(north: Any, noon: Any) -> Account:
    """An account with a registered mug, whose orders are worth 39.90 each."""
    products.create(code="MUG-BLUE", title="Blue mug", brand="Kiln")
    return factories.account()


@pytest.fixture
def sell(shop: Account) -> Callable[..., None]:
    """Orders as the pipeline lands them, with their day rolled up."""

    def sold(*ids: str, currency: str = "EUR", days_ago: int = 0, sku: str = "MUG-BLUE", **changes: Any) -> None:
        at = NOON - timedelta(days=days_ago)
        price = {"unit_price": Money(Decimal("19.95"), currency), "item_total": Money(Decimal("39.90"), currency)}
        line = factories.order_line(sku=sku, **price)
        values = {"ordered_at": at, "changed_at": at, "currency": currency, "lines": (line,), **changes}
        sinks.orders([factories.order(each, **values) for each in ids], factories.source(shop))
        sales.roll_up(shop.pk, [str(at.date())])

    return sold


@pytest.fixture
def rate() -> Callable[..., None]:
    """A reference rate: units of a currency per EUR."""

    def told(currency: str, per_eur: str, on: date = TODAY) -> None:
        with tenancy.in_public():
            Rate.objects.create(currency=currency, day=on, per_eur=Decimal(per_eur), source="ecb")

    return told
