from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config.core import clock, runner
from config.core.errors import RateLimited, Rejected, Transient
from config.core.jobs import JOBS, Job
from config.core.models import WorkItem
from inventory.models import Order
from marketplaces.models import Backfill, SyncRun, SyncState
from marketplaces.services import accounts, backfills, flows, pulls
from tests.chaos.conftest import DAY, START, shops
from tests.factories import NOON
from tests.marketplaces import stall

pytestmark = pytest.mark.django_db
SPAN = (NOON - 60 * DAY, NOON)
LATER = START + 70 * DAY + timedelta(hours=9)


def work_on(until=NOON):
    """Run what waits until a moment, in the order of its time; the outcomes."""
    found = []
    while item := WorkItem.objects.filter(job="marketplaces.backfill", state="ready", due_at__lte=until).first():
        with clock.frozen(max(item.due_at, clock.now())):
            found.append(runner.run("north", item.pk))
    return found


def cursors():
    return list(SyncState.objects.order_by("resource").values("resource", "covered", "watermark", "last_ok_at"))


def windows():
    """Days before noon at which the windows of backfills began, as they were read."""
    starts = SyncRun.objects.filter(reason="backfill", state="ok").order_by("pk").values_list("window_start", flat=True)
    return [round((NOON - start) / DAY) for start in starts]


@pytest.fixture
def read(shop, remote):
    """The flow was read once; an order of each third day lies further back than it reads."""
    pulls.pull(shop.pk, "orders")
    for days in range(11, 60, 3):
        remote.put(f"A-{days}", NOON - days * DAY)
    return shop


def test_it_reads_every_window_of_sixty_days_and_moves_no_cursor(read):
    before = cursors()
    asked = backfills.ask(read, "orders", SPAN, by="owner")
    assert work_on() == ["ok", "ok"]
    assert Order.objects.count() == 17
    assert windows() == [60, 53, 46, 39, 32, 25, 18, 11, 4]
    asked.refresh_from_db()
    assert (asked.state, asked.percent, asked.finished_at, asked.asked_by) == ("done", 100, NOON, "owner")
    assert cursors() == before
    assert not WorkItem.objects.filter(job="marketplaces.backfill").exclude(state="done").exists()


def test_the_same_span_again_changes_nothing(read):
    backfills.ask(read, "orders", SPAN)
    work_on()
    again = backfills.ask(read, "orders", SPAN)
    assert work_on() == ["ok", "ok"]
    assert Order.objects.count() == 17
    assert Backfill.objects.count() == 2
    known = SyncRun.objects.filter(backfill=again).values_list("inserted", "updated", "unchanged")
    assert tuple(map(sum, zip(*known, strict=True))) == (0, 0, 17)


def test_a_span_that_is_asked_for_already_is_the_same_backfill(read):
    first = backfills.ask(read, "orders", SPAN)
    assert backfills.ask(read, "orders", SPAN) == first
    assert WorkItem.objects.filter(job="marketplaces.backfill").count() == 1


def test_it_goes_on_at_the_window_at_which_the_limiter_stopped_it(read, remote):
    backfills.ask(read, "orders", SPAN)
    remote.errors = [None, None, RateLimited("slow down", until=NOON + timedelta(minutes=5))]
    assert work_on() == ["retry"]
    assert windows() == [60, 53]
    assert Backfill.objects.values_list("trouble", "read_until").get() == ("slow down", NOON - 46 * DAY)
    assert work_on(NOON + timedelta(minutes=5)) == ["ok", "ok"]
    assert windows() == [60, 53, 46, 39, 32, 25, 18, 11, 4]
    assert Order.objects.count() == 17
    assert Backfill.objects.get().state == "done"


def test_overlapping_backfills_leave_each_other_alone(read):
    ask = {"since": NOON - 21 * DAY, "until": NOON}
    one = backfills.ask(read, "orders", (NOON - 35 * DAY, NOON))
    other = backfills.ask(read, "orders", tuple(ask.values()))
    running = SyncRun.objects.create(
        account=read, resource="orders", reason="backfill", backfill=one, started_at=NOON, state="running"
    )
    waiting = SyncRun.objects.create(
        account=read, resource="orders", reason="backfill", backfill=one, started_at=NOON, state="waiting"
    )
    backfills.read(read.pk, other.pk)
    running.refresh_from_db()
    waiting.refresh_from_db()
    assert (running.state, waiting.state) == ("running", "waiting")
    assert SyncRun.objects.filter(backfill=other, state="ok").count() == 3


def test_a_poisoned_page_stops_it_and_asking_again_goes_on_there(read, remote):
    broken = [f"B-{number}" for number in range(6)]
    for name in broken:
        remote.orders[name] = {"id": name, "at": (NOON - 50 * DAY).isoformat(), "status": "to_ship"}
    asked = backfills.ask(read, "orders", SPAN)
    assert work_on() == ["ok"]
    asked.refresh_from_db()
    assert (asked.state, asked.read_until) == ("stopped", NOON - 53 * DAY)
    assert "cannot be read" in asked.trouble
    for name in broken:
        del remote.orders[name]
    assert backfills.ask(read, "orders", SPAN) == asked
    assert work_on() == ["ok", "ok"]
    assert Order.objects.count() == 17


def test_it_waits_while_the_account_is_paused_and_goes_on_when_it_is_resumed(read, monkeypatch):
    pull = JOBS.get("marketplaces.backfill").call
    for resource in stall.ADAPTER.resources:
        key = f"pull.stall.{resource.key}"
        monkeypatch.setitem(JOBS._items, key, Job(key=key, call=pull, why="read"))
    backfills.ask(read, "orders", SPAN)
    accounts.pause(read, reason="holiday")
    assert work_on() == ["ok"]
    assert windows() == []
    accounts.resume(read)
    assert work_on() == ["ok", "ok"]
    assert Backfill.objects.get().state == "done"


def test_a_failure_is_told_on_it_and_the_flow_is_not_blamed(read, remote):
    backfills.ask(read, "orders", SPAN)
    remote.errors = [Transient("down", code="http_503")]
    assert work_on() == ["retry"]
    assert Backfill.objects.get().trouble == "down"
    assert SyncState.objects.get(resource="orders").failures_in_a_row == 0


@pytest.mark.parametrize(
    ("resource", "since", "until", "why"),
    [
        ("stock", 3, 0, "tells only how things stand now"),
        ("wishes", 3, 0, "has no resource 'wishes'"),
        ("orders", 3, 4, "ends before it begins"),
        ("orders", 3, -1, "ends in the future"),
        ("orders", 91, 0, "keeps 90 days only"),
    ],
)
def test_it_refuses_what_cannot_be_read(read, resource, since, until, why):
    with pytest.raises(Rejected, match=why):
        backfills.ask(read, resource, (NOON - since * DAY, NOON - until * DAY))
    assert not Backfill.objects.exists()


def test_it_refuses_a_paused_flow_and_a_paused_account_with_the_reason(read):
    flows.pause(read, "orders", reason="too dear")
    with pytest.raises(Rejected, match="too dear; resume it first"):
        backfills.ask(read, "orders", SPAN)
    accounts.pause(read, reason="holiday")
    with pytest.raises(Rejected, match="holiday; resume it first"):
        backfills.ask(read, "orders", SPAN)
    assert not WorkItem.objects.filter(job="marketplaces.backfill").exists()


def test_the_command_asks_for_it_and_says_what_is_wrong(read):
    said = StringIO()
    call_command("backfill", "north", "shop", "orders", since="2026-08-03", until="2026-09-01T12:00", stdout=said)
    asked = Backfill.objects.get()
    assert said.getvalue().startswith(f"backfill {asked.pk} of orders 2026-08-03 to 2026-09-01: 0% read")
    assert (asked.since.isoformat(), asked.until.isoformat()) == (
        "2026-08-03T00:00:00+00:00", "2026-09-01T12:00:00+00:00",
    )  # fmt: skip
    for wrong, why in ((("nobody", "orders"), "no account"), (("shop", "stock"), "how things stand")):
        with pytest.raises(CommandError, match=why):
            call_command("backfill", "north", *wrong, since="2026-08-03")
    with pytest.raises(CommandError, match="no day like"):
        call_command("backfill", "north", "shop", "orders", since="August")


@pytest.mark.parametrize(("adapter", "declared"), shops())
def test_it_brings_every_order_of_ten_days_from_each_marketplace(street, adapter, declared):
    with clock.frozen(LATER):
        shop = street.connect(adapter, declared)
        span = (LATER - 10 * DAY, LATER - timedelta(hours=1))
        backfills.ask(shop, "orders", span)
        street.drain(LATER + DAY)
        world = street.sandbox.view(declared.client, declared.key).orders(since=span[0], until=span[1])
        assert Order.objects.count() == len(world) > 10
        assert Backfill.objects.get().state == "done"
        assert SyncState.objects.values_list("covered", "watermark").get(resource="orders") == ((), None)


def test_a_person_asks_on_the_flow_s_screen_and_sees_how_far_it_has_come(read, admin_client):
    page = {"path": "/sync/accounts/shop/orders/", "headers": {"host": "north.localhost"}}
    admin_client.post(**page, data={"action": "backfill", "since": "2026-08-14", "until": "2026-10-02"})
    assert Backfill.objects.values_list("since", "until", "asked_by").get() == (
        NOON - timedelta(days=49, hours=12), NOON - timedelta(hours=12), "admin",
    )  # fmt: skip
    backfills.read(read.pk, Backfill.objects.get().pk)
    assert ">85%</a>" in admin_client.get(**page).content.decode()
    refused = admin_client.post(**page, data={"action": "backfill", "since": "14 August"}, follow=True)
    assert "is no day like 2026-09-30" in refused.content.decode()
    assert Backfill.objects.count() == 1
