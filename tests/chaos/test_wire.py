"""Troubles on the wire, through the whole pipeline: what a marketplace's bad day leaves in our tables and our queue."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, Sum

from config.core import clock, http
from config.core.models import WorkItem
from finance.models import Settlement, SettlementLine
from inventory.models import Order
from marketplaces import registry
from marketplaces.contract import Adapter, SandboxAccount
from marketplaces.models import Account, Gap, RawPage, SyncRun, SyncState
from marketplaces.services import accounts, gaps
from tests.chaos.conftest import DAY, THREE_DAYS, TODAY, shops
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
READING = ("pull", "marketplaces")
each = pytest.mark.parametrize(("adapter", "declared"), shops())


@pytest.fixture
def shop(street, adapter, declared) -> Account:
    """With a token in hand, and three days of history."""
    return connected(street, adapter, declared, THREE_DAYS)


@pytest.fixture
def paid_shop(street, adapter, declared) -> Account:
    """With a token in hand, and a month of history, in which it was paid."""
    return connected(street, adapter, declared, 30 * DAY)


def connected(street: Any, adapter: Adapter, declared: SandboxAccount, history: timedelta) -> Account:
    account = street.connect(adapter, declared, history)
    assert street.finish(street.ask(account, "stock")) == "done"
    return account


def statement_lines(account: Account) -> tuple[int, Decimal | None]:
    """How many, and what they come to."""
    found = SettlementLine.objects.filter(account_id=account.pk).aggregate(Count("id"), Sum("amount"))
    return found["id__count"], found["amount__sum"]


def whole(street: Any, account: Account) -> tuple[int, Decimal | None]:
    """The same files again, from a wire without trouble, in place of what stands."""
    stands = statement_lines(account)
    with transaction.atomic():
        Settlement.objects.filter(account=account).delete()
        RawPage.objects.filter(account=account).delete()
        SyncState.objects.filter(account=account, resource="settlements").delete()
        assert street.pull(account, "settlements") == "ok"
        assert statement_lines(account)[0] > 0
        again = statement_lines(account)
    assert stands != (0, None)
    return again


def orders_of(account: Account) -> int:
    return Order.objects.filter(account=account).count()


def flow_of(account: Account, resource: str) -> SyncState:
    return SyncState.objects.get(account=account, resource=resource)


def another(declared: SandboxAccount) -> Any:
    return next(
        (adapter, account)
        for adapter in registry.all_adapters()
        for account in adapter.sandbox_accounts
        if account.client == declared.client and account != declared
    )


@each
def test_a_storm_of_429_frees_the_worker_stops_the_siblings_and_leaves_other_accounts_alone(
    street, shop, declared, monkeypatch
):
    monkeypatch.setattr(http, "LONGEST_SLEEP_S", 0)
    street.troubles(declared).switch_on("throttle_storm", {})
    item = street.ask(shop, "orders")
    asked = street.asks(shop)
    assert (street.run(item), street.asks(shop)) == ("retry", asked + 1)
    waiting = WorkItem.objects.get(pk=item)
    assert (waiting.state, waiting.attempts, waiting.due_at > TODAY) == ("ready", 0, True)
    WorkItem.objects.filter(pk=item).update(due_at=TODAY)
    assert (street.run(item), street.asks(shop)) == ("retry", asked + 1)
    assert street.pull(street.connect(*another(declared)), "orders") == "ok"
    assert orders_of(shop) == 0
    monkeypatch.setattr(http, "LONGEST_SLEEP_S", 5)
    street.troubles(declared).switch_off("throttle_storm")
    assert street.finish(street.ask(shop, "orders")) == "done"
    assert orders_of(shop) > 0
    assert flow_of(shop, "orders").failures_in_a_row == 0


@each
def test_a_revoked_token_breaks_the_account_opens_one_ticket_and_leaves_no_gap_once_it_is_authorised(
    street, shop, declared
):
    assert street.pull(shop, "orders") == "ok"
    before = orders_of(shop)
    street.troubles(declared).switch_on("token_revoked", {})
    with clock.frozen(TODAY + HOUR / 4):
        assert street.pull(shop, "orders") == "paused"
        assert street.pull(shop, "stock") == "ok"
        for _ in range(3):
            engine.sweep("sync")
    shop.refresh_from_db()
    assert (shop.status, bool(shop.status_reason), orders_of(shop)) == ("broken", True, before)
    ticket = Ticket.objects.get()
    assert (ticket.state, shop.label in ticket.title) == ("open", True)
    street.troubles(declared).switch_off("token_revoked")
    later = TODAY + 30 * HOUR
    with clock.frozen(later):
        accounts.rotate(shop, declared.credentials)
        street.drain(later + 2 * HOUR, *READING)
        gaps.find()
        gaps.ask_to_fill()
        street.drain(later + 3 * HOUR, *READING)
    shop.refresh_from_db()
    assert shop.status == "active"
    assert orders_of(shop) > before
    assert not Gap.objects.filter(account=shop, resource="orders", state="open").exists()
    assert flow_of(shop, "orders").covered[-1][1] > TODAY + 29 * HOUR


@each
def test_a_packed_file_that_ends_early_stores_nothing_and_is_read_whole_later(street, paid_shop, declared):
    street.troubles(declared).switch_on("truncated_gzip", {})
    item = street.ask(paid_shop, "settlements")
    outcome = street.run(item)
    street.troubles(declared).switch_off("truncated_gzip")
    if outcome == "ok":
        assert statement_lines(paid_shop) == whole(street, paid_shop)
        return
    assert (outcome, statement_lines(paid_shop), flow_of(paid_shop, "settlements").covered) == ("retry", (0, None), ())
    assert SyncRun.objects.filter(account=paid_shop, resource="settlements").latest("pk").code == "truncated"
    assert street.finish(item) == "done"
    assert statement_lines(paid_shop) == whole(street, paid_shop)


@each
def test_a_file_that_is_labelled_as_packed_and_is_plain_text_is_read_like_any_other(street, paid_shop, declared):
    street.troubles(declared).switch_on("plain_gzip", {})
    assert street.pull(paid_shop, "settlements") == "ok"
    assert statement_lines(paid_shop) == whole(street, paid_shop)


@each
def test_a_web_page_with_status_200_stores_nothing_says_what_came_and_is_tried_again(street, shop, declared):
    street.troubles(declared).switch_on("html_error", {})
    item = street.ask(shop, "orders")
    assert street.run(item) == "retry"
    run = SyncRun.objects.filter(account=shop, resource="orders").get()
    assert (run.state, run.code, orders_of(shop)) == ("failed", "not_json", 0)
    assert "text/html" in run.error
    assert WorkItem.objects.values_list("state", "attempts").get(pk=item) == ("ready", 1)
    street.troubles(declared).switch_off("html_error")
    assert (street.finish(item), orders_of(shop) > 0) == ("done", True)
