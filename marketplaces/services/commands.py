"""The outbox: every write to a marketplace is a row first, sent once, and believed only after a read-back."""

from __future__ import annotations

from collections.abc import Mapping
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
from marketplaces.contract import Capability, Client, CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.models import Account, AccountStage, AccountStatus, Command, CommandState
from marketplaces.services import connections, records

CHECK_AFTER = (timedelta(0), timedelta(minutes=5), timedelta(hours=1))
NEEDS = {
    CommandKind.SET_PRICE: Capability.WRITE_PRICE,
    CommandKind.SET_STOCK: Capability.WRITE_STOCK,
    CommandKind.CONFIRM_SHIPMENT: Capability.CONFIRM_SHIPMENT,
}
REPLACING = frozenset({CommandKind.SET_PRICE, CommandKind.SET_STOCK})
_WAITING = (CommandState.SENT, CommandState.ACCEPTED, CommandState.UNKNOWN)
_FAILED = (CommandState.REJECTED, CommandState.SUPERSEDED)


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
    """Kinds of writes that the account is trusted with and its marketplace takes."""
    if account.stage != AccountStage.ACT:
        return set()
    capabilities = registry.get(account.marketplace).capabilities
    return {kind.value for kind, capability in NEEDS.items() if capability in capabilities}


def plan(account: Account, intent: Intent) -> Command:
    """Write the intent down, once per account and key; an older unsent price or quantity of the same is superseded.

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
        if is_new and intent.kind in REPLACING:
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
    if account.status != AccountStatus.ACTIVE or account.stage != AccountStage.ACT:
        return {"held": 1}
    taken = Command.objects.filter(pk=command_id, state=CommandState.PLANNED)
    planned = taken.first()
    if newer := planned and newer_than(planned):
        taken.update(state=CommandState.SUPERSEDED, reason=f"replaced by command {newer.pk}", next_check_at=None)
    if not taken.update(state=CommandState.SENT, sent_at=clock.now(), next_check_at=clock.now() + CHECK_AFTER[1]):
        return {"skipped": 1}
    command = Command.objects.select_related("account").get(pk=command_id)
    with connections.opened(account, _recorder(command)) as client:
        _settle(command, _sent(client, command))
    return {command.state: 1}


def _recorder(command: Command) -> connections.Recorder:
    return connections.Recorder(command.account, command_id=command.pk, about=command.subject)


def newer_than(command: Command) -> Command | None:
    """The latest price or quantity wished for the same subject after this one; a shipment is replaced by none."""
    if command.kind not in REPLACING:
        return None
    return _same(command).filter(pk__gt=command.pk).order_by("-pk").first()


def _same(command: Command) -> QuerySet[Command]:
    return Command.objects.filter(
        account=command.account_id, kind=command.kind, subject=command.subject, channel=command.channel
    )


def _sent(client: Client, command: Command) -> Outcome:
    try:
        return client.send(outbound(command))
    except Rejected as error:
        return Outcome(OutcomeState.REJECTED, str(error))
    except (NeedsOperator, Transient) as error:
        if isinstance(error, NeedsOperator | RateLimited) or error.code == transport.NOT_SENT:
            Command.objects.filter(pk=command.pk).update(state=CommandState.PLANNED, sent_at=None, reason=str(error))
            raise
        return Outcome(OutcomeState.UNKNOWN, str(error))


def outbound(command: Command) -> Outbound:
    """The command as an adapter takes it."""
    payload = command.payload
    return Outbound(
        kind=CommandKind(command.kind), key=command.key, channel=command.channel, payload=payload,
        sku=str(payload.get("sku", "")), external_id=str(payload.get("external_id", "")),
    )  # fmt: skip


def _settle(command: Command, outcome: Outcome) -> None:
    """Keep the answer. Accepted and unknown are read back at once, after five minutes and after an hour."""
    command.answer = {**command.answer, clock.now().isoformat(): plain.plain(outcome.answer)}
    command.reason = outcome.reason
    command.remote_ref = outcome.remote_ref or command.remote_ref
    command.state = CommandState(outcome.state.value)
    with transaction.atomic():
        if outcome.state is OutcomeState.CONFIRMED:
            command.confirmed_at, command.next_check_at = clock.now(), None
            _read_order_again(command)
        elif outcome.state is OutcomeState.REJECTED:
            command.next_check_at = None
            announce(signals.command_failed, command_id=command.pk)
        else:
            command.next_check_at = _next_check(command)
        command.save()


def _read_order_again(command: Command) -> None:
    """What was shipped changes what is left to ship, so a confirmed parcel has its order read."""
    if command.kind == CommandKind.CONFIRM_SHIPMENT and records.can_fetch(command.account):
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
    later(
        "marketplaces.confirm_command", account_id=command.account_id, command_id=command.pk, due_at=due,
        dedupe=f"confirm:{command.pk}:{command.attempts}",
    )  # fmt: skip
    return due


def confirm(account_id: int, command_id: int) -> dict[str, int]:
    """Read back what became of a write; only this makes it confirmed. An unknown write that is not there is resent."""
    command = Command.objects.select_related("account").get(pk=command_id, account=account_id)
    if command.state not in _WAITING:
        return {"skipped": 1}
    was_unknown = command.state in (CommandState.UNKNOWN, CommandState.SENT)
    with connections.opened(command.account, _recorder(command)) as client:
        outcome = client.read_back(outbound(command), command.remote_ref)
    command.attempts += 1
    if was_unknown and outcome.state is OutcomeState.REJECTED and command.attempts < len(CHECK_AFTER):
        return _resend(command)
    _settle(command, outcome)
    return {command.state: 1}


def _resend(command: Command) -> dict[str, int]:
    """The read-back shows that the write never arrived: it is planned anew, under the same key."""
    command.state, command.sent_at, command.next_check_at = CommandState.PLANNED, None, None
    with transaction.atomic():
        command.save()
        later("marketplaces.send_command", account_id=command.account_id, command_id=command.pk)
    return {"resent": 1}


def sweep() -> dict[str, int]:
    """Ask again for what was planned or waits for a read-back and whose work item is gone."""
    ready = Command.objects.filter(account__status=AccountStatus.ACTIVE, account__stage=AccountStage.ACT)
    planned = ready.filter(state=CommandState.PLANNED).values_list("account_id", "pk")
    due = ready.filter(state__in=_WAITING, next_check_at__lte=clock.now()).values_list("account_id", "pk")
    asked = [later("marketplaces.send_command", account_id=a, command_id=c) for a, c in planned]
    asked += [later("marketplaces.confirm_command", account_id=a, command_id=c) for a, c in due]
    return {"asked": sum(item is not None for item in asked)}
