"""Serve the simulated marketplaces over HTTP on this machine, and push their events to the product."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from granian import Granian
from granian.constants import Interfaces

from marketplaces.sandbox import process


class Command(BaseCommand):
    help = "Serve the simulated marketplaces"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(settings.SANDBOX_URL.rpartition(":")[2] or 9100))
        parser.add_argument("--origin", type=date.fromisoformat, help="first day of the worlds (kept once chosen)")
        parser.add_argument("--error-rate", type=float, default=process.ERROR_RATE)

    def handle(self, *, port: int, origin: date | None, error_rate: float, **_: Any) -> None:
        process.keep_origin(process.open_overlay(), origin)
        os.environ[process.ERROR_RATE_VARIABLE] = str(error_rate)
        Granian(
            "marketplaces.sandbox.process:application",
            address="127.0.0.1",
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=4,
            respawn_failed_workers=True,
            log_access=False,
        ).serve()
