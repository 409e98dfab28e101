"""Never two labels for one parcel, never a label lost: under lost answers, late ones, doubles and killed processes."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from config.core import clock, tenancy, transport
from config.core.errors import Transient
from inventory import sinks
from inventory.carriers.contract import DocumentKind
from inventory.models import Label, LabelPaper, LabelState
from inventory.services import carriers, labels, purchases, tracking
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.inventory.carriers.conftest import MORNING, bought, enter, parcel, wish

pytestmark = pytest.mark.django_db


def later(depot, hours=0.0, minutes=0.0):
    """Both clocks, ours and the carrier's, some time on."""
    depot.at = MORNING + timedelta(hours=hours, minutes=minutes)
    return clock.frozen(depot.at)


def looked_up(depot, label, *minutes):
    """What became of a label after its lookups at these minutes."""
    for at in minutes:
        with later(depot, minutes=at):
            purchases.resolve(label.pk)
    return Label.objects.get(pk=label.pk)


def test_it_buys_a_label_with_its_number_and_its_paper(contract, depot):
    label = bought(contract)
    assert label.state == LabelState.BOUGHT
    assert list(depot.sold()) == [label.tracking_number]
    paper = LabelPaper.objects.get(label=label)
    assert labels.content(paper)[:5] == b"%PDF-"


def test_it_buys_nothing_twice_when_the_work_comes_twice(contract, depot):
    label = bought(contract)
    assert purchases.buy(label.pk) == {"skipped": 1}
    assert labels.want(label.parcel, wish(contract)).pk == label.pk
    assert len(depot.sold()) == 1


def test_the_database_holds_one_live_label_per_parcel(contract):
    label = bought(contract)
    with pytest.raises(IntegrityError, match="label_one_live_per_parcel"), transaction.atomic():
        Label.objects.create(
            parcel=label.parcel, account=contract, ref="NF-ANOTHER-ONE", product="V01PAK", format="pdf", ship_on=MORNING
        )


@pytest.mark.parametrize("trouble", ["lost", "slow"])
def test_a_lost_answer_is_looked_up_and_never_bought_again(contract, depot, monkeypatch, trouble):
    monkeypatch.setattr(transport, "READ_S", 0.2)
    depot.trouble(trouble, seconds=0.6)
    label = bought(contract)
    assert label.state == LabelState.UNKNOWN
    assert purchases.buy(label.pk) == {"skipped": 1}
    assert labels.want(label.parcel, wish(contract)).pk == label.pk
    found = looked_up(depot, label, 2, 35)
    assert found.state == LabelState.BOUGHT
    assert list(depot.sold()) == [found.tracking_number]
    assert labels.content(LabelPaper.objects.get(label=label, kind=DocumentKind.LABEL))[:5] == b"%PDF-"


def test_it_waits_for_the_carrier_to_show_the_label_before_it_says_that_there_is_none(contract, depot):
    depot.trouble("lost")
    label = looked_up(depot, bought(contract), 3)
    assert (label.state, label.checks) == (LabelState.UNKNOWN, 1)
    assert label.next_check_at == MORNING + timedelta(minutes=35)


def test_a_purchase_that_never_reached_the_carrier_is_absent_after_the_last_look_and_bought_once_then(contract, depot):
    depot.trouble("broken")
    label = looked_up(depot, bought(contract), 3, 35, 121, 361)
    assert label.state == LabelState.ABSENT
    assert depot.sold() == {}
    with later(depot, hours=7):
        again = labels.want(label.parcel, wish(contract))
        assert (again.pk, again.ref) == (label.pk, label.ref)
        assert purchases.buy(label.pk) == {"bought": 1}
    assert len(depot.sold()) == 1


def test_a_label_that_shows_later_than_ever_is_found_before_a_second_one_is_bought(contract, depot):
    depot.trouble("lost")
    label = bought(contract)
    Label.objects.update(state=LabelState.ABSENT)
    with later(depot, hours=1):
        assert purchases.buy(labels.want(label.parcel, wish(contract)).pk) == {"found": 1}
    assert list(depot.sold()) == [Label.objects.get().tracking_number]


def test_of_two_labels_under_one_reference_one_is_kept_and_the_other_given_back(contract, depot):
    depot.trouble("twice")
    depot.trouble("lost")
    label = bought(contract)
    assert len(depot.sold()) == 2
    found = looked_up(depot, label, 35)
    assert list(depot.sold()) == [found.tracking_number]


def test_a_refusal_before_the_purchase_says_why_and_can_be_wanted_anew(contract, depot):
    first = parcel()
    label = labels.want(first, wish(contract))
    first.shipment.ship_to = first.shipment.ship_to.replace("20095", "00000")
    first.shipment.save()
    purchases.buy(label.pk)
    label.refresh_from_db()
    assert (label.state, label.reason) == (
        LabelState.REFUSED, "consignee.postalCode: Die Adresse ist nicht leitcodierbar."
    )  # fmt: skip
    assert depot.sold() == {}
    first.shipment.ship_to = first.shipment.ship_to.replace("00000", "20095")
    first.shipment.save()
    again = labels.want(first, wish(contract))
    assert again.pk != label.pk
    assert purchases.buy(again.pk) == {"bought": 1}


def test_a_carrier_out_of_reach_leaves_the_wish_as_it_was(contract, depot):
    contract.endpoint = "http://127.0.0.1:9"
    contract.save()
    label = labels.want(parcel(), wish(contract))
    with pytest.raises(Transient):
        purchases.buy(label.pk)
    label.refresh_from_db()
    assert (label.state, label.asked_at) == (LabelState.WANTED, None)


def test_it_refuses_a_label_whose_address_is_not_known(contract):
    with pytest.raises(ValidationError, match="address of this shipment is not known"):
        labels.want(parcel(address=None), wish(contract))


def test_two_workers_with_one_label_buy_it_once(contract, depot):
    label = labels.want(parcel(), wish(contract))
    rival = Label.objects.get(pk=label.pk)
    with carriers.opened(contract) as client:
        assert purchases._bought(label, client) == {"bought": 1}
        assert purchases._bought(rival, client) == {"skipped": 1}
    assert len(depot.sold()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["the carrier has sold", "the answer has come"])
def test_a_worker_that_is_killed_between_the_call_and_its_storing_loses_nothing(depot, moment):
    label = labels.want(parcel(), wish(enter(depot)))
    child = os.fork()
    if child == 0:
        connection.connection = None  # the parent's; this process opens its own
        if moment == "the answer has come":
            purchases._keep = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        with tenancy.in_tenant("north"):
            purchases.buy(label.pk)
        os._exit(1)
    if moment == "the carrier has sold":
        depot.on_sale = lambda: os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    left = Label.objects.get(pk=label.pk)
    assert (left.state, left.tracking_number, len(depot.sold())) == (LabelState.ASKED, "", 1)
    assert purchases.buy(label.pk) == {"skipped": 1}
    assert labels.want(label.parcel, wish(label.account)).pk == label.pk
    with later(depot, minutes=40):
        assert purchases.sweep() == {"asked": 1}
        assert purchases.resolve(label.pk) == {"found": 1}
    found = Label.objects.get(pk=label.pk)
    assert (found.state, [found.tracking_number]) == (LabelState.BOUGHT, list(depot.sold()))
    assert LabelPaper.objects.filter(label=label).count() == 1


def test_a_cancellation_whose_answer_was_lost_is_known_by_the_carriers_scans(contract, depot):
    label = bought(contract)
    with later(depot, hours=1):
        with carriers.opened(contract) as client:
            assert client.cancel(label.tracking_number) == ""
        assert labels.cancel(label).state == LabelState.CANCELLED
    assert depot.sold() == {}


def test_a_label_that_is_cancelled_elsewhere_is_cancelled_here_at_its_next_look(contract, depot):
    label = bought(contract)
    with later(depot, hours=1), carriers.opened(contract) as client:
        client.cancel(label.tracking_number)
    with later(depot, hours=3):
        assert tracking.track_due()["tracked"] == 1
    label.refresh_from_db()
    assert (label.state, label.papers.count(), label.next_track_at) == (LabelState.CANCELLED, 0, None)


def test_whoever_withdraws_a_label_while_it_is_bought_does_not_lose_it(contract, depot):
    seen = labels.want(parcel(), wish(contract))
    assert purchases.buy(seen.pk) == {"bought": 1}
    assert seen.state == LabelState.WANTED
    gone = labels.cancel(seen)
    assert (gone.state, bool(gone.tracking_number), depot.sold()) == (LabelState.CANCELLED, True, {})


def test_a_label_that_was_withdrawn_before_it_was_bought_is_not_bought(contract, depot):
    label = labels.want(parcel(), wish(contract))
    assert labels.cancel(label).state == LabelState.CANCELLED
    assert (purchases.buy(label.pk), depot.sold()) == ({"skipped": 1}, {})


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"status": OrderStatus.CANCELLED}, "order O-1 was cancelled meanwhile; nothing was bought"),
        (
            {"lines": (factories.order_line(quantity_cancelled=1),)},
            "order O-1, line L1: units were cancelled meanwhile; nothing was bought",
        ),
    ],
)
def test_units_that_are_cancelled_before_the_purchase_get_no_label(contract, depot, told, why):
    label = labels.want(parcel(), wish(contract))
    placed = {"ordered_at": MORNING - timedelta(days=1), "changed_at": MORNING + timedelta(hours=5), **told}
    sinks.orders([factories.order("O-1", **placed)], factories.source(label.parcel.shipment.order.account))
    assert purchases.buy(label.pk) == {"refused": 1}
    label.refresh_from_db()
    assert (label.reason, depot.sold()) == (why, {})
