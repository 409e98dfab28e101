"""The PostgreSQL and Redis that come with the installed wheels: started, reused, healed and stopped as own processes.

Addresses and passwords are chosen once and kept in `embedded.json`, so that every process finds the same servers.
A shared file lock counts the users; whoever leaves last stops the servers.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TextIO

from config.core import files
from config.core.servers import Postgres, Redis, Server
from config.core.supervisor import Supervisor

KINDS = {"DATABASE_URL": Postgres, "BROKER_URL": Redis}
PORTS = ("postgres", "redis", "sandbox")
START_WITHIN_S = 90


@dataclass
class State:
    """What must be the same for every process and every start; the ports change only when a stranger took one."""

    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    ports: dict[str, int] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)


class Embedded:
    """The servers of one data folder. `durable=False` trades safety on power loss for speed: for tests only."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self.durable = durable
        self.kinds: list[type[Server]] = list(KINDS.values())
        self._held: TextIO | None = None

    @classmethod
    def for_what_is_missing(cls, home: Path) -> "Embedded":
        """Only the servers whose address the environment does not give."""
        embedded = cls(home)
        embedded.kinds = [kind for name, kind in KINDS.items() if not os.environ.get(name)]
        return embedded

    @cached_property
    def state(self) -> State:
        def fresh() -> str:
            return _encoded(State(ports=_free_ports(PORTS)))

        return State(**json.loads(files.write_once(self.home / "embedded.json", fresh)))

    @property
    def database_url(self) -> str:
        return f"postgresql://ninefold:{self.state.password}@127.0.0.1:{self.port('postgres')}/ninefold"

    @property
    def broker_url(self) -> str:
        return f"redis://:{self.state.password}@127.0.0.1:{self.port('redis')}/0"

    def port(self, name: str) -> int:
        return self.state.ports[name]

    def servers(self) -> list[Server]:
        return [
            kind(self.home, port=self.port(kind.name), password=self.state.password, durable=self.durable)
            for kind in self.kinds
        ]

    def ensure(self) -> list[str]:
        """Start what does not run, wait until it answers, and return the names of what was started."""
        with self._locked("embedded.lock"):
            self.__dict__.pop("state", None)
            down = [server for server in self.servers() if not server.is_running(self.state.pids.get(server.name))]
            self._move_off_taken_ports([server.name for server in down])
            for server in self.servers():
                if server.name in {each.name for each in down}:
                    self.state.pids[server.name] = _started(server)
                    files.write_private(self.home / "embedded.json", _encoded(self.state))
        return [server.name for server in down]

    def stop(self) -> None:
        with self._locked("embedded.lock"):
            self.__dict__.pop("state", None)
            for server in self.servers():
                server.stop(self.state.pids.get(server.name))

    def remove(self) -> None:
        """Delete all that the servers keep. Stop them first."""
        for server in self.servers():
            server.remove()

    def hold(self) -> None:
        """Start the servers and keep them for as long as this process lives."""
        self._held = self._open("users.lock")
        fcntl.flock(self._held, fcntl.LOCK_SH)
        self.ensure()

    def release(self) -> None:
        """Give up our hold; the last user stops the servers."""
        if self._held is None:
            return
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()
        except BlockingIOError:
            pass
        finally:
            self._held.close()
            self._held = None

    def _move_off_taken_ports(self, names: list[str]) -> None:
        for name in names:
            if _is_taken(self.port(name)):
                self.state.ports |= _free_ports((name,))

    def _open(self, name: str) -> TextIO:
        self.home.mkdir(parents=True, exist_ok=True)
        return open(self.home / name, "w")

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with self._open(name) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _started(server: Server) -> int:
    """The process id, once the server answers. A server whose children outlived it may refuse for some seconds."""
    deadline = time.monotonic() + START_WITHIN_S
    process = server.start()
    while not server.answers():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{server.name} did not start; the end of {server.log} says:\n{server.log_tail()}")
        if process.poll() is not None:
            time.sleep(0.5)
            process = server.start()
        time.sleep(0.05)
    server.prepare()
    return process.pid


def _encoded(state: State) -> str:
    return json.dumps(asdict(state))


def _free_ports(names: tuple[str, ...]) -> dict[str, int]:
    """Ports that nobody listens on; all are held open together so that they differ."""
    sockets = {name: socket.socket() for name in names}
    for each in sockets.values():
        each.bind(("127.0.0.1", 0))
    ports = {name: each.getsockname()[1] for name, each in sockets.items()}
    for each in sockets.values():
        each.close()
    return ports


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def reset(data: Path) -> None:
    """End what runs on this data folder and delete it, the cluster included."""
    Supervisor(data).end_leftovers()
    for embedded in (Embedded(data), Embedded(data / "test", durable=False)):
        if embedded.home.exists():
            embedded.stop()
            embedded.remove()
    shutil.rmtree(data, ignore_errors=True)
