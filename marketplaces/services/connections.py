"""A client that speaks for one account: decrypted facts, a limited and recorded session, and the adapter's own code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from django.db import connection

from config.core import tenancy
from config.core.http import ApiSession, Exchange
from marketplaces import registry, subjects
from marketplaces.contract import AccountFacts, Client
from marketplaces.models import Account, Command, Traffic

FLUSH_AT = 500


class Recorder:
    """Keeps the redacted exchanges of one piece of work and writes them in bulk, outside the call path.

    `about` are the subjects of the calls that follow, `order:<id>` or `sku:<sku>`, where they have any;
    `written` are the ids of the rows in the order of the calls.
    """

    def __init__(
        self, account: Account, *, run_id: int | None = None, command_id: int | None = None, about: Sequence[str] = ()
    ) -> None:
        self.calls = 0
        self.about = about
        self.written: list[int] = []
        self._account_id, self._run_id, self._command_id = account.pk, run_id, command_id
        self._waiting: list[Traffic] = []

    def __call__(self, exchange: Exchange) -> None:
        self.calls += 1
        self._waiting.append(self._row(exchange))
        if len(self._waiting) >= FLUSH_AT and not connection.in_atomic_block:
            self.flush()

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.written += [row.pk for row in Traffic.objects.bulk_create(waiting)]

    def turn_to(self, resource: str, external_id: str) -> None:
        """The calls that follow are about one record."""
        self.about = [subjects.order(external_id)] if resource == "orders" else []

    def turn_to_command(self, command: Command) -> None:
        """The calls that follow belong to one write."""
        self._command_id, self.about = command.pk, [command.subject]

    def turn_to_commands(self, found: Sequence[Command]) -> None:
        """The calls that follow belong to all of these writes."""
        self._command_id = None
        self.about = [subject for each in found for subject in (each.subject, subjects.command(each.pk))]

    def _row(self, exchange: Exchange) -> Traffic:
        return Traffic(
            account_id=self._account_id, run_id=self._run_id, command_id=self._command_id, at=exchange.at,
            operation=exchange.operation[:80], method=exchange.method[:8], url=exchange.url[:600],
            status=exchange.status or None, milliseconds=exchange.milliseconds, request_id=(exchange.request_id or "")[:120],
            request_body=exchange.request_body, response_body=exchange.response_body,
            error=(exchange.error or "")[:300], subjects=[subject[:120] for subject in self.about],
        )  # fmt: skip


def facts(account: Account) -> AccountFacts:
    """What a client may know of the account, secrets decrypted; never logged, never stored."""
    adapter = registry.get(account.marketplace)
    found = [adapter.store(code) for code in account.stores]
    return AccountFacts(
        tenant=tenancy.current(),
        key=account.key,
        marketplace=account.marketplace,
        stores=tuple(store for store in found if store),
        settings=account.settings,
        credentials={credential.name: credential.value for credential in account.credentials.all()},
        endpoint=account.endpoint,
    )


@contextmanager
def opened(account: Account, recorder: Recorder) -> Iterator[Client]:
    """The account's client; what it said and heard is written when the block ends, however it ends."""
    module = registry.part(account.marketplace, "client")
    known = facts(account)
    session = ApiSession(
        account=known,
        limits=registry.get(account.marketplace).limits,
        error_of=module.error_of,
        record=recorder,
    )
    try:
        yield module.Client(session, known, subjects=partial(subjects.of, account.pk))
    finally:
        recorder.flush()
