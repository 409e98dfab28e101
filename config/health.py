"""GET /healthz: do database, broker, workers and the schedule live, and how late is the oldest work?"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.core import clock, tenancy
from config.core.jobs import QUEUES
from config.core.models import Heartbeat

log = logging.getLogger(__name__)
PATH = "/healthz"
SILENT_AFTER = {"worker:": timedelta(seconds=20), "beat": timedelta(seconds=30), "starting": timedelta(seconds=30)}


class HealthMiddleware:
    """Answers before anyone asks for a client, so that any host name and address may ask."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.rstrip("/") != PATH:
            return self.get_response(request)
        found = report()
        return JsonResponse(found, status=200 if found["ok"] else 503)


def report() -> dict[str, Any]:
    """Each part with `ok`, and how old its last sign of life is; of a part that cannot be asked the kind of fault.

    Anybody may ask, so addresses and the rest of the fault are in the log alone.

    `starting` is true, and well, while the demo's history is played: the schedule begins after it.
    """
    parts = {"database": _asked(_database), "broker": _asked(_broker)}
    parts |= {"workers": _asked(lambda: _alive("worker:")), "beat": _asked(_schedule)}
    is_starting = bool(parts["beat"].pop("starting", False))
    return {
        "ok": all(part["ok"] for part in parts.values()), "starting": is_starting, **parts, "work": _asked(_work),
    }  # fmt: skip


def _asked(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return question()
    except (Error, redis.RedisError) as error:
        log.warning("health_unknown error=%s", f"{type(error).__name__}: {error}".splitlines()[0])
        return {"ok": False, "why": type(error).__name__}


def _database() -> dict[str, Any]:
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def _broker() -> dict[str, Any]:
    with redis.Redis.from_url(settings.BROKER_URL, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as broker:
        broker.ping()
        waiting = sum(broker.llen(queue) for queue in QUEUES)
    return {"ok": True, "messages": waiting}


def _alive(prefix: str) -> dict[str, Any]:
    """Ages by the database's clock, which is the one that wrote them."""
    found = Heartbeat.objects.filter(name__startswith=prefix).annotate(age=Now() - F("at"))
    ages = [age for age in found.values_list("age", flat=True) if age < timedelta(days=1)]
    alive = [age for age in ages if age <= SILENT_AFTER[prefix]]
    age = round(min(ages).total_seconds(), 1) if ages else None
    return {"ok": bool(alive), "alive": len(alive), "age_s": age}


def _schedule() -> dict[str, Any]:
    found = _alive("beat")
    is_starting = not found["ok"] and _alive("starting")["ok"]
    return {**found, "ok": True, "starting": True} if is_starting else found


def _work() -> dict[str, Any]:
    """Product time that the oldest due item of any client has been waiting; 0 when nothing waits."""
    oldest = min(filter(None, _oldest_due()), default=None)
    lag = (clock.now() - oldest).total_seconds() if oldest else 0.0
    return {"ok": True, "lag_s": round(max(lag, 0.0), 1)}


def _oldest_due() -> list[datetime | None]:
    """One statement for all clients, each answered from an index."""
    schemas = ["public", *(tenant.schema_name for tenant in tenancy.every_tenant())]
    one = sql.SQL("SELECT min(due_at) FROM {}.core_workitem WHERE state = 'ready' AND due_at <= %(now)s")
    query = sql.SQL(" UNION ALL ").join(one.format(sql.Identifier(schema)) for schema in schemas)
    with connection.cursor() as cursor:
        cursor.execute(query, {"now": clock.now()})
        return [row[0] for row in cursor.fetchall()]
