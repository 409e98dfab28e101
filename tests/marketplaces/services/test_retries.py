from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from config.core.models import WorkItem
from inventory.models import Order
from marketplaces import registry
from marketplaces.contract import CommandKind, Outcome, OutcomeState
from marketplaces.models import Command, InboxEvent
from marketplaces.services import commands, events, retries
from tests.factories import NOON
from tests.marketplaces import stall

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting(shop):
    shop.stage = "act"
    shop.save()
    return shop


def planned(account, key="price-1"):
    payload = {"sku": "MUG", "external_id": "A1", "price": "10.00", "currency": "EUR"}
    intent = commands.Intent(kind=CommandKind.SET_PRICE, subject="sku:MUG", key=key, payload=payload)
    return commands.plan(account, intent)


@pytest.fixture
def refused(acting, remote):
    """A write that the marketplace refused."""
    remote.outcomes = [Outcome(OutcomeState.REJECTED, "below your minimum", answer={"code": 7})]
    command = planned(acting)
    commands.send(acting.pk, command.pk)
    WorkItem.objects.all().delete()
    return command


def test_a_refused_write_is_sent_again_under_its_key_with_the_reason_and_its_former_answers(acting, remote, refused):
    retries.command(refused.pk, by="anna", reason=" the minimum is lower now ")
    refused.refresh_from_db()
    assert (refused.state, refused.attempts, refused.sent_at) == ("planned", 0, None)
    assert refused.reason == "sent again by anna: the minimum is lower now"
    assert {
        "sent_again_by": "anna", "because": "the minimum is lower now", "after": "below your minimum",
    } in refused.answer.values()  # fmt: skip
    assert WorkItem.objects.get().job == "marketplaces.send_command"
    assert commands.send(acting.pk, refused.pk) == {"confirmed": 1}
    assert remote.asked == ["send price-1", "send price-1"]


def test_a_parked_write_is_read_back_three_times_again(acting, remote):
    remote.outcomes = [Outcome(OutcomeState.ACCEPTED)] * 8
    command = planned(acting)
    commands.send(acting.pk, command.pk)
    for _ in range(3):
        commands.confirm(acting.pk, command.pk)
    command.refresh_from_db()
    assert command.state == "parked"
    retries.command(command.pk, by="anna", reason="they were down")
    assert commands.send(acting.pk, command.pk) == {"accepted": 1}
    assert [commands.confirm(acting.pk, command.pk) for _ in range(3)] == [
        {"accepted": 1}, {"accepted": 1}, {"parked": 1},
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["planned", "sent", "accepted", "confirmed", "unknown", "superseded"])
def test_a_write_that_did_not_fail_is_not_sent_again(acting, refused, state):
    Command.objects.update(state=state)
    with pytest.raises(ValidationError) as error:
        retries.command(refused.pk, by="anna", reason="again")
    assert error.value.messages == [f"this write is {state}; only a refused or parked one is sent again"]
    assert Command.objects.get().state == state
    assert not WorkItem.objects.exists()


def test_an_older_write_is_not_sent_again_over_a_newer_one(acting, refused):
    newer = planned(acting, key="price-2")
    with pytest.raises(ValidationError, match=f"write {newer.pk} about the same came later"):
        retries.command(refused.pk, by="anna", reason="again")
    refused.refresh_from_db()
    assert refused.state == "rejected"


def test_a_write_is_not_sent_again_without_a_reason_or_the_right_to_act(acting, refused):
    with pytest.raises(ValidationError, match="say why"):
        retries.command(refused.pk, by="anna", reason=" ")
    acting.stage = "observe"
    acting.save()
    with pytest.raises(ValidationError, match="Shop is set to observe"):
        retries.command(refused.pk, by="anna", reason="again")
    refused.refresh_from_db()
    assert (refused.state, WorkItem.objects.count()) == ("rejected", 0)


def body(order):
    return json.dumps({"event": "E1", "at": NOON.isoformat(), "order": order}).encode()


def test_a_failed_event_is_applied_again_with_the_reason(shop, remote):
    order = {"id": "A-1", "at": NOON.isoformat(), "status": "to_ship", "qty": 1}
    remote.put("A-1", NOON)
    events.receive(shop, body(order), {})
    InboxEvent.objects.update(state="failed", error="no such column")
    WorkItem.objects.all().delete()
    retries.event(InboxEvent.objects.get().pk, by="anna", reason="it was fixed")
    found = InboxEvent.objects.get()
    assert (found.state, found.error) == ("received", "applied again by anna: it was fixed")
    assert WorkItem.objects.get().job == "marketplaces.apply_events"
    events.apply(shop.pk)
    assert InboxEvent.objects.get().state == "done"
    assert Order.objects.get().external_id == "A-1"


@pytest.mark.parametrize("state", ["received", "done", "ignored"])
def test_an_event_that_did_not_fail_is_not_applied_again(shop, state):
    event = InboxEvent.objects.create(
        account=shop, event_id="E1", kind="order", body=b"{}", received_at=NOON, state=state
    )
    with pytest.raises(ValidationError) as error:
        retries.event(event.pk, by="anna", reason="again")
    assert error.value.messages == [f"this event is {state}; only a failed one is applied again"]
    assert not WorkItem.objects.exists()


def test_a_failed_event_is_not_applied_again_without_a_reason(shop):
    event = InboxEvent.objects.create(
        account=shop, event_id="E1", kind="order", body=b"{}", received_at=NOON, state="failed"
    )
    with pytest.raises(ValidationError, match="say why"):
        retries.event(event.pk, by="anna", reason="")
    assert InboxEvent.objects.get().state == "failed"


def test_a_body_without_an_event_is_read_anew_and_its_events_stand_on_their_own(shop, remote, monkeypatch):
    order = {"id": "A-1", "at": NOON.isoformat(), "status": "to_ship", "qty": 1}
    raw = json.dumps({"evt": "E1", "at": NOON.isoformat(), "order": order}).encode()
    assert events.receive(shop, raw, {}) == 0
    whole = InboxEvent.objects.get()
    assert (whole.kind, whole.state) == ("unreadable", "failed")
    with pytest.raises(ValidationError, match="still no event"):
        retries.event(whole.pk, by="anna", reason="try")
    assert (InboxEvent.objects.get().state, WorkItem.objects.count()) == ("failed", 0)
    adapter = registry.part(stall.KEY, "events")
    monkeypatch.setattr(
        adapter, "read", lambda body, headers: stall.read_events(body.replace(b'"evt"', b'"event"'), headers)
    )
    retries.event(whole.pk, by="anna", reason="the adapter knows it now")
    whole.refresh_from_db()
    assert whole.state == "ignored"
    assert InboxEvent.objects.get(event_id="E1").state == "received"
    remote.put("A-1", NOON)
    events.apply(shop.pk)
    assert Order.objects.get().external_id == "A-1"
