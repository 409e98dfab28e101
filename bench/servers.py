"""A database of the benchmark's own, kept apart from the product's data."""

from __future__ import annotations

import os
from pathlib import Path

import django

from config.core.embedded import Embedded

WORK = Path(__file__).parent / ".work"
SCHEMA = "bench"


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
    """An empty schema that this process works in from now on."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.set_schema(SCHEMA)


def client(key: str) -> None:
    """A client of its own with every table of the product, made anew."""
    from django.core.management import call_command
    from django.db import connection

    from config.tenants import services
    from config.tenants.models import Tenant

    connection.set_schema_to_public()
    call_command("migrate_schemas", shared=True, verbosity=0)
    for former in Tenant.objects.filter(schema_name=key):
        former.delete(force_drop=True)
    services.create(key, key.title(), domain=f"{key}.localhost")
