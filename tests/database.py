"""The template database of the suite, and its copies. Migrations run once per state of the migration files."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psutil
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from config.tenants import services

APPS = ("config", "marketplaces", "catalog", "inventory", "finance", "advertising", "tickets")
CLIENTS = ("north", "south")


class Copy:
    """One process's own database."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder

    def renew(self) -> None:
        """Drop it and copy it afresh from the template."""
        connections.close_all()
        with _locked(self.folder), _server() as server:
            _drop_leftovers(server)
            template = _template(server)
            _drop(server, self.name)
            _execute(server, "CREATE DATABASE {} TEMPLATE {}", self.name, template)
        _use(self.name)

    def drop(self) -> None:
        connections.close_all()
        with _server() as server:
            _drop(server, self.name)


def _drop_leftovers(server: psycopg.Connection) -> None:
    """Copies end in the number of their process; those whose process is gone are dropped."""
    for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall():
        owner = name.rpartition("_")[2]
        if not (owner.isdigit() and psutil.pid_exists(int(owner))):
            _drop(server, name)


def _template(server: psycopg.Connection) -> str:
    """Name of the template for the migrations as they are now; made first when it is missing."""
    wanted = f"template_{_fingerprint()}"
    found = [row[0] for row in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%'")]
    if wanted in found:
        return wanted
    for stale in found:
        _drop(server, stale)
    _drop(server, "template")
    _execute(server, "CREATE DATABASE {}", "template")
    _use("template")
    call_command("migrate_schemas", shared=True, verbosity=0)
    for key in CLIENTS:
        services.create(key, key.title(), domain=f"{key}.localhost")
    connections.close_all()
    _execute(server, "ALTER DATABASE {} RENAME TO {}", "template", wanted)
    return wanted


def _fingerprint() -> str:
    files = sorted(file for app in APPS for file in (settings.BASE_DIR / app).rglob("migrations/*.py"))
    files += sorted(file for app in APPS for file in (settings.BASE_DIR / app).rglob("migrations/*.sql"))
    files += [settings.BASE_DIR / "requirements.txt", settings.BASE_DIR / "config" / "tenants" / "tables.py"]
    digest = sha256()
    for file in files:
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _use(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.EMBEDDED.database_url, dbname="postgres", autocommit=True) as server:
        yield server


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with open(folder / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _drop(server: psycopg.Connection, name: str) -> None:
    _execute(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(server: psycopg.Connection, statement: str, *names: str) -> None:
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
