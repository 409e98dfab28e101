"""Client `north` walks everything while `south` holds rows that look alike: nothing of south's is ever seen."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import logging
import logging.config
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from psycopg import sql

from config.api import router, tokens
from config.api.models import Scope
from config.core import runner, tenancy, work
from config.core.jobs import JOBS
from config.core.jobs import Scope as JobScope
from config.core.models import JobRun, WorkItem
from config.core.permissions import Role
from config.tenants import services
from tests import lookalikes

pytestmark = pytest.mark.django_db
OURS, THEIRS = "CANARY-NORTH", "CANARY-SOUTH"
MARKUP = "'\"><b>"
OPENAPI = json.loads(Path(settings.BASE_DIR, "openapi.json").read_text())


@pytest.fixture
def rows(north, south):
    cache.clear()
    with tenancy.in_tenant("south"):
        lookalikes.fill(THEIRS)
    return lookalikes.fill(OURS + MARKUP)


@pytest.fixture
def robot(rows):
    _, text = tokens.issue("walker", Scope.values)
    return Client(headers={"host": "north.localhost", "authorization": f"Bearer {text}"})


@pytest.fixture
def owner(rows):
    person = rows[settings.AUTH_USER_MODEL]
    person.is_staff = person.is_superuser = True
    person.save()
    person.groups.add(Group.objects.get_or_create(name=Role.OWNER.value)[0])
    client = Client(headers={"host": "north.localhost"}, raise_request_exception=False)
    client.force_login(person)
    return client


def text_of(answer):
    whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return whole.decode(errors="replace") + str(answer.headers)


def shows(answer):
    """Which clients' marks an answer carries."""
    return {mark for mark in (OURS, THEIRS) if mark in text_of(answer)}


def is_markup(answer):
    """Whether a page takes what a row says for its own markup."""
    return "html" in answer.headers.get("Content-Type", "") and f"{OURS}{MARKUP}" in answer.content.decode()


def views():
    return {name: view.queryset.model._meta.label for app in router.APPS for name, view in app.VIEWS.items()}


def test_it_lists_and_exports_only_its_own_rows_over_the_api(robot):
    seen = set()
    for name in views():
        for query in ("", "?format=csv"):
            answer = robot.get(f"/api/v1/{name}/{query}")
            assert answer.status_code == 200
            found = shows(answer)
            assert THEIRS not in found, name
            seen |= {name} if OURS in found else set()
    assert len(seen) > 25


def test_it_opens_only_its_own_rows_over_the_api(robot, rows):
    """South has a row of the same external id in each table, and mostly of the same number."""
    opened = set()
    for name, label in views().items():
        if f"/api/v1/{name}/{{id}}/" not in OPENAPI["paths"]:
            continue
        answer = robot.get(f"/api/v1/{name}/{rows[label].pk}/")
        assert (answer.status_code, THEIRS in shows(answer)) == (200, False), name
        opened |= {name} if OURS in shows(answer) else set()
    assert len(opened) > 25


def test_it_answers_every_question_of_the_api_from_its_own_rows(robot):
    for name in ("jobs", "status", "ticket-counts", "detectors", "sales"):
        answer = robot.get(f"/api/v1/{name}/?since=2026-10-01&until=2026-10-02")
        assert answer.status_code == 200
        assert THEIRS not in shows(answer)


def screens(patterns, prefix=""):
    """Every address of the screens with one row's number or key in it."""
    for entry in patterns:
        part = str(entry.pattern)
        if isinstance(entry, URLResolver) and not part.startswith(("api/", "admin/")):
            yield from screens(entry.url_patterns, prefix + part)
        elif isinstance(entry, URLPattern):
            yield "/" + re.sub(r"<(\w+:)?(\w+)>", _filled, prefix + part)


def _filled(found):
    kind, name = found[1] or "str:", found[2]
    numbers = {"int:": "1"}
    return numbers.get(kind, "shop" if "account" in name or name == "key" else "L-1")


def test_it_shows_only_its_own_rows_on_every_screen_and_in_every_file(owner):
    statuses = {}
    for address in dict.fromkeys(screens(get_resolver("config.urls").url_patterns)):
        for query in ("", "?format=csv"):
            answer = owner.get(address + query)
            statuses[address + query] = answer.status_code
            assert THEIRS not in shows(answer), address
            assert not is_markup(answer), address
    assert [address for address, status in statuses.items() if status >= 500] == []


def test_it_shows_only_its_own_rows_in_the_admin(owner, rows):
    for model in admin.site._registry:
        meta = model._meta
        listed = owner.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))
        assert listed.status_code in (200, 302, 403), meta.label
        assert (THEIRS in shows(listed), is_markup(listed)) == (False, False), meta.label
        if meta.label in rows:
            opened = owner.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[rows[meta.label].pk]))
            assert THEIRS not in shows(opened), meta.label


def state_of(schema):
    """A hash of every row of a client."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        for (table,) in cursor.fetchall():
            rows = sql.SQL("SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '') FROM {} t")
            cursor.execute(rows.format(sql.Identifier(schema, table)))
            found[table] = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()
    return found


def test_it_runs_every_job_of_a_client_without_touching_another(rows):
    before = state_of("south")
    ran = 0
    for key, job in JOBS:
        if job.scope == JobScope.PUBLIC or job.every is None or key.startswith("pull."):
            continue
        account_id = rows["marketplaces.Account"].pk if job.scope == JobScope.ACCOUNT else None
        runner.run("north", work.later(key, account_id=account_id, dedupe=f"isolation:{key}"))
        ran += 1
    assert ran > 10
    assert JobRun.objects.filter(work_item_id__in=WorkItem.objects.values("pk")).count() >= ran
    assert state_of("south") == before


def test_it_keeps_every_cache_key_and_file_under_its_client(north, south):
    cache.set("figure", "north's")
    with tenancy.in_tenant("south"):
        assert cache.get("figure") is None
        assert tenancy.file_path("a.txt").parts[0] == "south"
    assert tenancy.file_path("a.txt").parts[0] == "north"


def lock_of(client, *name):
    """Try for a client's lock on a connection of our own, for a moment."""
    try:
        with tenancy.in_tenant(client), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            tenancy.take_turn(*name)
    finally:
        connection.close()
    return client


def test_it_never_waits_for_a_lock_of_another_client(north, south):
    tenancy.take_turn("sales", 1)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lock_of, "south", "sales", 1).result() == "south"
        assert pool.submit(lock_of, "north", "sales", 2).result() == "north"
        with pytest.raises(OperationalError, match="lock timeout"):
            pool.submit(lock_of, "north", "sales", 1).result()


def log_handler():
    """The product's own, as its settings describe it."""
    configured = logging.config.DictConfigurator(copy.deepcopy(settings.LOGGING))
    for kind in ("filter", "formatter"):
        rows = configured.config[f"{kind}s"]
        rows.update({name: getattr(configured, f"configure_{kind}")(row) for name, row in rows.items()})
    return configured.configure_handler(configured.config["handlers"]["console"])


def test_it_puts_the_client_on_every_log_line(north, south):
    handler = log_handler()
    handler.setStream(io.StringIO())
    for client in ("north", "south"):
        with tenancy.in_tenant(client):
            handler.handle(logging.makeLogRecord({"name": "shop", "levelname": "INFO", "msg": "order_landed"}))
    assert [line.split(" ", 2)[2] for line in handler.stream.getvalue().splitlines()] == [
        "INFO shop tenant=north order_landed", "INFO shop tenant=south order_landed",
    ]  # fmt: skip


def test_it_raises_for_a_task_without_a_client(north):
    with tenancy.in_public(), pytest.raises(tenancy.MissingTenant):
        tenancy.current()
    for schema in ("", "public", "nobody"):
        with pytest.raises(tenancy.MissingTenant), tenancy.in_tenant(schema):
            pass


def test_it_refuses_a_client_that_is_suspended_or_on_its_way_out(robot, owner, north):
    for close in (services.suspend, services.remove):
        close(north, reason="left")
        assert robot.get("/api/v1/orders/").status_code == 403
        assert owner.get("/api/v1/orders/").status_code == 403
        with pytest.raises(tenancy.MissingTenant), tenancy.in_tenant("north"):
            pass


def test_it_has_no_foreign_key_from_one_schema_to_another(north):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid"
            " JOIN pg_class b ON b.oid = c.confrelid WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
        assert cursor.fetchone()[0] > 100


def test_it_has_no_table_of_a_client_in_public(north):
    private = {model._meta.db_table for model in lookalikes.tables() if model._meta.app_label != "core"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert private & {name for (name,) in cursor.fetchall()} == set()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'north'")
        assert private <= {name for (name,) in cursor.fetchall()}
