"""The bank of the demo: what each marketplace paid out, as the file that a client downloads from its bank."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from finance.services import deposits
from marketplaces.sandbox.world import World

Booking = tuple[str, str, str, str, str]


def receive(world: World, until: datetime) -> int:
    """Import the bookings of one client up to a moment, as its finance lead would; returns how many are new."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(deposits.COLUMNS)
    writer.writerows(_bookings(world, until))
    return deposits.import_deposits(io.BytesIO(text.getvalue().encode())).new


def _bookings(world: World, until: datetime) -> Iterator[Booking]:
    for account in world.stages:
        statements = (world.statement(account, period) for period in world.periods(account, until))
        for paid in (s for s in statements if s.deposit_on <= until.date()):
            reference = f"payout {paid.serial}"
            yield account, paid.deposit_on.isoformat(), str(paid.total.amount), paid.currency, reference
