"""What a worker adds to the application: a task per job, signs of life, and no connection that died meanwhile."""

import time
from typing import Any

from celery.signals import heartbeat_sent, task_prerun
from django.db import DatabaseError, close_old_connections, connection

from config.celery import app
from config.core import tasks

SAY_EVERY_S = 5.0

tasks.register(app)


class SignOfLife:
    """Celery's own heart beats every two seconds while the worker is connected and consuming; we pass on some beats."""

    def __init__(self) -> None:
        self.said_at = 0.0

    def __call__(self, sender: Any, **_: object) -> None:
        if time.monotonic() - self.said_at < SAY_EVERY_S:
            return
        self.said_at = time.monotonic()
        try:
            tasks.beat(f"worker:{sender.eventer.hostname}")
        except DatabaseError:
            connection.close()


heartbeat_sent.connect(SignOfLife(), weak=False)


@task_prerun.connect
def drop_dead_connections(**_: object) -> None:
    close_old_connections()
