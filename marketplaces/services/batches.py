"""Many writes at once: planned as a set, sent and read back by one client per account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from config.core import clock
from config.core.bulk import Table, land
from config.core.errors import RateLimited, Transient
from config.core.work import later
from marketplaces import registry, subjects, wording
from marketplaces.contract import FIELDS, Client, Outcome, OutcomeState, Page, Writing
from marketplaces.models import Account, Command, CommandState, RunReason
from marketplaces.services import commands, connections, followers, offers, pulls, together
from marketplaces.services.failures import Failures
from marketplaces.wording import Noise

LISTINGS = "listings"
WRITABLE = tuple(FIELDS)
"""Every field of an offer that some marketplace may take."""
_SUPERSEDE = """
UPDATE marketplaces_command older SET state = 'superseded', reason = 'replaced by command ' || newer.id
FROM marketplaces_command newer
WHERE newer.id = ANY(%s) AND older.account_id = newer.account_id AND older.subject = newer.subject
  AND older.kind = newer.kind AND older.channel = newer.channel AND older.state = 'planned' AND older.id < newer.id
  AND older.payload ->> 'external_id' = newer.payload ->> 'external_id'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one field should say (a price as text), and when its offer was last seen, where that is known."""

    field: str
    value: Any
    key: str
    sku: str
    external_id: str
    channel: str = ""
    currency: str = ""
    asked_by: str = ""
    offer_seen_at: datetime | None = None


def writable(account: Account) -> set[str]:
    """The fields of an offer that the account is trusted with and its marketplace takes."""
    possible = commands.possible(account)
    return {field for field, kind in FIELDS.items() if kind.value in possible}


def beyond(account: Account, field: str, value: str) -> str:
    """Why the account's marketplace takes no such value (as it is stored) of a field; empty where it does."""
    bounds = registry.get(account.marketplace).writes.get(field, Writing())
    told = _too_cheap_or_dear(Decimal(value), bounds) if field == "price" else _unfit(field, value, bounds)
    return f"the marketplace takes no {told}; nothing is sent" if told else ""


def _too_cheap_or_dear(price: Decimal, bounds: Writing) -> str:
    if bounds.least is not None and price < bounds.least:
        return f"price below {bounds.least:f}"
    return f"price above {bounds.most:f}" if bounds.most is not None and price > bounds.most else ""


def _unfit(field: str, value: str, bounds: Writing) -> str:
    """What is too much or too little in texts and lists: pieces, characters of each, or a word that is no choice."""
    said = wording.read(field, value)
    pieces = list(said.values()) if isinstance(said, dict) else said if isinstance(said, list) else [said]
    if bounds.least is not None and len(pieces) < bounds.least:
        return f"fewer than {bounds.least:f} {field}"
    if bounds.most is not None and len(pieces) > bounds.most:
        return f"more than {bounds.most:f} {field}; these are {len(pieces)}"
    for piece in pieces:
        if len(piece) < bounds.shortest:
            return f"{field} shorter than {bounds.shortest} characters; {piece[:40]!r} has {len(piece)}"
        if bounds.longest is not None and len(piece) > bounds.longest:
            return f"{field} longer than {bounds.longest} characters; {piece[:40]!r}… has {len(piece)}"
        if bounds.choices and piece not in bounds.choices:
            return f"{field} {piece!r}; it is one of {', '.join(bounds.choices)}"
    return ""


def hints(account: Account) -> dict[str, str]:
    """The words that the account's marketplace takes of an offer, each with its bounds as people read them."""
    written = registry.get(account.marketplace).writes
    return {field: _hint(bounds) for field, bounds in written.items() if field not in ("price", "quantity")}


def lacking(account: Account) -> dict[str, str]:
    """The fields that the account's marketplace does not take of an offer, each with what to do about it."""
    adapter = registry.get(account.marketplace)
    return {field: adapter.instead.get(field, "leave it out") for field in WRITABLE if field not in adapter.writes}


def _hint(bounds: Writing) -> str:
    told = [
        f"at most {bounds.most:f}" if bounds.most is not None else "",
        f"up to {bounds.longest} characters" + (" each" if bounds.most is not None else "") if bounds.longest else "",
        f"one of {', '.join(bounds.choices)}" if bounds.choices else "",
    ]
    return "; ".join(filter(None, told))


def alters(account_id: int) -> dict[str, frozenset[Noise]]:
    """What the account's marketplace does by itself to the texts of each field."""
    adapter = registry.get(Account.objects.get(pk=account_id).marketplace)
    return {field: bounds.alters for field, bounds in adapter.writes.items()}


def most_units() -> dict[str, int]:
    """The largest number of units that each marketplace shows; those without one are left out."""
    bounds = {adapter.key: adapter.writes.get("quantity", Writing()).most for adapter in registry.all_adapters()}
    return {key: int(most) for key, most in bounds.items() if most is not None}


def plan(account: Account, batch: str, wanted: Iterable[Planned]) -> dict[str, int]:
    """Write down many wishes in two statements; the new commands by their keys. Older unsent ones are superseded."""
    table = Table(
        name="marketplaces_command",
        columns=("account_id", "kind", "key", "subject", "channel", "payload", "asked_by", "offer_seen_at", "batch"),
        key=("account_id", "key"),
        update=(),
        newer=None,
        returning=("id", "key"),
        on_insert={
            "state": CommandState.PLANNED, "attempts": 0, "given_back": 0, "reason": "", "remote_ref": "", "answer": "{}",
            "planned_at": clock.now(),
        },
    )  # fmt: skip
    with transaction.atomic():
        landed = land(table, (_row(account, batch, each) for each in wanted))
        made = {key: pk for pk, key in landed.inserted_ids}
        with connection.cursor() as cursor:
            cursor.execute(_SUPERSEDE, [list(made.values())])
        if made and commands.is_trusted(account):
            later("marketplaces.send_planned", account_id=account.pk)
    return made


def _row(account: Account, batch: str, wanted: Planned) -> tuple[object, ...]:
    payload = {
        "sku": wanted.sku, "external_id": wanted.external_id, wanted.field: wanted.value, "currency": wanted.currency,
    }  # fmt: skip
    return (
        account.pk, FIELDS[wanted.field].value, wanted.key, subjects.sku(wanted.sku), wanted.channel, payload,
        wanted.asked_by, wanted.offer_seen_at, batch,
    )  # fmt: skip


def send_planned(account_id: int) -> dict[str, int]:
    """Send what waits in batches, oldest first, as many in a call as it may carry; what is left is another run's.

    One that cannot leave is passed over for the others, and comes after them next time.
    """
    account = Account.objects.get(pk=account_id)
    if not commands.is_trusted(account):
        return {"held": 1}
    recorder = connections.Recorder(account)
    failures = Failures()
    with connections.opened(account, recorder) as client:
        sending = together.Sending(client, recorder, account, failures)
        sending.run()
    failures.tell()
    if sending.is_more:
        later("marketplaces.send_planned", account_id=account.pk)
    return dict(sending.counts)


def look_again(account_id: int) -> dict[str, int]:
    """Read back what is due: batched writes until they show, confirmed ones again later."""
    account = Account.objects.get(pk=account_id)
    if account.is_paused:
        return {"held": 1}
    due = Command.objects.filter(account=account, next_check_at__lte=clock.now())
    due = due.exclude(state__in=commands.WAITING, batch="")
    most = together.looks_at_once(account)
    ids = list(due.order_by("next_check_at", "pk").values_list("pk", flat=True)[:most])
    counts: Counter[str] = Counter()
    pages: list[Page] = []
    recorder = connections.Recorder(account)
    failures = Failures()
    with connections.opened(account, recorder) as client:
        with failures.passed_over():
            together.look_ahead(client, recorder, account, ids)
        for pk in ids:
            with failures.passed_over():
                counts.update(_look(client, recorder, pk, pages))
    if pages and any(resource.key == LISTINGS for resource in registry.get(account.marketplace).resources):
        pulls.take_in(account, LISTINGS, pages, reason=RunReason.READ_BACK)
    failures.tell()
    if len(ids) == most:
        later("marketplaces.look_again", account_id=account.pk)
    return dict(counts)


def _look(client: Client, recorder: connections.Recorder, command_id: int, pages: list[Page]) -> dict[str, int]:
    """Read one write back; one that cannot be read back now comes after the others next time."""
    command = Command.objects.select_related("account").get(pk=command_id)
    try:
        return _looked(client, recorder, command, pages)
    except Transient as error:
        if not isinstance(error, RateLimited):
            due = clock.now() + commands.CHECK_AFTER[1]
            Command.objects.filter(pk=command_id).update(next_check_at=due)
            offers.look_at(command.account_id, [due])
        raise


def _looked(client: Client, recorder: connections.Recorder, command: Command, pages: list[Page]) -> dict[str, int]:
    if command.state in commands.WAITING:
        return commands.confirm_by(client, recorder, command)
    if command.state != CommandState.CONFIRMED or commands.newer_than(command):
        Command.objects.filter(pk=command.pk).update(next_check_at=None)
        return {"overtaken": 1}
    recorder.turn_to_command(command)
    if page := client.offer(commands.outbound(command)):
        pages.append(page)
    return _judge_again(command, client.read_back(commands.outbound(command), command.remote_ref))


def _judge_again(command: Command, outcome: Outcome) -> dict[str, int]:
    """Whether what was confirmed still stands."""
    with transaction.atomic():
        if outcome.state is OutcomeState.CONFIRMED:
            command.next_check_at = due = offers.look_again_at(command)
            offers.look_at(command.account_id, [due] if due else [])
        else:
            command.state, command.reason, command.next_check_at = CommandState.DRIFTED, outcome.reason, None
        command.save()
        followers.tell([command.pk])
    return {command.state: 1}
