"""Writes of one kind that leave in one call: claimed, marked and answered each for itself.

What the call as a whole is refused for (too many, or a row that spoils all) is found by halves; nobody waits for another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from config.core import clock
from config.core.errors import NeedsOperator, Rejected, Transient
from marketplaces import registry
from marketplaces.contract import FIELDS, Client, Outcome, OutcomeState
from marketplaces.models import Account, Command, CommandState
from marketplaces.services import commands, followers, offers
from marketplaces.services.connections import Recorder
from marketplaces.services.failures import Failures

AT_ONCE, MOST_LOOKS = 50, 200
MOST = 1_000
SUSPECT_FOR = timedelta(days=1)
EVERY = Q()
_SAME = {name: OuterRef(name) for name in ("account", "subject", "kind", "channel")}
_SUPERSEDE = """
UPDATE marketplaces_command SET state = 'superseded', reason = 'replaced by command ' || newer.id, next_check_at = NULL
FROM (SELECT mine.id AS older_id, max(later.id) AS id
      FROM marketplaces_command mine
      JOIN marketplaces_command later ON later.account_id = mine.account_id AND later.subject = mine.subject
       AND later.kind = mine.kind AND later.channel = mine.channel AND later.id > mine.id
       AND later.payload ->> 'external_id' = mine.payload ->> 'external_id'
      WHERE mine.id = ANY(%(ids)s) GROUP BY mine.id) AS newer
WHERE marketplaces_command.id = newer.older_id AND state = 'planned'
"""
_CLAIM = """
UPDATE marketplaces_command SET state = 'sent', sent_at = %(now)s, next_check_at = %(check_at)s
WHERE id = ANY(%(ids)s) AND state = 'planned' RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A planned write. One `goes_alone` that was given back, whose offer nobody saw for a day, or whose former write
    came to nothing that anybody knows: where that lies in itself, it must not spoil the others again."""

    id: int
    kind: str
    channel: str
    offer: str
    goes_alone: bool


@dataclass
class Sending:
    """One run over what waits in batches; `is_more` when it left something for another one."""

    client: Client
    recorder: Recorder
    account: Account
    failures: Failures
    counts: Counter[str] = field(default_factory=Counter)
    is_more: bool = False

    def run(self) -> None:
        """What is ready leaves first; then those whose offers nobody saw for a day, when these were asked for."""
        unseen = self._unseen()
        new = Q(pk__in=[command.pk for command in unseen])
        self._send(~new)
        for command in unseen:
            with self.failures.passed_over():
                self._ask(command)
        self._send(new & Q(given_back=0))

    def _unseen(self) -> list[Command]:
        """Writes that would leave with others, had anybody seen their offers within a day."""
        waiting = _waiting(self.account).select_related("account").filter(~offers.was_seen(), given_back=0)
        return list(waiting.filter(kind__in=_several(self.account))[:MOST])

    def _ask(self, command: Command) -> None:
        """One that cannot be asked about now comes after the others next time; one that is not there goes alone."""
        self.recorder.turn_to_command(command)
        try:
            with suppress(Rejected):
                offers.is_there(self.client, command, commands.outbound(command))
        except Transient as error:
            commands.give_back(command, error)
            raise

    def _send(self, which: Q) -> None:
        found = calls(self.account, which)
        for ids in found[:AT_ONCE]:
            with self.failures.passed_over():
                self.counts.update(send(self.client, self.recorder, ids))
        self.is_more = self.is_more or len(found) > AT_ONCE or sum(map(len, found)) == MOST


def calls(account: Account, which: Q = EVERY) -> list[list[int]]:
    """What waits in batches, oldest first and given back ones last, as the ids of each call."""
    since = clock.now() - SUSPECT_FOR
    parked = Command.objects.filter(**_SAME, state=CommandState.PARKED, planned_at__gte=since)
    goes_alone = ~offers.was_seen() | Q(given_back__gt=0) | Exists(parked)
    found = _waiting(account).filter(which).annotate(goes_alone=ExpressionWrapper(goes_alone, BooleanField()))
    rows = found.values_list("pk", "kind", "channel", "payload__external_id", "goes_alone")
    return grouped((Waiting(*row) for row in rows[:MOST]), sizes(account))


def sizes(account: Account) -> dict[str, int]:
    """How many writes of each kind one call may carry."""
    written = registry.get(account.marketplace).writes
    return {FIELDS[name].value: writing.together for name, writing in written.items()}


def _several(account: Account) -> list[str]:
    """The kinds of which one call carries several."""
    return [kind for kind, size in sizes(account).items() if size > 1]


def _waiting(account: Account) -> QuerySet[Command]:
    waiting = Command.objects.filter(account=account, state=CommandState.PLANNED).exclude(batch="")
    return waiting.order_by("given_back", "pk")


def grouped(waiting: Iterable[Waiting], sizes: Mapping[str, int]) -> list[list[int]]:
    """Calls in the order of their first writes: of one kind and channel, up to its size, no offer twice in one."""
    made: list[list[int]] = []
    filling: dict[tuple[str, str], tuple[list[int], set[str]]] = {}
    for each in waiting:
        ids, passed = filling.get((each.kind, each.channel), ([], set()))
        if each.goes_alone:
            made.append([each.id])
        elif ids and len(ids) < sizes.get(each.kind, 1) and each.offer not in passed:
            ids.append(each.id)
        else:
            made.append(ids := [each.id])
            filling[each.kind, each.channel] = ids, (passed := set())
        passed.add(each.offer)
    return made


def send(client: Client, recorder: Recorder, ids: Sequence[int]) -> dict[str, int]:
    """Send planned writes in one call, which their client may break into smaller ones."""
    if len(ids) == 1:
        return commands.send_by(client, recorder, ids[0])
    claimed = _claimed(ids)
    counts = Counter({"skipped": len(ids) - len(claimed)} if len(claimed) < len(ids) else {})
    waiting = [claimed] if claimed else []
    try:
        while waiting:
            recorder.turn_to_commands(waiting[-1])
            outcomes = _sent(client, waiting[-1])
            part = waiting.pop()
            if outcomes is None:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]
                continue
            commands.settle(list(zip(part, outcomes, strict=True)))
            counts.update(command.state for command in part)
    except (NeedsOperator, Transient) as error:
        _give_back([command for part in waiting for command in part], error)
        raise
    return dict(counts)


def looks_at_once(account: Account) -> int:
    """How many read-backs one run makes."""
    return MOST_LOOKS if _several(account) else AT_ONCE


def look_ahead(client: Client, recorder: Recorder, account: Account, ids: Sequence[int]) -> None:
    """Have the read-backs of these writes read in few calls, where the marketplace takes many in one.

    Where it refuses that, each is asked for by itself.
    """
    found = list(Command.objects.filter(pk__in=ids, kind__in=_several(account)))
    if len(found) > 1:
        recorder.turn_to_commands(found)
        with suppress(Rejected):
            client.look_ahead([commands.outbound(command) for command in found])


def _claimed(ids: Sequence[int]) -> list[Command]:
    """Those that are ours to send, marked as sent; one that a newer wish has overtaken is superseded."""
    now = clock.now()
    given: dict[str, Any] = {"ids": list(ids), "now": now, "check_at": now + commands.CHECK_AFTER[1]}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, given)
        cursor.execute(_CLAIM, given)
        mine = [pk for (pk,) in cursor.fetchall()]
    return list(Command.objects.select_related("account").filter(pk__in=mine).order_by("pk"))


def _sent(client: Client, part: Sequence[Command]) -> Sequence[Outcome] | None:
    """Their answers; None where the call was refused as a whole, so that none of them was done."""
    try:
        return client.send_together([commands.outbound(command) for command in part])
    except Rejected as error:
        return [Outcome(OutcomeState.REJECTED, str(error))] if len(part) == 1 else None
    except Transient as error:
        return [commands.unanswered(error)] * len(part)


def _give_back(found: Sequence[Command], error: Exception) -> None:
    """They did not leave, which is none of their own fault, so they are still planned."""
    ids = [command.pk for command in found]
    with transaction.atomic():
        mine = Command.objects.filter(pk__in=ids)
        mine.update(state=CommandState.PLANNED, reason=str(error), sent_at=None, next_check_at=None)
        followers.tell(ids)
