from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.errors import Rejected
from inventory.models import Order
from marketplaces.models import RejectedRow, SyncRun
from marketplaces.services import pulls
from marketplaces.sync import replay
from tests.factories import NOON
from tests.marketplaces import stall

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(shop, remote):
    """Nine orders pulled, two of which the mapping could not read."""
    remote.per_page = 3
    for number in range(9):
        remote.put(f"A-{number}", NOON - timedelta(minutes=9 - number))
    for number in (1, 7):
        remote.orders[f"A-{number}"] = {**remote.orders[f"A-{number}"], "pieces": 1}
        del remote.orders[f"A-{number}"]["qty"]
    pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    remote.asked.clear()
    return shop


@pytest.fixture
def fixed(monkeypatch):
    """The mapping learned that some orders say `pieces`."""
    former = stall.MAPPERS["orders"]

    def mapper(page):
        page = stall.Page(resource="orders", body=page.body.replace(b'"pieces"', b'"qty"'))
        yield from former(page)

    monkeypatch.setitem(stall.MAPPERS, "orders", mapper)


def test_it_replays_one_row_from_the_archive_without_asking_the_marketplace(broken, fixed, remote):
    row = RejectedRow.objects.get(external_id="A-1")
    run = replay.row(row)
    assert (run.pages, run.inserted, run.rejected) == (1, 1, 0)
    assert list(RejectedRow.objects.order_by("external_id").values_list("state", flat=True)) == ["replayed", "open"]
    assert Order.objects.filter(external_id="A-1").exists()
    assert remote.asked == []


def test_it_replays_all_open_rows_of_a_flow(broken, fixed):
    run = replay.flow(broken, "orders")
    assert (run.pages, run.inserted) == (2, 2)
    assert Order.objects.count() == 9
    assert set(RejectedRow.objects.values_list("state", flat=True)) == {"replayed"}


def test_it_holds_the_flow_before_it_lands_so_that_no_pull_lands_the_same_rows_meanwhile(broken, fixed):
    with CaptureQueriesContext(connection) as told:
        replay.flow(broken, "orders")
    said = [str(query["sql"]) for query in told]
    held = next(at for at, sql in enumerate(said) if "marketplaces_syncstate" in sql and sql.endswith("FOR UPDATE"))
    assert held < next(at for at, sql in enumerate(said) if "inventory_order" in sql)


def test_it_replays_a_run(broken, fixed):
    run = replay.run(SyncRun.objects.get(reason="gap"))
    assert (run.pages, run.rows_read, run.inserted, run.unchanged) == (3, 9, 2, 7)


def test_a_row_that_still_does_not_map_stays_open_and_counts_the_attempt(broken):
    replay.row(RejectedRow.objects.get(external_id="A-1"))
    assert RejectedRow.objects.values_list("state", "attempts").get(external_id="A-1") == ("open", 2)


def test_a_poisoned_page_can_be_replayed_after_the_fix(shop, remote, monkeypatch):
    for number in range(6):
        remote.put(f"A-{number}", NOON - timedelta(minutes=9 - number))
        del remote.orders[f"A-{number}"]["qty"]
        remote.orders[f"A-{number}"]["pieces"] = 2
    pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    former = stall.MAPPERS["orders"]
    fixed = lambda page: former(stall.Page(resource="orders", body=page.body.replace(b'"pieces"', b'"qty"')))  # noqa: E731
    monkeypatch.setitem(stall.MAPPERS, "orders", fixed)
    assert replay.run(SyncRun.objects.get(state="stopped")).inserted == 6
    assert set(RejectedRow.objects.values_list("state", flat=True)) == {"replayed"}


def test_a_row_whose_page_is_past_retention_says_so(broken):
    row = RejectedRow.objects.get(external_id="A-1")
    row.page = None
    row.save()
    with pytest.raises(Rejected, match="past retention"):
        replay.row(row)
