"""Pushes what happened to those who asked for it: into a message queue, or to a webhook's address."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

import requests

from config.core import clock
from marketplaces import registry
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.view import AccountView

log = logging.getLogger(__name__)

PAUSE_S = 1.0
TOO_FAST = 600
LONGEST_BACKLOG = timedelta(hours=6)
TIMEOUT_S = 5
PUSHED = "_pushed"
SUBSCRIPTIONS = "subscriptions"


def push_for_ever(sandbox: Sandbox) -> None:
    """Push once a second. While the clock races through history nothing is pushed: polling reads that."""
    while True:
        if clock.speed() <= TOO_FAST:
            push(sandbox)
        time.sleep(PAUSE_S)


def push(sandbox: Sandbox) -> int:
    """Deliver what was sent since the last time, at most six hours of it; returns how many deliveries were made."""
    count = 0
    for world in sandbox.worlds.values():
        for account in (stage.account for stage in world.stages.values()):
            if account.has_webhooks or account.has_event_queue:
                count += _push_account(sandbox, sandbox.view(world.client, account.key))
    return count


def _push_account(sandbox: Sandbox, view: AccountView) -> int:
    """The mark moves first: what a crash swallows is found by polling, as with the real ones."""
    kept = view.get(PUSHED, "until")
    since = datetime.fromisoformat(kept["at"]) if kept else view.at
    view.put(PUSHED, "until", {"at": view.at.isoformat()})
    events = view.events(since=max(since, view.at - LONGEST_BACKLOG), until=view.at)
    bodies = [registry.part(sandbox.marketplace_of(view), "sandbox").sandbox_event(view, event) for event in events]
    return sum(_deliver(sandbox, view, body) for body in bodies)


def _deliver(sandbox: Sandbox, view: AccountView, body: bytes) -> int:
    if view.account.has_event_queue:
        sandbox.queue.push(f"{view.account.client}/{view.account.key}", body.decode())
        return 1
    headers = registry.part(sandbox.marketplace_of(view), "sandbox").sandbox_headers(body)
    addresses = [kept["url"] for _, kept in view.shelf(SUBSCRIPTIONS) if kept.get("enabled", True)]
    return sum(_post(address, body, headers) for address in addresses)


def _post(address: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        answer = requests.post(address, data=body, headers=headers, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        log.warning("push_failed address=%s error=%s", address, type(error).__name__)
        return 0
    return int(answer.ok)
