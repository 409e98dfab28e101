"""From news to tickets: a signal asks for a judgement, and the drain makes it."""

import pytest

from catalog import signals as catalog
from catalog.models import RemoteProduct
from config.core import clock, events, runner
from config.core.models import WorkItem
from finance import signals as finance
from inventory import signals as inventory
from marketplaces import signals as marketplaces
from marketplaces.models import Command, Gap, SyncRun, SyncState
from tests.tickets.conftest import place_order, ship
from tickets.models import PendingCheck, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(django_capture_on_commit_callbacks):
    def tell(signal, **facts):
        with django_capture_on_commit_callbacks(execute=True):
            events.announce(signal, **facts)

    return tell


def waiting():
    return set(PendingCheck.objects.values_list("kind", "subject"))


def test_it_opens_and_resolves_a_ticket_through_signals_and_the_queue_alone(shop, north, tell):
    order = place_order(shop, 1, due_in_hours="1")
    tell(inventory.orders_applied, account_id=shop.pk, ids=[order.pk])
    assert runner.run(north.schema_name, WorkItem.objects.get(state="ready").pk) == "ok"
    assert Ticket.objects.get().state == "open"
    ship(order)
    tell(inventory.orders_applied, account_id=shop.pk, ids=[order.pk])
    assert runner.run(north.schema_name, WorkItem.objects.get(state="ready").pk) == "ok"
    assert Ticket.objects.get().state == "resolved"
    assert waiting() == set()


def test_it_asks_for_one_drain_however_many_orders_changed(shop, tell):
    for first in (0, 100):
        tell(inventory.orders_applied, account_id=shop.pk, ids=range(first, first + 300))
    assert PendingCheck.objects.count() == 400
    assert list(WorkItem.objects.values_list("job", flat=True)) == ["tickets.drain"]


def test_it_opens_no_ticket_for_orders_that_history_has_shipped_already(shop, north, tell):
    orders = [place_order(shop, number, due_in_hours="-2000") for number in range(50)]
    for order in orders:
        ship(order)
    tell(inventory.orders_applied, account_id=shop.pk, ids=[order.pk for order in orders])
    runner.run(north.schema_name, WorkItem.objects.get().pk)
    assert (waiting(), Ticket.objects.count()) == (set(), 0)


@pytest.mark.parametrize(
    ("signal", "kind"),
    [
        (inventory.orders_applied, "order"),
        (catalog.products_unmapped, "remote_product"),
        (catalog.products_linked, "remote_product"),
        (finance.discrepancies_changed, "discrepancy"),
        (finance.statement_gap_found, "discrepancy"),
        (finance.statements_reconciled, "settlement"),
    ],
)
def test_it_turns_changed_ids_into_subjects(north, tell, signal, kind):
    tell(signal, account_id=1, ids=[7, 8])
    assert waiting() == {(kind, "7"), (kind, "8")}


@pytest.mark.parametrize(
    ("signal", "facts"),
    [
        (marketplaces.flow_failed, {"code": "timeout", "message": "no answer"}),
        (marketplaces.flow_recovered, {}),
        (marketplaces.rows_rejected, {"ids": [1, 2]}),
    ],
)
def test_it_turns_news_of_a_flow_into_that_flow(north, tell, signal, facts):
    tell(signal, account_id=3, resource="orders", **facts)
    assert waiting() == {("flow", "3:orders")}


@pytest.mark.parametrize(
    "signal", [marketplaces.account_paused, marketplaces.account_resumed, marketplaces.credentials_expiring]
)
def test_it_turns_news_of_an_account_into_that_account(north, tell, signal):
    tell(signal, account_id=3)
    assert waiting() == {("account", "3")}


def test_it_finds_the_flow_of_a_stopped_run_and_of_gaps_and_the_account_of_a_command(shop, tell):
    now = clock.now()
    stopped = SyncRun.objects.create(account=shop, resource="orders", state="stopped", started_at=now)
    gap = Gap.objects.create(account=shop, resource="returns", kind="time", revealed_by="returns", found_at=now)
    write = Command.objects.create(account=shop, kind="set_price", key="k", subject="MUG", planned_at=now)
    tell(marketplaces.run_poisoned, run_id=stopped.pk)
    tell(marketplaces.gap_found, ids=(gap.pk,))
    tell(marketplaces.command_failed, command_id=write.pk)
    assert waiting() == {("flow", f"{shop.pk}:orders"), ("flow", f"{shop.pk}:returns"), ("account", f"{shop.pk}")}


def test_it_opens_a_ticket_for_an_unknown_product_and_resolves_it_when_linked(shop, north, tell):
    name = RemoteProduct.objects.create(account=shop, remote_id="MUG", first_seen_at=clock.now())
    order = place_order(shop, 1, due_in_hours="90")
    tell(catalog.products_unmapped, account_id=shop.pk, ids=[name.pk])
    runner.run(north.schema_name, WorkItem.objects.get(state="ready").pk)
    assert Ticket.objects.get().severity == "S1"
    order.lines.update(remote_id="OTHER")
    RemoteProduct.objects.update(state="ignored")
    tell(catalog.products_linked, account_id=shop.pk, ids=[name.pk])
    runner.run(north.schema_name, WorkItem.objects.get(state="ready").pk)
    assert Ticket.objects.get().state == "resolved"


def test_it_keeps_clients_apart(shop, north, south, tell):
    from config.core import tenancy

    tell(inventory.orders_applied, account_id=shop.pk, ids=[1])
    with tenancy.in_tenant(south.schema_name):
        assert (PendingCheck.objects.count(), WorkItem.objects.count()) == (0, 0)
    assert SyncState.objects.filter(account=shop).count() == 2
