"""The memory that reading a statement of a million lines takes, measured on a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.result import Result
from bench.servers import WORK

LINES = 1_000_000
ROWS_REPEATED = 20


def run() -> Result:
    """`value` is the peak in MB (all of Python and Django included), over every marketplace with flat statements."""
    WORK.mkdir(parents=True, exist_ok=True)
    results = [_measured(key, sample) for key, sample in _flat_samples()]
    peak, taken = max(results)
    return Result(name="parse_statement_peak_mb", rows=LINES, seconds=taken, value=peak)


def _flat_samples() -> list[tuple[str, Path]]:
    from marketplaces import registry

    found = ((a.key, registry.FOLDER / a.key / "samples" / "settlements.tsv") for a in registry.all_adapters())
    return [(key, sample) for key, sample in found if sample.exists()]


def _measured(key: str, sample: Path) -> tuple[float, float]:
    file = WORK / "statement.tsv"
    _grow(sample, file)
    command = [sys.executable, "-m", "bench.parse_statement_peak", key, str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout.split()
    file.unlink()
    if int(answer[0]) < LINES:
        raise AssertionError(f"{key}: only {answer[0]} of {LINES} lines were read")
    return round(int(answer[1]) / 1024, 1), round(float(answer[2]), 3)


def _grow(sample: Path, file: Path) -> None:
    """The sample's own rows, its last ones repeated well beyond a million, because some of them may not be amounts."""
    rows = sample.read_bytes().splitlines(keepends=True)
    block = b"".join(rows[-min(ROWS_REPEATED, len(rows) - 2) :])
    times = -(-LINES * 5 // (4 * block.count(b"\n")))
    with file.open("wb") as out:
        out.writelines(rows)
        for _ in range(times):
            out.write(block)


def _peak_kilobytes() -> int:
    """The most memory that this program held; getrusage would count the process that started it as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _read(key: str, file: str) -> None:
    """Run the mapper and print rows, peak kilobytes and seconds."""
    import django

    django.setup()
    from marketplaces import registry
    from marketplaces.canonical import Rejected
    from marketplaces.contract import Page

    start = time.perf_counter()
    mapper = registry.mapper(key, "settlements")
    rows = sum(not isinstance(row, Rejected) for row in mapper(Page(resource="settlements", path=file)))
    print(rows, _peak_kilobytes(), time.perf_counter() - start)


if __name__ == "__main__":
    _read(*sys.argv[1:])
