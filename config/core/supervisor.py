"""Keeps a set of programs running: starts them, starts again what died, stops all, and leaves no process behind."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.core import files

STOP_WITHIN_S = 15
SETTLED_AFTER_S = 30
LONGEST_PAUSE_S = 10
LOG_LIMIT = 10_000_000


@dataclass(frozen=True)
class Program:
    """One process to keep. `once` programs run to their end, speak to the terminal, and are not started again."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


@dataclass
class Running:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    failures: int = 0


class Supervisor:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "processes.json"
        self.running: dict[str, Running] = {}
        self.waiting: dict[str, tuple[float, Program, int]] = {}
        self.exit_codes: dict[str, int] = {}

    def start(self, program: Program, failures: int = 0) -> None:
        with open(self._log(program), "ab") as log:
            process = subprocess.Popen(
                program.argv,
                env=os.environ | program.env,
                stdin=subprocess.DEVNULL,
                stdout=None if program.once else log,
                stderr=None if program.once else subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[program.name] = Running(program, process, time.monotonic(), failures)
        self._write_record()

    def tend(self) -> list[str]:
        """Start again what died, after a pause that grows with its failures; returns the names of what died."""
        dead = [each for each in self.running.values() if each.process.poll() is not None]
        for each in dead:
            _signal_group(each.process.pid, signal.SIGKILL)
            del self.running[each.program.name]
            if each.program.once:
                self.exit_codes[each.program.name] = each.process.returncode
            else:
                self._schedule(each)
        now = time.monotonic()
        for name, (at, program, failures) in list(self.waiting.items()):
            if at <= now:
                del self.waiting[name]
                self.start(program, failures)
        return [each.program.name for each in dead if not each.program.once]

    def stop(self) -> None:
        """Ask every group to end, in the reverse order of their start; kill what does not."""
        self.waiting.clear()
        groups = [each.process.pid for each in reversed(self.running.values())]
        _end(groups, lambda: [each.process.poll() for each in self.running.values()])
        self.running.clear()
        self.record.unlink(missing_ok=True)

    def end_leftovers(self) -> list[str]:
        """End what a killed supervisor left behind; a process id counts only with the birth time written beside it."""
        if not self.record.exists():
            return []
        written = json.loads(self.record.read_text())
        alive = {name: pid for name, (pid, born) in written.items() if _born(pid) == born}
        _end(list(alive.values()), lambda: None)
        self.record.unlink()
        return sorted(alive)

    def _schedule(self, each: Running) -> None:
        lived = time.monotonic() - each.started_at
        failures = 0 if lived > SETTLED_AFTER_S else each.failures + 1
        pause = min(0.25 * 2**failures, LONGEST_PAUSE_S)
        self.waiting[each.program.name] = (time.monotonic() + pause, each.program, failures)

    def _log(self, program: Program) -> Path:
        log = self.folder / "logs" / f"{program.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        return log

    def _write_record(self) -> None:
        pids = {name: each.process.pid for name, each in self.running.items()}
        files.write_private(self.record, json.dumps({name: (pid, _born(pid)) for name, pid in pids.items()}))


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def _end(leaders: Sequence[int], reap: Callable[[], object]) -> None:
    """Ask each leader, who knows how to end its children; what is left of its group after that is killed."""
    for leader in leaders:
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN_S
    while any(map(_lives, leaders)) and time.monotonic() < deadline:
        reap()
        time.sleep(0.05)
    for leader in leaders:
        _signal_group(leader, signal.SIGKILL)
    reap()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _lives(pid: int) -> bool:
    """One that only waits to be buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
