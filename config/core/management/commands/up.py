"""`manage.py up`: servers, schema, demo and every process of the product, until one Ctrl-C ends them all."""

import fcntl
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, Error, connections

from config.core import schedule, tasks, tenancy
from config.core.embedded import Embedded
from config.core.jobs import QUEUES
from config.core.supervisor import Program, Supervisor
from config.tenants import services as clients
from finance.fx import services as rates

TEND_EVERY_S = 0.5
WEB_WITHIN_S = 60
LOGINS = "owner / owner, or finance, operations, ads in the same way"


class Command(BaseCommand):
    help = "Run the whole product on this machine: servers, migrations, demo clients, web, workers, schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-demo", action="store_true", help="no simulated marketplaces, no demo clients")

    def handle(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        self.supervisor = Supervisor(settings.DATA_DIR)
        self.embedded: Embedded = settings.EMBEDDED
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)
        with _alone():
            try:
                self._run(demo=settings.SIMULATED and not options["without_demo"])
            except KeyboardInterrupt:
                self.say("stopping")
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                self.supervisor.stop()

    def _run(self, *, demo: bool) -> None:
        for name in self.supervisor.end_leftovers():
            self.say(f"ended {name}, left behind by an earlier run")
        if _answers(settings.PORT):
            raise CommandError(f"port {settings.PORT} is in use; choose another one: PORT=8001 make run")
        self.say("bringing the database up to date")
        call_command("migrate_schemas", verbosity=0)
        for tenant in tenancy.every_tenant():
            clients.seed_defaults(tenant)
        schedule.compile_schedule()
        if not demo:
            rates.begin()
        connections.close_all()
        for program in [*(_sandbox() if demo else []), _web(), _worker(), _events()]:
            self.supervisor.start(program)
        self._wait_for_web()
        if demo:
            self._play_history()
        self.supervisor.start(_beat())
        self._announce(demo=demo)
        while True:
            self._tend()

    def _tend(self) -> None:
        for name in self.embedded.ensure() + self.supervisor.tend():
            self.say(f"{name} died and is started again")
        time.sleep(TEND_EVERY_S)

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + WEB_WITHIN_S
        while not _answers(settings.PORT):
            if time.monotonic() > deadline:
                raise CommandError(f"the web server does not answer; see {settings.DATA_DIR / 'logs' / 'web.log'}")
            self._tend()

    def _play_history(self) -> None:
        """In a process of its own, so that the others are tended meanwhile."""
        name = "history"
        self.supervisor.start(Program(name, _manage("seed_demo"), once=True))
        while name not in self.supervisor.exit_codes:
            self._tend()
            _say_starting()
        if self.supervisor.exit_codes[name] != 0:
            raise CommandError("the simulated history could not be played; the lines above say why")
        schedule.compile_schedule()
        connections.close_all()

    def _announce(self, *, demo: bool) -> None:
        names = sorted(tenant.schema_name for tenant in tenancy.every_tenant()) if demo else []
        connections.close_all()
        lines = [f"  http://{name}.localhost:{settings.PORT}/  sign in as {LOGINS}" for name in names]
        lines.append(f"  http://localhost:{settings.PORT}/  the installation; sign in as operator / operator")
        self.say("ready; Ctrl-C stops everything")
        self.stdout.write("\n".join(lines))

    def say(self, what: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.began:6.1f} s] {what}")
        self.stdout.flush()


def _say_starting() -> None:
    """Tell whoever asks for health; a database that is just started again is told the next time."""
    with suppress(Error):
        connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()
        tasks.beat("starting")


def _manage(*words: str) -> Sequence[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]


def _sandbox() -> list[Program]:
    port = settings.SANDBOX_URL.rpartition(":")[2]
    return [Program("sandbox", _manage("sandbox", "--port", port))]


def _web() -> Program:
    options = ["--interface", "wsgi", "--host", settings.HOST, "--port", str(settings.PORT), "--no-ws"]
    options += ["--workers", "1", "--blocking-threads", "8", "--respawn-failed-workers", "--log-level", "warning"]
    argv = [sys.executable, "-m", "granian", *options, "config.wsgi:application"]
    return Program("web", argv, {"DATABASE_POOL": "true"})


def _worker() -> Program:
    options = ["--concurrency", "3", "--queues", ",".join(QUEUES), "--loglevel", "WARNING"]
    argv = [sys.executable, "-m", "celery", "-A", "config", "worker", *options, "--without-gossip", "--without-mingle"]
    return Program("worker", argv)


def _beat() -> Program:

    argv = [sys.executable, "-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile="]
    return Program("beat", argv)


def _events() -> Program:
    return Program("events", _manage("consume_events"))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def _alone() -> Iterator[None]:
    with open(settings.DATA_DIR / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"another `up` runs with {settings.DATA_DIR}; stop it or choose DATA_DIR") from error
        yield
