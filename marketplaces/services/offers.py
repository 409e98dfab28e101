"""Whether an offer exists where we write to it, and when a written one is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.core import clock
from config.core.work import later
from marketplaces.contract import Client, Outbound
from marketplaces.models import Command

PROVEN_FOR = timedelta(hours=24)
AGAIN_AFTER = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24))
"""After the sending: some marketplaces take a write, and find fault with it or lose it later."""
MINUTE = timedelta(minutes=1)


def is_there(client: Client, command: Command, outbound: Outbound) -> bool:
    """Whether the marketplace knows the offer: shown within a day, else asked for now."""
    since = clock.now() - PROVEN_FOR
    same = Command.objects.filter(account=command.account_id, subject=command.subject, channel=command.channel)
    if same.filter(offer_seen_at__gte=since).exists():
        return True
    if client.offer(outbound) is None:
        return False
    command.offer_seen_at = clock.now()
    return True


def look_again_at(command: Command) -> datetime | None:
    """Have a confirmed write looked at again; None when the last look is done."""
    sent_at, now = command.sent_at or command.planned_at, clock.now()
    due = next((at for span in AGAIN_AFTER if (at := sent_at + span) > now), None)
    if due:
        look_at(command, due)
    return due


def look_at(command: Command, due: datetime) -> None:
    """One work item for all writes of an account that are due in the same minute."""
    late = due if due <= clock.now() else due.replace(second=0, microsecond=0) + MINUTE
    later(
        "marketplaces.look_again", account_id=command.account_id, due_at=late,
        dedupe=f"look_again:{command.account_id}:{late.isoformat()}",
    )  # fmt: skip
