"""A database of the benchmark's own, kept apart from the product's data."""

from __future__ import annotations

import os
from pathlib import Path

import django

from config.core.embedded import Embedded

WORK = Path(__file__).parent / ".work"
SCHEMA = "bench"
_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"


def start() -> Embedded:
    """Start the embedded servers and Django on them; the caller releases them."""
    embedded = Embedded(WORK)
    embedded.hold()
    os.environ["DATABASE_URL"] = embedded.database_url
    os.environ["BROKER_URL"] = embedded.broker_url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    return embedded


def prepare() -> None:
    """Nothing but the tables that all clients share, and an empty schema that this process works in from now on."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_SCHEMAS)
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP SCHEMA "{name}" CASCADE')
        cursor.execute(f"CREATE SCHEMA public; CREATE SCHEMA {SCHEMA}")
    call_command("migrate_schemas", shared=True, verbosity=0)
    connection.set_schema(SCHEMA)


def client(key: str) -> None:
    """A client of its own with every table of the product."""
    from django.db import connection

    from config.tenants import services

    connection.set_schema_to_public()
    services.create(key, key.title(), domain=f"{key}.localhost")
