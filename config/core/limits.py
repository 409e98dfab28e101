"""Token buckets and circuit breakers that all workers share: one unlogged row per account and operation.

The rows are touched on a connection of our own that commits at once; inside a task's transaction the row lock would
hold up every other worker until that task ends. Time is the product's clock, so a simulated day has its day of calls.
"""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import psycopg
from django.db import connections

from config.core import clock
from config.core.errors import RateLimited, Transient

OPEN_AFTER = 5
OPEN_FOR = timedelta(seconds=30)
OPEN_AT_MOST = timedelta(minutes=15)

CREATE_TABLE = """
CREATE UNLOGGED TABLE IF NOT EXISTS public.limit_bucket (
    key text PRIMARY KEY,
    tokens double precision NOT NULL,
    rate double precision NOT NULL,
    burst double precision NOT NULL,
    learned_rate double precision,
    updated_at timestamptz NOT NULL,
    open_until timestamptz,
    failures integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70)
"""

# A clock that was set back (the demo begins anew) must not leave buckets empty until the old time returns.
_WAS_SET_BACK = "b.updated_at > %(now)s + interval '1 minute'"
_FILLED = f"""CASE WHEN {_WAS_SET_BACK} THEN %(burst)s ELSE least(%(burst)s, b.tokens
    + greatest(0, extract(epoch FROM %(now)s - b.updated_at)) * coalesce(b.learned_rate, %(rate)s)) END"""
_TAKE = f"""
INSERT INTO public.limit_bucket AS b (key, tokens, rate, burst, updated_at)
VALUES (%(key)s, %(burst)s - %(cost)s, %(rate)s, %(burst)s, %(now)s)
ON CONFLICT (key) DO UPDATE SET tokens = {_FILLED} - %(cost)s, rate = %(rate)s, burst = %(burst)s,
    updated_at = CASE WHEN {_WAS_SET_BACK} THEN %(now)s ELSE greatest(b.updated_at, %(now)s) END,
    open_until = CASE WHEN {_WAS_SET_BACK} THEN NULL ELSE b.open_until END
WHERE {_FILLED} >= %(cost)s AND (b.open_until IS NULL OR b.open_until <= %(now)s OR {_WAS_SET_BACK})
RETURNING failures
"""  # noqa: S608 - made of the constants above
_UNTIL = f"""
SELECT greatest(open_until, %(now)s + make_interval(secs =>
    greatest(0, %(cost)s - {_FILLED}) / coalesce(learned_rate, %(rate)s)))
FROM public.limit_bucket AS b WHERE key = %(key)s
"""  # noqa: S608 - made of the constants above
_LEARN = "UPDATE public.limit_bucket SET learned_rate = %(rate)s WHERE key = %(key)s"
_PENALISE = """
INSERT INTO public.limit_bucket AS b (key, tokens, rate, burst, updated_at, open_until)
VALUES (%(key)s, 0, %(rate)s, %(burst)s, %(now)s, %(until)s)
ON CONFLICT (key) DO UPDATE SET tokens = least(b.tokens, 0), updated_at = greatest(b.updated_at, %(now)s),
    open_until = greatest(b.open_until, %(until)s)
"""
_FAILED = """
UPDATE public.limit_bucket SET failures = failures + 1, open_until = CASE WHEN failures + 1 >= %(open_after)s
    THEN greatest(open_until, %(now)s + least(%(at_most)s,
        %(open_for)s * power(2, least(failures + 1 - %(open_after)s, 10))))
    ELSE open_until END
WHERE key = %(key)s
"""
_RECOVERED = "UPDATE public.limit_bucket SET failures = 0 WHERE key = %(key)s AND failures > 0"


class Bucket(Protocol):
    """A declared limit: tokens a second, and at most how many at once."""

    @property
    def rate(self) -> Decimal: ...

    @property
    def burst(self) -> int: ...


def key_of(tenant: str, account: str, operation: str) -> str:
    return f"{tenant}:{account}:{operation}"


def take(key: str, limit: Bucket, cost: int = 1) -> int:
    """Take tokens and return how many calls failed in a row before; RateLimited says when they will be there."""
    if cost > limit.burst:
        raise ValueError(f"{key}: a call of {cost} tokens never fits a bucket of {limit.burst}")
    values = _values(key, limit) | {"cost": cost}
    taken = _connection.run(_TAKE, values)
    if taken:
        return int(taken[0][0])
    until = _connection.run(_UNTIL, values)
    moment = until[0][0] if until else clock.now() + timedelta(seconds=1)
    raise RateLimited(f"the limit of {key} is used up until {moment:%H:%M:%S}", until=moment)


def learn(key: str, rate: Decimal) -> None:
    """Use the rate that the marketplace says it grants, in calls a second, instead of the declared one."""
    if rate > 0:
        _connection.run(_LEARN, {"key": key, "rate": float(rate)})


def penalise(key: str, limit: Bucket, until: datetime) -> None:
    """Stop every worker's calls of this key until then, because one of them was refused."""
    _connection.run(_PENALISE, _values(key, limit) | {"until": until})


def failed(key: str) -> None:
    """Count a failure of the other side; from the fifth in a row the circuit opens, longer each time."""
    values = {"open_after": OPEN_AFTER, "open_for": OPEN_FOR, "at_most": OPEN_AT_MOST}
    _connection.run(_FAILED, values | {"key": key, "now": clock.now()})


def recovered(key: str) -> None:
    _connection.run(_RECOVERED, {"key": key})


def _values(key: str, limit: Bucket) -> dict[str, Any]:
    return {"key": key, "rate": float(limit.rate), "burst": float(limit.burst), "now": clock.now()}


class _Connection:
    """One autocommit connection per process, opened anew after a fork or a restart of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._address: dict[str, Any] = {}
        self._open: psycopg.Connection[Any] | None = None

    def run(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._rows(statement, values)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self._open = None
            try:
                return self._rows(statement, values)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                self._open = None
                raise Transient("the database that keeps the call limits does not answer") from error

    def _rows(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        cursor = self._connected().execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def _connected(self) -> psycopg.Connection[Any]:
        parameters = connections["default"].get_connection_params()
        address: dict[str, Any] = {
            name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters
        }
        if self._open is None or self._open.closed or self._pid != os.getpid() or self._address != address:
            self._open = psycopg.connect(**address, autocommit=True, connect_timeout=5)
            self._pid, self._address = os.getpid(), address
        return self._open


_connection = _Connection()
