"""Two clients in a database of one's own per test process, copied from a template that is migrated once."""

import os
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.client import Client

from config.core import clock, tenancy
from config.tenants.models import Tenant
from tests import database

# A deadline per example measures the machine, not the code; a commit is judged by the same examples each time.
hypothesis.settings.register_profile("ninefold", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("ninefold")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared with, never bound
NOON = datetime(2026, 10, 2, 12, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--adapter", help="run the contract suite for this marketplace only")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left alone with it in the end."""
    items.sort(key=lambda item: item.get_closest_marker("chaos") is None)


def pytest_unconfigure() -> None:
    """The last process of the run stops the servers."""
    settings.EMBEDDED.release()


@pytest.fixture(scope="session")
def own_copy(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[database.Copy]:
    """The database of this process; whoever commits to it outside a transactional test renews it."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    with django_db_blocker.unblock():
        copy = database.Copy(f"test_{worker}_{os.getpid()}", settings.EMBEDDED.home)
        copy.renew()
    yield copy
    with django_db_blocker.unblock():
        copy.drop()


@pytest.fixture(scope="session")
def django_db_setup(own_copy: database.Copy) -> Iterator[None]:
    """Instead of migrating a test database: copy the migrated template, and copy it again after a test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: own_copy.renew())
        yield


@pytest.fixture(autouse=True)
def _at_home(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests with a database work for the client `north`, unless they enter another one."""
    asked = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if not asked and request.node.get_closest_marker("django_db") is None:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    with tenancy.in_tenant("north"):
        yield


@pytest.fixture
def north(db: None) -> Tenant:
    return Tenant.objects.get(schema_name="north")


@pytest.fixture
def south(db: None) -> Tenant:
    return Tenant.objects.get(schema_name="south")


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The clock stands still at noon (UTC) of 2 October 2026."""
    with clock.frozen(NOON) as moment:
        yield moment


@pytest.fixture
def at_north() -> Client:
    """A browser on the host of client `north`, not signed in."""
    return Client(headers={"host": "north.localhost"})


@pytest.fixture
def at_south() -> Client:
    return Client(headers={"host": "south.localhost"})


@pytest.fixture(autouse=True, scope="session")
def _no_world_outside() -> Iterator[None]:
    """A connection beyond this machine is an error in the test that opens it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True, scope="session")
def _downloads_are_pytests_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test downloads and nobody takes over goes the way of all of pytest's files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("downloads")))
        yield


@pytest.fixture(autouse=True)
def _schema_is_restored() -> Iterator[None]:
    yield
    connection.set_schema_to_public()
