from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from config.core.calls import Exchange
from config.core.errors import RateLimited, Rejected, Transient
from config.core.models import WorkItem
from marketplaces.contract import CommandKind, Outcome, OutcomeState
from marketplaces.filters import TrafficFilter
from marketplaces.models import Account, Command, Traffic
from marketplaces.services import commands, connections
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting(shop):
    shop.stage = "act"
    shop.save()
    return shop


def price(amount, key="price-1", subject="sku:MUG", kind=CommandKind.SET_PRICE):
    payload = {"sku": "MUG", "price": amount, "currency": "EUR"}
    return commands.Intent(kind=kind, subject=subject, key=key, payload=payload)


def open_jobs():
    return list(WorkItem.objects.filter(state="ready").order_by("pk").values_list("job", "due_at"))


def test_the_same_wish_twice_is_one_command(acting):
    assert commands.plan(acting, price("10.00")).pk == commands.plan(acting, price("10.00")).pk
    assert open_jobs() == [("marketplaces.send_command", NOON)]


def test_an_equal_key_of_another_account_is_a_command_of_its_own(acting):
    other = Account.objects.create(
        key="second", marketplace=acting.marketplace, label="Second", stores=["NL"], stage="act",
        connected_at=NOON, history_from=NOON,
    )  # fmt: skip
    first, second = commands.plan(acting, price("10.00")), commands.plan(other, price("11.00"))
    assert (first.account, second.account) == (acting, other)
    assert second.payload["price"] == "11.00"
    assert Command.objects.filter(key="price-1", state="planned").count() == 2


def test_a_newer_wish_replaces_an_unsent_older_one_about_the_same_subject(acting):
    older, newer = commands.plan(acting, price("10.00")), commands.plan(acting, price("9.00", key="price-2"))
    other = commands.plan(acting, price("5.00", key="price-3", subject="sku:CUP"))
    states = dict(Command.objects.values_list("pk", "state"))
    assert states == {older.pk: "superseded", newer.pk: "planned", other.pk: "planned"}
    assert commands.send(acting.pk, older.pk) == {"skipped": 1}


def test_an_account_that_only_proposes_sends_nothing(shop, remote):
    shop.stage = "propose"
    shop.save()
    command = commands.plan(shop, price("10.00"))
    assert open_jobs() == []
    assert commands.send(shop.pk, command.pk) == {"held": 1}
    assert Command.objects.get().state == "planned"
    assert remote.asked == []


def test_a_marketplace_that_cannot_do_it_refuses_the_intent(acting):
    with pytest.raises(ValidationError, match="Shop cannot do confirm_shipment"):
        commands.plan(acting, price("10.00", kind=CommandKind.CONFIRM_SHIPMENT))
    assert not Command.objects.exists()


def test_it_is_marked_as_sent_before_the_call_so_that_a_dead_worker_never_sends_twice(acting, remote):
    command = commands.plan(acting, price("10.00"))
    remote.errors = [ConnectionError("killed")]
    with pytest.raises(ConnectionError):
        commands.send(acting.pk, command.pk)
    command.refresh_from_db()
    assert command.state == "sent"
    assert commands.send(acting.pk, command.pk) == {"skipped": 1}
    assert remote.asked == ["send price-1"]
    with clock.frozen(NOON + timedelta(minutes=5)):
        WorkItem.objects.all().delete()
        assert commands.sweep() == {"asked": 1}
    assert WorkItem.objects.get().job == "marketplaces.confirm_command"


def test_an_accepted_write_is_confirmed_by_reading_it_back_only(acting, remote):
    remote.outcomes = [Outcome(OutcomeState.ACCEPTED, remote_ref="job-7", answer={"id": "job-7"})]
    command = commands.plan(acting, price("10.00"))
    assert commands.send(acting.pk, command.pk) == {"accepted": 1}
    assert open_jobs()[-1] == ("marketplaces.confirm_command", NOON)
    assert commands.confirm(acting.pk, command.pk) == {"confirmed": 1}
    command.refresh_from_db()
    assert (command.state, command.remote_ref, command.confirmed_at) == ("confirmed", "job-7", NOON)


def test_it_reads_back_at_once_after_five_minutes_and_after_an_hour_and_then_parks(acting, remote):
    remote.outcomes = [Outcome(OutcomeState.ACCEPTED)] * 4
    command = commands.plan(acting, price("10.00"))
    commands.send(acting.pk, command.pk)
    due = []
    for _ in range(3):
        command.refresh_from_db()
        due.append(command.next_check_at - NOON)
        commands.confirm(acting.pk, command.pk)
    command.refresh_from_db()
    assert due == [timedelta(0), timedelta(minutes=5), timedelta(hours=1)]
    assert (command.state, command.reason) == ("parked", "the marketplace never showed the change")


def test_a_timeout_leaves_the_write_unknown_and_it_is_resent_only_when_it_is_not_there(acting, remote):
    remote.outcomes = [Transient("timed out"), Outcome(OutcomeState.REJECTED, "still the old price")]
    command = commands.plan(acting, price("10.00"))
    assert commands.send(acting.pk, command.pk) == {"unknown": 1}
    assert commands.confirm(acting.pk, command.pk) == {"resent": 1}
    assert commands.send(acting.pk, command.pk) == {"confirmed": 1}
    assert remote.asked == ["send price-1", "read_back price-1", "send price-1"]


def test_an_older_write_that_never_arrived_is_not_resent_over_a_newer_one(acting, remote):
    remote.outcomes = [Transient("timed out")]
    older = commands.plan(acting, price("10.00"))
    commands.send(acting.pk, older.pk)
    newer = commands.plan(acting, price("12.00", key="price-2"))
    commands.send(acting.pk, newer.pk)
    remote.outcomes = [Outcome(OutcomeState.REJECTED, "another price is shown")]
    assert commands.confirm(acting.pk, older.pk) == {"resent": 1}
    assert commands.send(acting.pk, older.pk) == {"skipped": 1}
    older.refresh_from_db()
    assert (older.state, older.reason) == ("superseded", f"replaced by command {newer.pk}")
    assert remote.asked.count("send price-1") == 1


def test_a_timeout_whose_write_arrived_is_confirmed_and_never_resent(acting, remote):
    remote.outcomes = [Transient("timed out")]
    command = commands.plan(acting, price("10.00"))
    commands.send(acting.pk, command.pk)
    assert commands.confirm(acting.pk, command.pk) == {"confirmed": 1}
    assert remote.asked.count("send price-1") == 1


def test_a_refused_write_is_kept_with_the_answer_and_not_repeated(acting, remote):
    remote.outcomes = [Rejected("price below the minimum")]
    command = commands.plan(acting, price("0.01"))
    assert commands.send(acting.pk, command.pk) == {"rejected": 1}
    command.refresh_from_db()
    assert (command.reason, command.next_check_at) == ("price below the minimum", None)
    assert commands.sweep() == {"asked": 0}


def test_a_throttled_write_was_not_sent_and_stays_planned(acting, remote):
    remote.outcomes = [RateLimited("slow down", until=NOON + timedelta(minutes=1))]
    command = commands.plan(acting, price("10.00"))
    with pytest.raises(RateLimited):
        commands.send(acting.pk, command.pk)
    command.refresh_from_db()
    assert (command.state, command.sent_at) == ("planned", None)


def exchange(status):
    return Exchange(
        tenant="north", account="shop", operation="patch", method="PATCH", url="https://stall.example/offers",
        status=status, milliseconds=9, request_id="", request_headers={}, response_headers={}, request_body=b"{}",
        response_body=b"{}", error="", at=NOON,
    )  # fmt: skip


def test_a_call_without_an_answer_is_silent_and_did_not_go_well(acting):
    said = connections.Recorder(acting)
    for status in (0, 202, 404):
        said(exchange(status))
    said.flush()
    found = {way: TrafficFilter({"status": way}, Traffic.objects.all()).qs for way in ("ok", "refused", "silent")}
    assert {way: rows.get().status for way, rows in found.items()} == {"ok": 202, "refused": 404, "silent": None}


def test_what_was_said_about_a_write_is_found_by_its_subject(acting, remote):
    command = commands.plan(acting, price("10.00"))
    said = connections.Recorder(acting, command_id=command.pk, about=[command.subject])
    said(exchange(202))
    said.flush()
    assert TrafficFilter({"sku": "MUG"}, Traffic.objects.all()).qs.get().command_id == command.pk
    assert not TrafficFilter({"sku": "CUP"}, Traffic.objects.all()).qs.exists()
