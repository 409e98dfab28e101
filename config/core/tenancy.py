"""Which client's schema we are in, and the only two ways to change it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from django.db import connection as django_connection
from django_tenants.utils import get_public_schema_name, get_tenant_model

from config.core.registry import Registry

# django-tenants puts the schema on the connection at run time, where type stubs do not see it.
connection: Any = django_connection


class MissingTenant(RuntimeError):
    """Work that belongs to a client was asked for without naming one, or for one that is gone or suspended."""


TENANT_DEFAULTS: Registry[Callable[[], None]] = Registry("default for new clients")


def schema() -> str:
    """The schema that statements go to now, `public` included."""
    return str(connection.schema_name)


def current() -> str:
    """Schema name of the client we work for; raises MissingTenant in `public`."""
    if schema() == get_public_schema_name():
        raise MissingTenant("no client is selected; wrap the call in in_tenant(schema)")
    return schema()


def find(name: str) -> Any:
    """The active client of this schema; raises MissingTenant when unknown or not active."""
    tenant = get_tenant_model().objects.filter(schema_name=name).first() if name else None
    if tenant is None or name == get_public_schema_name():
        raise MissingTenant(f"no client has the schema {name!r}")
    if not tenant.is_active:
        raise MissingTenant(f"client {name!r} is {tenant.status}; resume it first")
    return tenant


@contextmanager
def in_tenant(name: str) -> Iterator[Any]:
    """Work inside one client's schema, proven by asking the database; the former schema returns afterwards."""
    former = connection.tenant
    with in_public():
        tenant = find(name)
    connection.set_tenant(tenant)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            if cursor.fetchone()[0] != name:
                raise MissingTenant(f"the database is not in schema {name!r}")
        yield tenant
    finally:
        connection.set_tenant(former)


@contextmanager
def in_public() -> Iterator[None]:
    """Work on the shared tables: clients, job overrides, heartbeats."""
    former = connection.tenant
    connection.set_schema_to_public()
    try:
        yield
    finally:
        connection.set_tenant(former)


def every_tenant() -> list[Any]:
    """All active clients, by schema name; the word to search for where code looks across clients."""
    with in_public():
        return list(get_tenant_model().objects.active().exclude(schema_name=get_public_schema_name()))


def key(*parts: object) -> str:
    """A cache or lock key that carries the client."""
    return ":".join([current(), *map(str, parts)])


def take_turn(*parts: object, is_shared: bool = False) -> None:
    """Wait for the client's lock of this name, which ends with the transaction; those who share it meet only the others."""
    suffix = "_shared" if is_shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{suffix}(hashtextextended(%s, 0))", [key(*parts)])


def file_path(*parts: str) -> PurePosixPath:
    """A relative path for a stored file, under the client's own folder."""
    return PurePosixPath(current(), *parts)


class TenantFilter(logging.Filter):
    """Puts the client on each log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.tenant = schema()
        return True
