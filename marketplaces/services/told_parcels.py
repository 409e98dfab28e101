"""Writes about parcels that a marketplace was told of: another number, and where they are by now.

A correction's payload is that of the shipment with the new `carrier` and `tracking_number`, beside `parcel` (the key of the
write that told it) and `was` (the numbers that may stand there). News have `parcel`, `tracking_number`, `was`, `state` (our word)
and `at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from marketplaces import registry
from marketplaces.contract import CommandKind
from marketplaces.models import Account, Command, CommandState
from marketplaces.services import carriage, commands, writes

KEPT = ("external_id", "lines", "shipped_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A parcel that was told (by which write, under which number last) came into a state."""

    told: Command
    tracking_number: str
    state: str
    at: datetime

    @property
    def key(self) -> str:
        """The same news are the same write, however often they are told."""
        return f"{CommandKind.TELL_TRACKING.value}:{self.told.pk}:{self.state}:{self.at.isoformat()}"


def can_correct(account: Account) -> bool:
    """Whether the account is trusted with writes and its marketplace takes another number for a parcel it was told of."""
    return CommandKind.CORRECT_TRACKING.value in commands.possible(account)


def wanted_news(account: Account) -> frozenset[str]:
    """The states of a parcel that the marketplace wants to hear of; none where the account is not trusted with writes."""
    is_possible = CommandKind.TELL_TRACKING.value in commands.possible(account)
    return registry.get(account.marketplace).tracking_news if is_possible else frozenset()


def numbers(told: Command) -> list[str]:
    """The tracking numbers that the marketplace was told of a parcel, the last one last."""
    newer = Command.objects.filter(
        account=told.account_id, subject=told.subject, kind=CommandKind.CORRECT_TRACKING, payload__parcel=told.key
    )
    known = newer.exclude(state__in=writes.CAME_TO_NOTHING).order_by("pk")
    return [str(each.payload.get("tracking_number", "")) for each in (told, *known)]


def correct(told: Command, parcel: carriage.Carried, wish: writes.Wish) -> Command:
    """Ask for another number or carrier of a parcel; raises ValidationError where the marketplace takes none."""
    account = told.account
    if told.kind != CommandKind.CONFIRM_SHIPMENT:
        raise ValidationError("this write told no parcel")
    if told.state != CommandState.CONFIRMED:
        raise ValidationError("wait until the marketplace shows the parcel; then its number can be corrected")
    writes.require_act(account)
    if not can_correct(account):
        raise ValidationError(f"{account.label} takes no other number for a parcel that was told; ask its support")
    said = carriage.told(account, parcel)
    if not said["tracking_number"]:
        raise ValidationError("give the number of the parcel")
    kept = {name: told.payload[name] for name in KEPT if name in told.payload}
    intent = commands.Intent(
        kind=CommandKind.CORRECT_TRACKING, subject=told.subject, channel=told.channel, asked_by=wish.asked_by,
        payload={**kept, **said, "parcel": told.key, writes.WAS: numbers(told)},
        key=f"{CommandKind.CORRECT_TRACKING.value}:{wish.request_id}",
    )  # fmt: skip
    return writes.plan(account, intent)


def tell(news: Iterable[News], *, asked_by: str) -> list[Command]:
    """Tell where parcels are, each state of each moment once; the new writes."""
    wanted = {each.key: each for each in news}
    known = set(Command.objects.filter(key__in=wanted).values_list("key", flat=True))
    return [_plan(each, asked_by) for key, each in wanted.items() if key not in known]


def _plan(news: News, asked_by: str) -> Command:
    told = news.told
    payload = {
        "external_id": told.payload["external_id"], "parcel": told.key, "tracking_number": news.tracking_number,
        writes.WAS: numbers(told), "state": news.state, "at": news.at,
    }  # fmt: skip
    intent = commands.Intent(
        kind=CommandKind.TELL_TRACKING, subject=told.subject, channel=told.channel, key=news.key, payload=payload,
        asked_by=asked_by,
    )  # fmt: skip
    return commands.plan(told.account, intent)
