"""Before a parcel is told the marketplace is asked: what left already is adopted, what was cancelled stops it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core import clock
from config.core.errors import NeedsOperator, RateLimited, Transient
from config.core.models import WorkItem
from marketplaces.canonical import OrderStatus
from marketplaces.contract import Outcome, OutcomeState
from marketplaces.models import Account, Command, SyncState
from marketplaces.services import commands, shown
from tests import factories
from tests.factories import NOON


def order(*, cancelled=0, status=OrderStatus.TO_SHIP):
    return factories.order(status=status, lines=(factories.order_line(quantity=3, quantity_cancelled=cancelled),))


@given(cancelled=st.integers(0, 3), units=st.integers(1, 3))
def test_units_leave_only_where_so_many_are_not_cancelled(cancelled, units):
    why = shown.cancelled(order(cancelled=cancelled), {"L1": units})
    assert bool(why) is (units > 3 - cancelled)
    assert shown.cancelled(order(status=OrderStatus.CANCELLED), {"L1": units})


@pytest.fixture
def parcel(shop, remote):
    """A parcel with the one piece of an order, asked for; the stall has not heard of it."""
    shop.stage = "act"
    shop.save()
    remote.put("O-1", NOON)
    remote.outcomes = [Outcome(OutcomeState.REJECTED, "not shipped"), Outcome(OutcomeState.ACCEPTED)]
    payload = {"external_id": "O-1", "carrier": "DHL", "tracking_number": "T1", "lines": {"1": 1}}
    return Command.objects.create(
        account=shop, kind="confirm_shipment", key="parcel-1", subject="order:O-1", payload=payload, planned_at=NOON
    )


def sent(command, remote):
    commands.send(command.account_id, command.pk)
    command.refresh_from_db()
    return [what for what in remote.asked if what.startswith("send")]


@pytest.mark.django_db
def test_a_parcel_of_an_order_that_still_waits_is_told(parcel, remote):
    assert sent(parcel, remote) == ["send parcel-1"]
    assert parcel.state == "accepted"


@pytest.mark.django_db
def test_an_order_that_was_cancelled_meanwhile_is_told_nothing_and_a_ticket_is_asked_for(
    parcel, remote, django_capture_on_commit_callbacks
):
    remote.put("O-1", NOON, status="cancelled")
    with django_capture_on_commit_callbacks(execute=True):
        assert sent(parcel, remote) == []
    assert (parcel.state, parcel.reason) == (
        "rejected", "order O-1 was cancelled at the marketplace meanwhile; nothing was sent",
    )  # fmt: skip
    assert WorkItem.objects.filter(job="marketplaces.fetch_record").count() == 1
    assert WorkItem.objects.filter(job="tickets.drain").count() == 1


@pytest.mark.django_db
def test_units_that_were_cancelled_meanwhile_are_not_told(parcel, remote):
    remote.put("O-1", NOON, qty=0)
    assert sent(parcel, remote) == []
    assert parcel.reason == "order O-1: of line 1 only 0 units are not cancelled; nothing was sent"


@pytest.mark.django_db
def test_a_parcel_that_somebody_told_elsewhere_is_adopted(parcel, remote):
    remote.outcomes = [Outcome(OutcomeState.CONFIRMED)]
    assert sent(parcel, remote) == []
    assert (parcel.state, parcel.reason) == ("confirmed", "shipped there already; nothing was sent")


def why_not(account, units=1):
    return shown.why_not(account, "O-1", {"1": units})


@pytest.mark.django_db
def test_before_a_label_is_bought_the_marketplace_is_asked_and_a_cancelled_order_is_read_again(shop, remote):
    remote.put("O-1", NOON)
    assert (why_not(shop), WorkItem.objects.filter(job="marketplaces.fetch_record").count()) == ("", 0)
    remote.put("O-1", NOON, status="cancelled")
    assert why_not(shop) == "order O-1 was cancelled at the marketplace meanwhile"
    assert WorkItem.objects.filter(job="marketplaces.fetch_record").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("error", [Transient("no answer", code="http_503"), NeedsOperator("the token is refused")])
def test_a_marketplace_that_cannot_be_asked_keeps_nobody_from_packing(shop, remote, error):
    remote.put("O-1", NOON, status="cancelled")
    remote.errors = [error]
    assert why_not(shop) == ""


@pytest.mark.django_db
def test_one_that_was_asked_too_often_is_asked_again_and_a_paused_one_not_at_all(shop, remote):
    remote.put("O-1", NOON, status="cancelled")
    remote.errors = [RateLimited("too many calls", until=NOON)]
    with pytest.raises(RateLimited):
        why_not(shop)
    Account.objects.filter(pk=shop.pk).update(status="paused")
    assert why_not(Account.objects.get(pk=shop.pk)) == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "asked"), [(10, False), (16, True)])
def test_where_every_change_was_read_within_a_quarter_of_an_hour_nothing_is_asked(shop, remote, minutes, asked):
    remote.put("O-1", NOON, status="cancelled")
    SyncState.objects.update_or_create(
        account=shop, resource="orders",
        defaults={"covered": [(NOON - 2 * shown.DAY, NOON - timedelta(minutes=minutes))]},
    )  # fmt: skip
    with clock.frozen(NOON):
        assert bool(why_not(shop)) is asked
