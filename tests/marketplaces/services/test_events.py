from __future__ import annotations

import itertools
import json
from datetime import timedelta

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from config.core import clock
from config.core.models import WorkItem
from inventory.models import Order, OrderLine
from marketplaces.models import EventState, InboxEvent
from marketplaces.services import events, pulls, queues
from tests.factories import NOON

pytestmark = pytest.mark.django_db

HISTORY = [
    ("E1", 0, {"status": "pending"}),
    ("E2", 1, {"status": "to_ship"}),
    ("E3", 2, {"status": "to_ship", "qty": 3}),
    ("E4", 3, {"status": "partially_shipped", "qty": 3}),
    ("E5", 4, {"status": "shipped", "qty": 3}),
    ("E6", 5, {"status": "delivered", "qty": 3}),
]


def body(event, minutes, changes, order="A-1"):
    at = (NOON - timedelta(minutes=30 - minutes)).isoformat()
    return json.dumps({"event": event, "at": at, "order": {"id": order, "at": at, "qty": 1, **changes}}).encode()


def deliver(shop, bodies):
    for one in bodies:
        events.receive(shop, one, {})


@given(order=st.permutations(HISTORY), repeated=st.lists(st.sampled_from(HISTORY), max_size=6), split=st.integers(0, 6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_order_of_arrival_with_repeats_ends_in_the_same_state(shop, remote, order, repeated, split):
    InboxEvent.objects.all().delete()
    Order.objects.all().delete()
    remote.put("A-1", NOON - timedelta(minutes=25), status="delivered", qty=3)
    deliveries = [body(*one) for one in [*order, *repeated]]
    deliver(shop, deliveries[:split])
    events.apply(shop.pk)
    deliver(shop, deliveries[split:])
    events.apply(shop.pk)
    assert Order.objects.values_list("external_id", "status").get() == ("A-1", "delivered")
    assert OrderLine.objects.get().quantity == 3
    assert InboxEvent.objects.filter(state="done").count() == 6
    assert sum(InboxEvent.objects.values_list("repeats", flat=True)) == len(repeated)


def test_events_of_a_paused_account_wait_and_are_asked_for_when_it_works_again(shop, remote):
    deliver(shop, [body(*HISTORY[0])])
    WorkItem.objects.all().delete()
    shop.status = "paused"
    shop.save()
    assert (events.ask_to_apply(), events.apply(shop.pk)) == (0, {"skipped": 1})
    shop.status = "active"
    shop.save()
    assert events.ask_to_apply() == 1
    assert WorkItem.objects.values_list("job", "account_id").get() == ("marketplaces.apply_events", shop.pk)
    assert InboxEvent.objects.get().state == "received"


def test_an_event_is_stored_once_and_its_repeats_are_counted(shop, remote):
    assert [events.receive(shop, body(*HISTORY[0]), {}) for _ in range(3)] == [1, 0, 0]
    assert InboxEvent.objects.values_list("event_id", "order_id", "repeats").get() == ("E1", "A-1", 2)
    assert WorkItem.objects.filter(job="marketplaces.apply_events").count() == 1


def test_an_order_is_fetched_once_for_many_events_and_not_when_it_was_read_since(shop, remote):
    remote.put("A-1", NOON - timedelta(minutes=26))
    deliver(shop, [body(*one) for one in HISTORY[:4]])
    events.apply(shop.pk)
    assert remote.asked.count("by_id A-1") <= 1
    with clock.frozen(NOON + timedelta(minutes=1)):
        pulls.pull(shop.pk, "orders")
        asked = len(remote.asked)
        deliver(shop, [body(*HISTORY[4])])
        events.apply(shop.pk)
    assert len(remote.asked) == asked


def test_an_event_of_something_that_we_do_not_read_is_kept_and_ignored(shop, remote):
    events.receive(shop, json.dumps({"event": "N1", "at": NOON.isoformat()}).encode(), {})
    events.apply(shop.pk)
    assert InboxEvent.objects.get().state == EventState.IGNORED


def test_a_delivery_in_which_no_event_is_found_is_kept_as_failed(shop, remote):
    assert events.receive(shop, b'{"hello": 1}', {}) == 0
    assert InboxEvent.objects.values_list("kind", "state").get() == ("unreadable", "failed")


@pytest.fixture
def queue(shop):
    with mock_aws():
        sqs = boto3.client("sqs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
        shop.settings = {"queue_url": sqs.create_queue(QueueName="orders")["QueueUrl"]}
        shop.save()
        yield sqs


def left(queue, shop):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queue.get_queue_attributes(QueueUrl=shop.settings["queue_url"], AttributeNames=names)["Attributes"]
    return [int(found[name]) for name in names]


def test_a_message_is_deleted_only_after_its_event_is_stored(shop, remote, queue):
    for one in HISTORY:
        queue.send_message(QueueUrl=shop.settings["queue_url"], MessageBody=body(*one).decode())
    assert [account.key for account in queues.accounts()] == ["shop"]
    taken = itertools.takewhile(bool, (queues.drain(shop, queue, wait_s=0) for _ in itertools.count()))
    assert sum(taken) == 6
    assert InboxEvent.objects.count() == 6
    assert left(queue, shop) == [0, 0]


def test_a_message_whose_event_could_not_be_stored_stays_in_the_queue(shop, remote, queue):
    queue.send_message(QueueUrl=shop.settings["queue_url"], MessageBody="this is no json")
    with pytest.raises(ValueError, match="Expecting value"):
        queues.drain(shop, queue, wait_s=0)
    assert left(queue, shop) == [0, 1]
