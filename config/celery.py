"""The Celery application. Its queues are named in the settings; an undeclared queue is an error, not a surprise."""

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, task_prerun
from django.db import close_old_connections

from config.core import heartbeats

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("ninefold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def worker_lives(sender: Any, **_: object) -> None:
    """Sent every two seconds for as long as the worker is connected and consuming."""
    heartbeats.beat("worker", sender.eventer.hostname)


@task_prerun.connect
def drop_dead_connections(**_: object) -> None:
    """Connections outlive a task; one that the database closed meanwhile is replaced before the next."""
    close_old_connections()
