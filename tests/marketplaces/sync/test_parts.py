"""A snapshot of many pages that is stopped half-way goes on where it was, and what came is there at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock
from config.core.errors import RateLimited, Rejected, Transient
from inventory.models import StockLevel
from marketplaces.models import SyncRun, SyncState
from marketplaces.services import pulls
from marketplaces.sync import parts
from tests.factories import NOON

pytestmark = pytest.mark.django_db
SHELF = [f"MUG-{number}" for number in range(5)]


@pytest.fixture
def shelf(shop, remote):
    """Five products on pages of two."""
    remote.shelf, remote.per_page = SHELF, 2
    return remote


def stored():
    return sorted(StockLevel.objects.values_list("remote_id", flat=True))


def flow():
    return SyncState.objects.get(resource="stock")


def stopped_at_the_third_page(shop, shelf, error):
    shelf.errors = [None, None, error]
    with pytest.raises(type(error)):
        pulls.pull(shop.pk, "stock")


def test_it_lands_what_came_and_goes_on_with_the_page_that_was_refused(shop, shelf):
    stopped_at_the_third_page(shop, shelf, RateLimited("slow down", until=NOON + timedelta(minutes=1)))
    assert (stored(), flow().mark, flow().covered) == (SHELF[:4], "4", ())
    with clock.frozen(NOON + timedelta(minutes=1)):
        assert pulls.pull(shop.pk, "stock") == {"windows": 1, "rows": 1, "written": 1, "rejected": 0}
    assert shelf.asked == ["stock 0", "stock 2", "stock 4", "stock 4"]
    assert (stored(), flow().mark, flow().marked_at) == (SHELF, "", None)
    assert flow().covered[-1][1] == flow().last_ok_at == NOON + timedelta(minutes=1)
    assert list(SyncRun.objects.order_by("pk").values_list("state", "rows_read")) == [("ok", 4), ("ok", 1)]


def test_it_gets_through_however_often_the_limit_is_reached(shop, shelf):
    shelf.per_page, refused = 1, RateLimited("slow down", until=NOON)
    shelf.errors = [None, refused, None, refused, None, refused, None, refused]
    for _ in range(4):
        with pytest.raises(RateLimited):
            pulls.pull(shop.pk, "stock")
    pulls.pull(shop.pk, "stock")
    assert stored() == SHELF
    assert shelf.asked.count("stock 0") == 1


def test_it_breaks_off_before_the_run_takes_too_long_and_asks_for_the_rest(shop, shelf, monkeypatch):
    monkeypatch.setattr(parts, "LONGEST", timedelta(0))
    asked = []
    monkeypatch.setattr("marketplaces.sync.run._ask_for_more", lambda task, where: asked.append(where))
    for _ in range(3):
        pulls.pull(shop.pk, "stock")
    assert asked == ["2", "4"]
    assert (stored(), flow().mark) == (SHELF, "")


def test_it_keeps_the_mark_through_a_passing_fault_and_begins_anew_after_a_refusal(shop, shelf):
    stopped_at_the_third_page(shop, shelf, RateLimited("slow down", until=NOON))
    for error, mark in ((Transient("a bad gateway"), "4"), (Rejected("this cursor is too old"), "")):
        shelf.errors = [error]
        with pytest.raises(type(error)):
            pulls.pull(shop.pk, "stock")
        assert flow().mark == mark
    pulls.pull(shop.pk, "stock")
    assert shelf.asked[-3:] == ["stock 0", "stock 2", "stock 4"]


def test_it_begins_anew_when_what_was_read_is_of_another_day(shop, shelf):
    stopped_at_the_third_page(shop, shelf, RateLimited("slow down", until=NOON))
    with clock.frozen(NOON + timedelta(hours=25)):
        pulls.pull(shop.pk, "stock")
    assert shelf.asked[-3:] == ["stock 0", "stock 2", "stock 4"]
