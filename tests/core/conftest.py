"""A job whose body is watched, and the ways in which its worker is lost."""

from datetime import timedelta

import pytest
from django.db import connection

from config.core import work
from config.core.jobs import JOBS, Job

CALLS: list[dict] = []
FAILS: list[Exception] = []


def body(**kwargs):
    CALLS.append(kwargs)
    if FAILS:
        raise FAILS.pop(0)
    return {"rows": 3}


@pytest.fixture
def job(north, monkeypatch):
    CALLS.clear()
    FAILS.clear()
    row = Job(key="tests.body", call="tests.core.conftest.body", why="a body to watch", max_attempts=2)
    monkeypatch.setitem(JOBS._items, row.key, row)
    monkeypatch.setattr(work, "LEASE", timedelta(milliseconds=10))
    return row


def lose_the_lease(*, with_the_database=False):
    """The lease just ran out, of a worker that was last seen after (or before) the database started."""
    seen = "pg_postmaster_start_time() - interval '1 second'" if with_the_database else "now() - 2 * interval '10 ms'"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE core_workitem SET lease_until = {seen} + interval '10 ms'")  # noqa: S608 - constants
