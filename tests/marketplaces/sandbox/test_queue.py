import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import boto3
import pytest

from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.queue import MessageQueue
from marketplaces.sandbox.wsgi import headers_of, request_of


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def queue_url(overlay: Overlay) -> Iterator[str]:
    queue = MessageQueue(overlay)

    def application(environ, start_response):
        request = request_of(environ)
        answer = queue.answer(request)
        start_response(f"{answer.status} ok", headers_of(answer))
        return [answer.body]

    with make_server("127.0.0.1", 0, application, handler_class=Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/_queue/north/wide"
        server.shutdown()


@pytest.fixture
def sqs(queue_url):
    endpoint = queue_url.partition("/_queue")[0]
    return boto3.client(
        "sqs", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
    )


def test_it_hands_out_a_message_once_until_it_is_deleted(sqs, queue_url):
    sqs.send_message(QueueUrl=queue_url, MessageBody='{"a": 1}')
    got = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in got] == ['{"a": 1}']
    assert "Messages" not in sqs.receive_message(QueueUrl=queue_url)
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=got[0]["ReceiptHandle"])
    left = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == "0"


def test_it_hands_out_a_message_again_when_it_was_not_deleted_in_time(sqs, queue_url):
    sqs.send_message(QueueUrl=queue_url, MessageBody="again")
    first = sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=0)["Messages"][0]
    second = sqs.receive_message(QueueUrl=queue_url)["Messages"][0]
    assert (first["MessageId"], first["Body"]) == (second["MessageId"], second["Body"])


def test_it_keeps_queues_apart(sqs, queue_url):
    sqs.send_message(QueueUrl=queue_url, MessageBody="mine")
    assert "Messages" not in sqs.receive_message(QueueUrl=queue_url.replace("north", "south"))


def test_it_gives_at_most_ten_at_once(sqs, queue_url, overlay):
    for number in range(12):
        MessageQueue(overlay).push("north/wide", str(number))
    got = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in got] == [str(number) for number in range(10)]
