"""`manage.py status [--json]`: clients, accounts, rows, lag, tickets and statements, for a person or a script."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.core.templatetags.ui import duration
from config.screens import status


class Command(BaseCommand):
    help = "Show every client's accounts, rows, lag per flow, open tickets and statements"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON, for scripts")

    def handle(self, **options: Any) -> None:
        found = status.installation()
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, default=str))
            return
        self.stdout.write("ready" if found["ready"] else "not ready yet")
        for client in found["clients"]:
            self._client(client)

    def _client(self, client: dict[str, Any]) -> None:
        self.stdout.write(f"\n{client['key']}")
        self.stdout.write("  rows     " + ", ".join(f"{n:,} {kind}" for kind, n in client["rows"].items()))
        self.stdout.write("  tickets  " + ", ".join(f"{t['open']} {kind}" for kind, t in client["tickets"].items()))
        for account in client["accounts"]:
            self.stdout.write(f"  {account['key']} ({account['status']})")
            for flow in account["flows"]:
                lag = f"{duration(flow['lag_s']):>6} behind" if flow["lag_s"] is not None else "   never read"
                trouble = (
                    f"{flow['rejected']} rejected, {flow['gaps']} gaps" if flow["rejected"] or flow["gaps"] else ""
                )
                self.stdout.write(f"    {flow['resource']:<14} {lag}  {flow['rows']:>7} rows  {trouble}")
        for row in client["statements"]:
            marks = ", ".join(row["flags"]) or "ties out"
            self.stdout.write(
                f"  {row['account']} {row['id']:<18} {row['total']:>12} {row['currency']}"
                f"  residual {row['residual'] or '?'}  {marks}"
            )
