"""Whether an offer exists where we write to it, and when a written one is looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from config.core import clock
from config.core.work import later
from marketplaces.contract import Client, Outbound
from marketplaces.models import Command

PROVEN_FOR = timedelta(hours=24)
AGAIN_AFTER = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24))
"""After the sending: some marketplaces take a write, and find fault with it or lose it later."""
MINUTE = timedelta(minutes=1)


def was_seen() -> Exists:
    """Of writes: whether the marketplace showed their offer within a day."""
    same = Command.objects.filter(account=OuterRef("account"), subject=OuterRef("subject"), channel=OuterRef("channel"))
    return Exists(same.filter(offer_seen_at__gte=clock.now() - PROVEN_FOR))


def is_there(client: Client, command: Command, outbound: Outbound) -> bool:
    """Whether the marketplace knows the offer: shown within a day, else asked for now."""
    if Command.objects.filter(was_seen(), pk=command.pk).exists():
        return True
    if client.offer(outbound) is None:
        return False
    command.offer_seen_at = clock.now()
    command.save(update_fields=["offer_seen_at"])
    return True


def look_again_at(command: Command) -> datetime | None:
    """When a confirmed write is looked at again; None when the last look is done."""
    sent_at, now = command.sent_at or command.planned_at, clock.now()
    return next((at for span in AGAIN_AFTER if (at := sent_at + span) > now), None)


def look_at(account_id: int, dues: Iterable[datetime]) -> None:
    """One work item for all writes of an account that are due in the same minute."""
    now = clock.now()
    for late in {due if due <= now else due.replace(second=0, microsecond=0) + MINUTE for due in dues}:
        later(
            "marketplaces.look_again", account_id=account_id, due_at=late,
            dedupe=f"look_again:{account_id}:{late.isoformat()}",
        )  # fmt: skip
