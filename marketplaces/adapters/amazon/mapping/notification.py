"""The envelope of a notification, in both casings, bare, inside a queue message, or as the detail of a bus event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from marketplaces.adapters.amazon.mapping.nodes import Node
from marketplaces.adapters.amazon.mapping.values import Unreadable

_WRAPPERS = ("detail", "Body", "Message")
_BATCHES = ("Messages", "Records")


@dataclass(frozen=True, slots=True)
class Envelope:
    """`event_id` is unique over all types: the same message delivered twice has it twice."""

    kind: str
    event_id: str
    happened_at: datetime | None
    payload: Node
    raw: Any


def is_message(raw: Any) -> bool:
    """Whether this is a notification, or what a queue (as text) or a bus wraps it in."""
    if not isinstance(raw, dict):
        return False
    node = Node(raw)
    wrapped = (node.get(wrapper) for wrapper in _WRAPPERS)
    return node.has("NotificationType", "detail", *_BATCHES) or any(isinstance(inner, str) for inner in wrapped)


def messages(raw: Any) -> list[Any]:
    """The messages of a list, of what a queue hands out at once, or the one that this is."""
    if isinstance(raw, dict):
        batch = Node(raw).get(*_BATCHES)
        return batch if isinstance(batch, list) else [raw]
    return raw if isinstance(raw, list) else [raw]


def envelopes(raw: Any) -> Iterator[Any]:
    """Every notification of a document; a piece that is none is handed on as it came, to be rejected by its reader."""
    for item in messages(raw):
        try:
            yield envelope(item)
        except ValueError:
            yield _NotOne(item)


@dataclass(frozen=True, slots=True)
class _NotOne:
    """Stands for a message that is no notification; asking it for anything says so."""

    raw: Any

    @property
    def kind(self) -> str:
        raise Unreadable("the message is not a notification: it has no notification type and payload")


def envelope(raw: Any) -> Envelope:
    """Unwrap one message; Unreadable when there is no notification in it."""
    node = Node(raw, "message")
    for wrapper in _WRAPPERS:
        inner = node.get(wrapper)
        if inner is not None and not node.has("NotificationType"):
            return envelope(_parsed(inner))
    kind = node.need("NotificationType")
    identity = node.node("NotificationMetadata").text("NotificationId")
    return Envelope(kind, f"{kind}:{identity or _digest(raw)}", node.moment("EventTime"), node.node("Payload"), raw)


def _parsed(inner: Any) -> Any:
    if not isinstance(inner, str):
        return inner
    try:
        return json.loads(inner, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the message inside is not JSON: {error}") from None


def _digest(raw: Any) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode()).hexdigest()[:32]
