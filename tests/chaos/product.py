"""The whole product in processes of its own, on its own folder and port, with hands that kill."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests
from django.conf import settings
from psycopg.rows import tuple_row

from config.core.embedded import Embedded
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.process import keep_origin

LOOK_EVERY_S = 0.1


class TookTooLong(AssertionError):
    """Something did not happen in its time."""


def until(holds: Callable[[], Any], within: float, what: str) -> Any:
    deadline = time.monotonic() + within
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise TookTooLong(f"{what}: not within {within:.0f} s")
        time.sleep(LOOK_EVERY_S)
    return found


@dataclass
class Health:
    """What /healthz said, asked all the time: (moment, status), 0 where nobody answered."""

    url: str
    seen: list[tuple[float, int]]
    stopped: threading.Event

    def watch(self) -> None:
        while not self.stopped.wait(0.25):
            self.seen.append((time.monotonic(), self.ask()))

    def ask(self) -> int:
        try:
            return requests.get(self.url, timeout=5).status_code
        except requests.RequestException:
            return 0


class Product:
    """`manage.py up` with a small demo: `accounts` (keys of one client) and `days` of history."""

    def __init__(self, home: Path, client: str, accounts: list[str], days: int) -> None:
        self.home, self.client, self.days = home, client, days
        self.port = _free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
        self.environment = kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev", "DATA_DIR": str(home), "PORT": str(self.port),
            "DEMO_DAYS": str(days), "DEMO_ACCOUNTS": ",".join(accounts), "WORK_LEASE_S": "9",
            "SANDBOX_ERROR_RATE": "0",
        }  # fmt: skip
        self.output = home / "output.txt"

    def start(self) -> None:
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=settings.BASE_DIR, env=self.environment, stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def says(self, word: str) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(
                f"the product ended with {self.process.returncode}:\n{self.output.read_text()[-3000:]}"
            )
        return word in self.output.read_text()

    @property
    def origin(self) -> date:
        return keep_origin(Overlay(self.home / "sandbox.sqlite3"))

    @property
    def end_of_history(self) -> datetime:
        return datetime.combine(self.origin, datetime.min.time(), UTC) + timedelta(days=self.days)

    def pid_of(self, what: str, rng: random.Random) -> int | None:
        """The process to kill: a server, the worker, or one of the worker's children."""
        if what in ("postgres", "redis"):
            return json.loads((self.home / "embedded.json").read_text())["pids"].get(what)
        pid, _ = json.loads((self.home / "processes.json").read_text())["worker"]
        if what == "worker":
            return pid
        children = psutil.Process(pid).children()
        return rng.choice(children).pid if children else None

    def kill(self, what: str, rng: random.Random) -> None:
        pid = until(lambda: self._alive(what, rng), 30, f"a living {what}")
        os.kill(pid, signal.SIGKILL)

    def _alive(self, what: str, rng: random.Random) -> int | None:
        try:
            pid = self.pid_of(what, rng)
            return pid if pid and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
        except (psutil.NoSuchProcess, FileNotFoundError, KeyError):
            return None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the client's own tables; none while the database is away."""
        try:
            with psycopg.connect(
                Embedded(self.home).database_url, connect_timeout=3, row_factory=tuple_row
            ) as database:
                database.execute(f"SET search_path TO {self.client}, public")
                return database.execute(query).fetchall()
        except psycopg.OperationalError:
            return []

    @contextmanager
    def watched(self) -> Iterator[Health]:
        health = Health(f"http://127.0.0.1:{self.port}/healthz", [], threading.Event())
        thread = threading.Thread(target=health.watch, daemon=True)
        thread.start()
        try:
            yield health
        finally:
            health.stopped.set()
            thread.join(10)

    def everyone(self) -> list[psutil.Process]:
        return [self.parent, *self.parent.children(recursive=True)]

    @property
    def parent(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    def interrupt(self) -> list[psutil.Process]:
        """Press Ctrl-C; returns who still lives when the product says that it has ended."""
        everyone = self.everyone()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(45)
        return [each for each in everyone if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]

    def remove(self) -> None:
        if self.process.poll() is None:
            self.interrupt()
        subprocess.run(
            [sys.executable, "manage.py", "reset", "--yes"], cwd=settings.BASE_DIR, env=self.environment, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
