"""Programs that die come back, and none outlives the supervisor; with real processes."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.core.supervisor import Program, Supervisor

FOREVER = Program("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"])
PARENT = Program(
    "parent",
    [sys.executable, "-c", "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"],
)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.stop()


def until(holds: Callable[[], object], within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def pid_of(supervisor: Supervisor, name: str) -> int:
    return supervisor.running[name].process.pid


def test_it_starts_a_program_again_when_it_was_killed(supervisor):
    supervisor.start(FOREVER)
    first = pid_of(supervisor, "sleeper")
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.tend() == ["sleeper"])
    until(lambda: supervisor.tend() == [] and "sleeper" in supervisor.running)
    assert pid_of(supervisor, "sleeper") != first


def test_it_waits_longer_each_time_when_a_program_keeps_dying(supervisor):
    supervisor.start(Program("broken", [sys.executable, "-c", "raise SystemExit(3)"]))
    pauses = []
    for _ in range(3):
        until(lambda: supervisor.tend() == ["broken"])
        pauses.append(round(supervisor.waiting["broken"][0] - time.monotonic(), 1))
        until(lambda: supervisor.tend() == [] and "broken" in supervisor.running)
    assert pauses == [0.5, 1.0, 2.0]


def test_it_kills_the_children_of_a_program_that_died_before_it_starts_it_again(supervisor):
    supervisor.start(PARENT)
    parent = psutil.Process(pid_of(supervisor, "parent"))
    until(parent.children)
    child = parent.children()[0]
    parent.kill()
    until(lambda: supervisor.tend() == ["parent"])
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_it_leaves_no_process_when_it_stops(supervisor):
    supervisor.start(PARENT)
    supervisor.start(FOREVER)
    parent = psutil.Process(pid_of(supervisor, "parent"))
    until(parent.children)
    everyone = [parent, *parent.children(), psutil.Process(pid_of(supervisor, "sleeper"))]
    supervisor.stop()
    until(lambda: not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in everyone))
    assert not supervisor.record.exists()


def test_it_ends_what_a_killed_supervisor_left_behind(supervisor):
    supervisor.start(FOREVER)
    left = supervisor.running.pop("sleeper").process
    successor = Supervisor(supervisor.folder)
    assert successor.end_leftovers() == ["sleeper"]
    assert left.wait(timeout=5) == -signal.SIGTERM


def test_it_spares_a_stranger_who_has_the_number_of_a_former_program(supervisor):
    supervisor.start(FOREVER)
    stranger = pid_of(supervisor, "sleeper")
    supervisor.record.write_text(json.dumps({"web": (stranger, 1.0)}))
    assert Supervisor(supervisor.folder).end_leftovers() == []
    assert psutil.Process(stranger).is_running()


def test_it_keeps_the_exit_code_of_a_program_that_runs_once(supervisor):
    supervisor.start(Program("history", [sys.executable, "-c", "raise SystemExit(4)"], once=True))
    until(lambda: supervisor.tend() == [] and "history" in supervisor.exit_codes)
    assert supervisor.exit_codes == {"history": 4}
    assert supervisor.waiting == {}
