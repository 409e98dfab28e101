"""The outbox: every write to a marketplace is a row first, sent once, and believed only after a read-back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from config.core import clock, transport
from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from config.core.events import announce
from config.core.work import later
from marketplaces import plain, registry, signals
from marketplaces.contract import FIELDS, Capability, Client, CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.models import Account, AccountStage, AccountStatus, Command, CommandState
from marketplaces.services import connections, followers, offers, records, shown

CHECK_AFTER = (timedelta(0), timedelta(minutes=5), timedelta(hours=1))
MOST_GIVEN_BACK = 8
"""So often a write may fail before it leaves; with the queue's waits between them that takes hours."""
NEEDS = {
    **dict.fromkeys(FIELDS.values(), Capability.WRITE_LISTING),
    CommandKind.SET_PRICE: Capability.WRITE_PRICE,
    CommandKind.SET_STOCK: Capability.WRITE_STOCK,
    CommandKind.CONFIRM_SHIPMENT: Capability.CONFIRM_SHIPMENT,
    CommandKind.CORRECT_TRACKING: Capability.CORRECT_TRACKING,
    CommandKind.TELL_TRACKING: Capability.TELL_TRACKING,
    CommandKind.CANCEL_UNITS: Capability.CANCEL_UNITS,
}
REPLACING = frozenset(FIELDS.values())
OVERTAKING = REPLACING | {CommandKind.CORRECT_TRACKING}
"""Of these only the newest of the same subject counts."""
OF_UNITS = frozenset({CommandKind.CONFIRM_SHIPMENT, CommandKind.CANCEL_UNITS})
WAITING = (CommandState.SENT, CommandState.ACCEPTED, CommandState.UNKNOWN)
_FAILED = (CommandState.REJECTED, CommandState.SUPERSEDED)
_ANSWERED = (
    "answer", "reason", "remote_ref", "state", "attempts", "confirmed_at", "offer_seen_at", "next_check_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A write that somebody wants. `subject` is what it changes; `key` makes a repeated wish the same command."""

    kind: CommandKind
    subject: str
    key: str
    channel: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    asked_by: str = ""


def possible(account: Account) -> set[str]:
    """Kinds of writes that the account is trusted with and its marketplace takes; of an offer, those of declared fields."""
    if account.stage != AccountStage.ACT:
        return set()
    adapter = registry.get(account.marketplace)
    untold = {kind for field, kind in FIELDS.items() if field not in adapter.writes}
    found = {kind for kind, capability in NEEDS.items() if capability in adapter.capabilities}
    return {kind.value for kind in found - untold}


def plan(account: Account, intent: Intent) -> Command:
    """Write the intent down, once per account and key; an older unsent write of the same field or number is superseded.

    A shipment replaces nothing, for each is a parcel of its own.
    Only accounts of stage `act` are written to; for others the row stays as a proposal.
    """
    if NEEDS[intent.kind] not in registry.get(account.marketplace).capabilities:
        raise ValidationError(f"{account.label} cannot do {intent.kind.value}")
    with transaction.atomic():
        command, is_new = Command.objects.get_or_create(
            account=account,
            key=intent.key,
            defaults={
                "kind": intent.kind, "subject": intent.subject, "channel": intent.channel,
                "payload": plain.plain(intent.payload), "asked_by": intent.asked_by, "planned_at": clock.now(),
            },
        )  # fmt: skip
        if is_new and intent.kind in OVERTAKING:
            older = _same(command).filter(state=CommandState.PLANNED).exclude(pk=command.pk)
            older.update(state=CommandState.SUPERSEDED, reason=f"replaced by command {command.pk}")
        if command.state == CommandState.PLANNED and account.stage == AccountStage.ACT:
            later("marketplaces.send_command", account_id=account.pk, command_id=command.pk)
    return command


def send(account_id: int, command_id: int) -> dict[str, int]:
    """Send one planned command. SENT is committed before the call; a call without an answer leaves UNKNOWN.

    One that was given back while a newer wish went out is superseded, so that the older value never comes last.
    """
    account = Account.objects.get(pk=account_id)
    if not is_trusted(account):
        return {"held": 1}
    recorder = connections.Recorder(account)
    with connections.opened(account, recorder) as client:
        return send_by(client, recorder, command_id)


def is_trusted(account: Account) -> bool:
    """Whether writes may leave for the account now."""
    return account.status == AccountStatus.ACTIVE and account.stage == AccountStage.ACT


def send_by(client: Client, recorder: connections.Recorder, command_id: int) -> dict[str, int]:
    """Send one planned command with a client that is open already."""
    taken = Command.objects.filter(pk=command_id, state=CommandState.PLANNED)
    planned = taken.first()
    if newer := planned and newer_than(planned):
        taken.update(state=CommandState.SUPERSEDED, reason=f"replaced by command {newer.pk}", next_check_at=None)
    if not taken.update(state=CommandState.SENT, sent_at=clock.now(), next_check_at=clock.now() + CHECK_AFTER[1]):
        return {"skipped": 1}
    command = Command.objects.select_related("account").get(pk=command_id)
    recorder.turn_to_command(command)
    try:
        outcome = _sent(client, command)
    except (NeedsOperator, Transient) as error:
        give_back(command, error)
        if command.state == CommandState.PLANNED:
            raise
        return {command.state: 1}
    settle([(command, outcome)])
    return {command.state: 1}


def newer_than(command: Command) -> Command | None:
    """The latest wish for the same field of an offer, or number of a parcel, after this one; a shipment has none."""
    if command.kind not in OVERTAKING:
        return None
    return _same(command).filter(pk__gt=command.pk).order_by("-pk").first()


def _same(command: Command) -> QuerySet[Command]:
    """Writes of one kind to one offer or parcel; a seller may have several offers under one SKU, an order several parcels."""
    found = Command.objects.filter(
        account=command.account_id, kind=command.kind, subject=command.subject, channel=command.channel
    )
    told = {
        f"payload__{name}": command.payload[name] for name in ("external_id", "parcel") if command.payload.get(name)
    }
    return found.filter(**told)


def _sent(client: Client, command: Command) -> Outcome:
    """The marketplace's answer; raises NeedsOperator or Transient where the write has not left."""
    try:
        if command.kind in REPLACING and not offers.is_there(client, command, outbound(command)):
            return Outcome(OutcomeState.REJECTED, f"{command.account} does not know this offer; nothing was sent")
        if command.kind not in REPLACING and (known := shown.instead(client, command, outbound(command))):
            return known
    except Rejected as error:
        return Outcome(OutcomeState.REJECTED, str(error))
    try:
        return client.send(outbound(command))
    except Rejected as error:
        return Outcome(OutcomeState.REJECTED, str(error))
    except Transient as error:
        return unanswered(error)


def unanswered(error: Transient) -> Outcome:
    """What a call that got no answer means for its writes; raises the error where they have not left."""
    if isinstance(error, RateLimited) or error.code == transport.NOT_SENT:
        raise error
    return Outcome(OutcomeState.UNKNOWN, str(error))


def give_back(command: Command, error: Exception) -> None:
    """It did not leave, so it is still planned; one that fails again and again for itself is parked for a person."""
    command.state, command.reason, command.sent_at, command.next_check_at = CommandState.PLANNED, str(error), None, None
    if not isinstance(error, NeedsOperator | RateLimited):
        command.given_back += 1
    with transaction.atomic():
        if command.given_back >= MOST_GIVEN_BACK:
            command.state = CommandState.PARKED
            command.reason = f"it could not be sent {command.given_back} times: {error}"
            announce(signals.command_failed, command_id=command.pk)
        command.save(update_fields=["state", "reason", "sent_at", "next_check_at", "given_back"])
        followers.tell([command.pk])


def outbound(command: Command) -> Outbound:
    """The command as an adapter takes it."""
    payload = command.payload
    return Outbound(
        kind=CommandKind(command.kind), key=command.key, channel=command.channel, payload=payload,
        sku=str(payload.get("sku", "")), external_id=str(payload.get("external_id", "")),
    )  # fmt: skip


def settle(answered: Sequence[tuple[Command, Outcome]]) -> None:
    """Keep the answers to writes of one account, all of them or none.

    Accepted and unknown are read back at once, after five minutes and after an hour, unless the answer is final.
    """
    with transaction.atomic():
        for command, outcome in answered:
            _take_in(command, outcome)
        found = [command for command, _ in answered]
        Command.objects.bulk_update(found, _ANSWERED)
        looked_at = [each for each in found if each.batch or each.state == CommandState.CONFIRMED]
        offers.look_at(found[0].account_id, (due for each in looked_at if (due := each.next_check_at)))
        followers.tell([command.pk for command in found])


def _take_in(command: Command, outcome: Outcome) -> None:
    command.answer = {**command.answer, clock.now().isoformat(): plain.plain(outcome.answer)}
    command.reason = outcome.reason
    command.remote_ref = outcome.remote_ref or command.remote_ref
    command.state = CommandState(outcome.state.value)
    if outcome.state is OutcomeState.CONFIRMED:
        command.confirmed_at = command.offer_seen_at = clock.now()
        command.next_check_at = offers.look_again_at(command) if command.kind in REPLACING else None
        _read_order_again(command)
    elif outcome.state is OutcomeState.REJECTED:
        command.next_check_at = None
        _read_order_again(command)
        announce(signals.command_failed, command_id=command.pk)
    else:
        command.next_check_at = None if outcome.is_final else _next_check(command)


def _read_order_again(command: Command) -> None:
    """What was shipped or cancelled, or refused because it was, changes what is left to ship: the order is read."""
    if command.kind in OF_UNITS and records.can_fetch(command.account):
        order = str(command.payload.get("external_id", ""))
        later("marketplaces.fetch_record", account_id=command.account_id, resource="orders", external_id=order)


def _next_check(command: Command) -> datetime | None:
    """When to read back next, by how often it was done; None parks the command for a person.

    One that a newer wish has overtaken cannot show any more and is nobody's failure.
    """
    if command.attempts >= len(CHECK_AFTER):
        newer = newer_than(command)
        if newer and newer.state not in _FAILED:
            command.state, command.reason = CommandState.SUPERSEDED, f"replaced by command {newer.pk}"
            return None
        command.state = CommandState.PARKED
        command.reason = command.reason or "the marketplace never showed the change"
        announce(signals.command_failed, command_id=command.pk)
        return None
    due = clock.now() + CHECK_AFTER[command.attempts]
    if not command.batch:
        later(
            "marketplaces.confirm_command", account_id=command.account_id, command_id=command.pk, due_at=due,
            dedupe=f"confirm:{command.pk}:{command.attempts}",
        )  # fmt: skip
    return due


def confirm(account_id: int, command_id: int) -> dict[str, int]:
    """Read back what became of a write; only this makes it confirmed. An unknown write that is not there is resent."""
    command = Command.objects.select_related("account").get(pk=command_id, account=account_id)
    if command.state not in WAITING:
        return {"skipped": 1}
    recorder = connections.Recorder(command.account)
    with connections.opened(command.account, recorder) as client:
        return confirm_by(client, recorder, command)


def confirm_by(client: Client, recorder: connections.Recorder, command: Command) -> dict[str, int]:
    """Read back one write with a client that is open already."""
    recorder.turn_to_command(command)
    was_unknown = command.state in (CommandState.UNKNOWN, CommandState.SENT)
    outcome = client.read_back(outbound(command), command.remote_ref)
    command.attempts += 1
    if was_unknown and outcome.state is OutcomeState.REJECTED and command.attempts < len(CHECK_AFTER):
        return _resend(command)
    settle([(command, outcome)])
    return {command.state: 1}


def _resend(command: Command) -> dict[str, int]:
    """The read-back shows that the write never arrived: it is planned anew, under the same key."""
    command.state, command.sent_at, command.next_check_at = CommandState.PLANNED, None, None
    with transaction.atomic():
        command.save()
        followers.tell([command.pk])
        later("marketplaces.send_command", account_id=command.account_id, command_id=command.pk)
    return {"resent": 1}


def sweep() -> dict[str, int]:
    """Ask again for what was planned or waits for a read-back and whose work item is gone."""
    ready = Command.objects.filter(account__status=AccountStatus.ACTIVE, account__stage=AccountStage.ACT)
    planned = ready.filter(state=CommandState.PLANNED)
    due = ready.filter(next_check_at__lte=clock.now())
    alone = planned.filter(batch="").values_list("account_id", "pk")
    waiting = due.filter(state__in=WAITING, batch="").values_list("account_id", "pk")
    asked = [later("marketplaces.send_command", account_id=a, command_id=c) for a, c in alone]
    asked += [later("marketplaces.confirm_command", account_id=a, command_id=c) for a, c in waiting]
    asked += [later("marketplaces.send_planned", account_id=a) for a in _accounts(planned.exclude(batch=""))]
    asked += [
        later("marketplaces.look_again", account_id=a) for a in _accounts(due.exclude(state__in=WAITING, batch=""))
    ]
    return {"asked": sum(item is not None for item in asked)}


def _accounts(found: QuerySet[Command]) -> list[int]:
    return list(found.order_by("account_id").values_list("account_id", flat=True).distinct())
