"""The tables of clients: what the migrations said in one empty schema is said again in the next.

Rendering all models for every migration takes some five seconds a client, its statements a tenth of that. They are
remembered for as long as the process lives, so they are always those of the migrations as they are. The empty public
schema renders nothing that only clients have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django_tenants.migration_executors import get_executor
from django_tenants.migration_executors.standard import StandardExecutor

Statement = tuple[Any, Any, bool]
PASSING = ("SELECT ", "SET SEARCH_PATH", "SAVEPOINT", "RELEASE SAVEPOINT")
PARTIAL = ("app_label", "fake", "fake_initial", "plan", "prune", "check_unapplied")
_said: list[Statement] = []


def executor(codename: str | None = None) -> type[StandardExecutor]:
    """The one that repeats, unless another one is asked for by name."""
    found: type[StandardExecutor] = get_executor(codename)
    return Repeating if found is StandardExecutor else found


class Repeating(StandardExecutor):
    """Migrates schema by schema; a whole migration of an empty one is remembered, and repeated for other empty ones."""

    codename = "repeating"

    def run_migrations(self, tenants: list[str] | None = None) -> None:
        for schema in list(tenants or ()):
            if any(map(self.options.get, PARTIAL)) or not _is_empty(schema):
                super().run_migrations([schema])
            elif schema == self.PUBLIC_SCHEMA_NAME:
                _migrate_shared_apps()
                StandardExecutor(self.args, self.options | {"fake": True}).run_migrations([schema])
            elif _said:
                _say_again(schema)
            else:
                heard: list[Statement] = []
                with connection.execute_wrapper(_listener(heard)):
                    super().run_migrations([schema])
                _said.extend(heard)


def _migrate_shared_apps() -> None:
    """What only clients have makes no table in public, so that its migrations need only be noted there."""
    connection.set_schema_to_public()
    executor = MigrationExecutor(connection)
    shared = {app.label for app in apps.get_app_configs() if app.name in settings.SHARED_APPS}
    executor.migrate([leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] in shared])


def _is_empty(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = %s)", [schema])
        return bool(cursor.fetchone()[0])


def _listener(heard: list[Statement]) -> Callable[..., Any]:
    def listen(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
        answer = execute(statement, params, many, context)
        if not str(statement).lstrip().upper().startswith(PASSING):
            heard.append((statement, params, many))
        return answer

    return listen


def _say_again(schema: str) -> None:
    """In one transaction, with every constraint held at once: a table with checks still to come cannot be altered."""
    connection.set_schema(schema)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement, params, many in _said:
                (cursor.executemany if many else cursor.execute)(statement, params)
    finally:
        connection.set_schema_to_public()
