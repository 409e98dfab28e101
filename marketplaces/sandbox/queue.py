"""A small message queue that speaks the JSON protocol of SQS, so that boto3 works against it."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay

MEDIA_TYPE = "application/x-amz-json-1.0"
VISIBILITY_S = 30
LONGEST_WAIT_S = 5.0
MOST_AT_ONCE = 10


class MessageQueue:
    """Messages live in the overlay; time is real time, because consumers are real processes."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self._operations: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateQueue": self._queue_url,
            "GetQueueUrl": self._queue_url,
            "SendMessage": self._send,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "ChangeMessageVisibility": self._change_visibility,
            "PurgeQueue": self._purge,
            "GetQueueAttributes": self._attributes,
        }
        self._base_url = ""

    def answer(self, request: Request) -> Answer:
        """Do the operation that the target header names."""
        name = request.headers.get("x-amz-target", "").rpartition(".")[2]
        operation = self._operations.get(name)
        if operation is None:
            return _answer(400, {"__type": "UnsupportedOperation", "message": f"no {name!r} here"})
        self._base_url = request.base_url
        return _answer(200, operation(json.loads(request.body or b"{}")))

    def push(self, queue: str, body: str) -> int:
        """Put a message into a queue by name; returns its number."""
        rows = self._overlay.run("insert into message (queue, body) values (?, ?) returning id", (queue, body))
        return int(rows[0][0])

    def _queue_url(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"QueueUrl": f"{self._base_url}/{call['QueueName']}"}

    def _send(self, call: dict[str, Any]) -> dict[str, Any]:
        number = self.push(_name(call), call["MessageBody"])
        return {"MessageId": str(number), "MD5OfMessageBody": _md5(call["MessageBody"])}

    def _receive(self, call: dict[str, Any]) -> dict[str, Any]:
        until = time.monotonic() + min(float(call.get("WaitTimeSeconds", 0)), LONGEST_WAIT_S)
        most = min(int(call.get("MaxNumberOfMessages", 1)), MOST_AT_ONCE)
        while True:
            taken = self._take(_name(call), most, int(call.get("VisibilityTimeout", VISIBILITY_S)))
            if taken or time.monotonic() >= until:
                return {"Messages": taken} if taken else {}
            time.sleep(0.2)

    def _take(self, queue: str, most: int, hidden_s: int) -> list[dict[str, Any]]:
        now, receipt = time.time(), uuid.uuid4().hex
        rows = self._overlay.run(
            "update message set visible_at = ?, receipt = ?, received = received + 1 where id in"
            " (select id from message where queue = ? and visible_at <= ? order by id limit ?)"
            " returning id, body, received",
            (now + hidden_s, receipt, queue, now, most),
        )
        return [
            {
                "MessageId": str(number),
                "ReceiptHandle": f"{number}:{receipt}",
                "MD5OfBody": _md5(body),
                "Body": body,
                "Attributes": {"ApproximateReceiveCount": str(received)},
            }
            for number, body, received in sorted(rows)
        ]

    def _delete(self, call: dict[str, Any]) -> dict[str, Any]:
        self._overlay.run("delete from message where id = ? and receipt = ?", _receipt(call))
        return {}

    def _change_visibility(self, call: dict[str, Any]) -> dict[str, Any]:
        visible_at = time.time() + int(call["VisibilityTimeout"])
        self._overlay.run(
            "update message set visible_at = ? where id = ? and receipt = ?", (visible_at, *_receipt(call))
        )
        return {}

    def _purge(self, call: dict[str, Any]) -> dict[str, Any]:
        self._overlay.run("delete from message where queue = ?", (_name(call),))
        return {}

    def _attributes(self, call: dict[str, Any]) -> dict[str, Any]:
        rows = self._overlay.run("select count(*) from message where queue = ?", (_name(call),))
        return {"Attributes": {"ApproximateNumberOfMessages": str(rows[0][0])}}


def _name(call: dict[str, Any]) -> str:
    """A queue's name is what follows the mount point in its address."""
    return str(call["QueueUrl"]).rpartition("/_queue/")[2]


def _receipt(call: dict[str, Any]) -> tuple[str, str]:
    number, _, receipt = call["ReceiptHandle"].partition(":")
    return number, receipt


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(body).encode(), MEDIA_TYPE)
