"""`manage.py seed_demo`: the demo and its history; nothing to do when it is there, goes on when it is half."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection

from config.core import schedule
from config.core.management.demo import clients, history
from marketplaces.sandbox import process, worlds
from marketplaces.sandbox.world import World

SANDBOX_WITHIN_S = 30
DATABASE_WITHIN_S = 60
MOST_OUTAGES = 20
BAR = 40


class Command(BaseCommand):
    help = "Create the demo clients and play ninety days of their history through the pipeline"

    def handle(self, **_: Any) -> None:
        if history.mark().is_done:
            self.stdout.write("the demo's history is there")
            return
        self.began, self.shown = time.monotonic(), ""
        origin = process.keep_origin(process.open_overlay())
        found = clients.wanted(worlds.build(origin))
        self._wait_for_sandbox()
        history.set_clock(history.at(origin, history.mark().day), history.RACE)
        self._play(origin, found)
        schedule.compile_schedule()
        self.stdout.write(f"\nplayed {settings.DEMO_DAYS} days in {time.monotonic() - self.began:.0f} s")

    def _play(self, origin: date, found: dict[str, World]) -> None:
        """On from the last mark whenever the database went away and came back."""
        for _ in range(MOST_OUTAGES):
            try:
                clients.ensure(found)
                history.play(origin, found, self._report)
                return
            except (OperationalError, InterfaceError) as error:
                self.stdout.write(f"\nthe database is away ({type(error).__name__}); going on when it is back")
                _wait_for_database()
        raise CommandError(f"the database went away {MOST_OUTAGES} times; see its log")

    def _wait_for_sandbox(self) -> None:
        deadline = time.monotonic() + SANDBOX_WITHIN_S
        while True:
            try:
                requests.get(f"{settings.SANDBOX_URL}/_health", timeout=2).raise_for_status()
                return
            except requests.RequestException as error:
                if time.monotonic() > deadline:
                    raise CommandError(f"no simulated marketplaces at {settings.SANDBOX_URL}: {error}") from error
            time.sleep(0.2)

    def _report(self, doing: str, day: float, left: int) -> None:
        """One line that is drawn over on a terminal; elsewhere a line per step."""
        done = "#" * round(BAR * day / settings.DEMO_DAYS)
        line = f"[{done:<{BAR}}] day {day:>4g} of {settings.DEMO_DAYS}, {doing}"
        if self.stdout.isatty():
            seconds = time.monotonic() - self.began
            self.stdout.write(f"\r{line:<80} {left:>4} left {seconds:>4.0f} s ", ending="")
            self.stdout.flush()
        elif line != self.shown:
            self.stdout.write(f"{line} ({time.monotonic() - self.began:.0f} s)")
            self.stdout.flush()
        self.shown = line


def _wait_for_database() -> None:
    deadline = time.monotonic() + DATABASE_WITHIN_S
    while True:
        connection.close()
        try:
            connection.ensure_connection()
            return
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"the database did not come back: {error}") from error
        time.sleep(0.5)
