"""Two workers at once: nothing is opened twice and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection

from config.core import clock, tenancy
from marketplaces.models import SyncState
from tests import factories
from tests.tickets.conftest import place_order
from tickets.models import Breach, PendingCheck, Ticket
from tickets.rules import engine, pending

NOON = datetime(2026, 10, 2, 12, 0, tzinfo=UTC)


def at_once(*works):
    """Run each work in a thread and connection of its own, as the client `north` at noon."""

    def run(work):
        try:
            with clock.frozen(NOON), tenancy.in_tenant("north"):
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(run, work) for work in works]]


@pytest.mark.django_db(transaction=True)
def test_it_opens_each_ticket_once_when_drains_and_sweeps_run_at_once():
    with clock.frozen(NOON):
        shop = factories.account("shop")
        SyncState.objects.create(account=shop, resource="orders", last_ok_at=NOON)
        orders = [place_order(shop, number, due_in_hours="5") for number in range(30)]
        pending.add("order", [order.pk for order in orders])
    ids = [order.pk for order in orders]
    at_once(
        engine.drain, engine.drain, lambda: engine.sweep("inventory"), lambda: pending.add("order", reversed(ids)),
        lambda: pending.add("order", ids),
    )  # fmt: skip
    at_once(engine.drain)
    assert PendingCheck.objects.count() == 0
    assert Breach.objects.filter(state="open").count() == 30
    assert (Ticket.objects.filter(is_parent=False).count(), Ticket.objects.get(is_parent=True).overflow) == (25, 5)
