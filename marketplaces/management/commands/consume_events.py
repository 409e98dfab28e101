"""`consume_events`: long-polls the event queue of every account of every client until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from config.core import tenancy
from marketplaces.models import Account
from marketplaces.services import queues

log = logging.getLogger(__name__)
LOOK_EVERY_S = 30
PAUSE_S = 15


class Command(BaseCommand):
    help = "Take order events from the accounts' queues; stop with Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        listeners: dict[tuple[str, str], threading.Thread] = {}
        while not stop.is_set():
            for name in _wanted():
                if name not in listeners or not listeners[name].is_alive():
                    listeners[name] = threading.Thread(target=_listen, args=(*name, stop), daemon=True)
                    listeners[name].start()
            stop.wait(LOOK_EVERY_S)
        for thread in listeners.values():
            thread.join(timeout=2)


def _wanted() -> list[tuple[str, str]]:
    """Client and account of every queue there is; none while the database is away."""
    found = []
    try:
        for tenant in tenancy.every_tenant():
            with tenancy.in_tenant(tenant.schema_name):
                found += [(tenant.schema_name, account.key) for account in queues.accounts()]
    except (DatabaseError, tenancy.MissingTenant) as error:
        log.warning("queues_unknown error=%s", type(error).__name__)
        connection.close()
    return found


def _listen(schema: str, key: str, stop: threading.Event) -> None:
    """Drain one queue until told to stop, or until its account is gone or paused; the caller starts it again."""
    try:
        with tenancy.in_tenant(schema):
            account = Account.objects.prefetch_related("credentials").get(key=key)
            queue = queues.connect(account)
            while not stop.is_set() and not Account.objects.get(pk=account.pk).is_paused:
                queues.drain(account, queue)
    except (BotoCoreError, ClientError, DatabaseError, tenancy.MissingTenant, Account.DoesNotExist) as error:
        log.warning("queue_lost tenant=%s account=%s error=%s", schema, key, type(error).__name__)
        stop.wait(PAUSE_S)
    finally:
        connection.close()
