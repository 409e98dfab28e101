"""`python -m bench [NAME ...]`: measure against the limit and against what one would pick instead, in one run."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from bench import servers
from bench.result import Result

LATEST = Path(__file__).parent / "latest.json"
BENCHES = {
    "land_order_lines_new": "bench.land_order_lines.new",
    "land_order_lines_same": "bench.land_order_lines.same",
    "match_settlement_lines": "bench.match_settlement_lines.run",
    "one_sku_growth": "bench.parity_delta.growth",
    "parity_delta": "bench.parity_delta.run",
    "oversell_race": "bench.oversell_race.run",
    "parse_statement_peak_mb": "bench.parse_statement_peak.run",
    "profit_day_growth": "bench.profit_day.growth",
    "reconcile_full": "bench.reconcile.full",
    "reconcile_increment_growth": "bench.reconcile.growth",
    "stock_to_command_p95": "bench.stock_to_command.p95",
}


def main(wanted: list[str]) -> None:
    embedded = servers.start()
    try:
        servers.prepare()
        results = [_measured(name) for name in wanted or BENCHES]
    finally:
        embedded.release()
    if not wanted:
        LATEST.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n")


def _measured(name: str) -> Result:
    module, _, function = BENCHES[name].rpartition(".")
    result: Result = getattr(import_module(module), function)()
    limit = f"limit {result.limit_seconds:.2f} s, ratio {result.ratio:.2f}" if result.limit_seconds else ""
    value = "" if result.value is None else f"value {result.value:g}"
    print(f"{result.name:<26} {result.rows:>9,} rows  {result.seconds:>7.2f} s  {limit}  {value}", flush=True)
    for tool, taken in result.instead.items():
        print(f"{'':<26} {tool:<40} {taken:>7.2f} s, {taken / result.seconds:.1f} times as long", flush=True)
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
