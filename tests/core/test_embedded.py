"""The embedded servers: real PostgreSQL and Redis, in a folder of their own."""

import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.core.embedded import Embedded
from config.core.servers import ONCE


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    embedded = Embedded(tmp_path_factory.mktemp("servers"))
    embedded.hold()
    yield embedded
    embedded.stop()
    embedded.remove()


def ask(embedded: Embedded, question: str) -> object:
    with psycopg.connect(embedded.database_url) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def test_it_speaks_utf8_and_utc(embedded):
    assert (
        ask(embedded, "SELECT current_setting('server_encoding') || ' ' || current_setting('timezone')") == "UTF8 UTC"
    )


def test_it_reuses_servers_that_run(embedded):
    before = dict(embedded.state.pids)
    assert Embedded(embedded.home).ensure() == []
    assert embedded.state.pids == before


def test_it_keeps_committed_rows_when_postgresql_was_killed(embedded):
    with psycopg.connect(embedded.database_url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    port = embedded.port("postgres")
    os.kill(embedded.state.pids["postgres"], signal.SIGKILL)
    assert embedded.ensure() == ["postgres"]
    assert embedded.port("postgres") == port
    assert ask(embedded, "SELECT n FROM kept") == 7


def test_it_starts_redis_again_when_it_was_killed(embedded):
    os.kill(embedded.state.pids["redis"], signal.SIGKILL)
    assert embedded.ensure() == ["redis"]
    with redis.Redis.from_url(embedded.broker_url) as broker:
        assert broker.ping() is True


def test_it_refuses_whoever_has_no_password(embedded):
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=embedded.port("postgres"), user="ninefold", dbname="ninefold")
    with redis.Redis(port=embedded.port("redis"), retry=ONCE) as broker, pytest.raises(redis.AuthenticationError):
        broker.ping()


def test_it_keeps_passwords_for_its_owner_alone(embedded):
    assert stat.S_IMODE((embedded.home / "embedded.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((embedded.home / "redis" / "redis.conf").stat().st_mode) == 0o600


def test_it_moves_to_another_port_when_a_stranger_took_its_own(tmp_path):
    embedded = Embedded(tmp_path, durable=False)
    embedded.kinds = [kind for kind in embedded.kinds if kind.name == "redis"]
    with socket.create_server(("127.0.0.1", embedded.port("redis"))) as stranger:
        taken = stranger.getsockname()[1]
        embedded.hold()
        assert json.loads((tmp_path / "embedded.json").read_text())["ports"]["redis"] != taken
        embedded.release()


def test_it_stops_the_servers_when_the_last_user_leaves(tmp_path):
    first, second = Embedded(tmp_path, durable=False), Embedded(tmp_path, durable=False)
    first.kinds = second.kinds = [kind for kind in first.kinds if kind.name == "redis"]
    first.hold()
    second.hold()
    first.release()
    assert second.servers()[0].answers()
    second.release()
    assert not second.servers()[0].answers()


@pytest.mark.parametrize("given", ["DATABASE_URL", "BROKER_URL"])
def test_it_leaves_out_the_server_whose_address_is_given(given, tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("BROKER_URL", raising=False)
    monkeypatch.setenv(given, "somewhere")
    left = {"DATABASE_URL": ["redis"], "BROKER_URL": ["postgres"]}[given]
    assert [server.name for server in Embedded.for_what_is_missing(tmp_path).servers()] == left
    assert [Path(server.home) for server in Embedded.for_what_is_missing(tmp_path).servers()] == [tmp_path]
