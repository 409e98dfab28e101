"""All calls to other systems: limits, the few retries that make sense, and a redacted record of every attempt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import backoff

from config.core import clock, limits, redaction
from config.core.calls import Call, Exchange, Reply
from config.core.errors import NinefoldError, RateLimited, Transient
from config.core.transport import NOT_SENT, UNKNOWN_OUTCOME, send

__all__ = ["NOT_SENT", "UNKNOWN_OUTCOME", "ApiSession", "Call", "Exchange", "Reply"]

LONGEST_SLEEP_S = 5.0
TRIES = 2
KEPT_BYTES = 512 * 1024
REPEATED = frozenset({502, 503, 504})

ErrorOf = Callable[[Reply, Call], NinefoldError | None]
Record = Callable[[Exchange], None]


class AccountLike(Protocol):
    @property
    def tenant(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def credentials(self) -> Mapping[str, str]: ...


class ApiSession:
    """The way of one account to its marketplace."""

    def __init__(
        self,
        *,
        account: AccountLike,
        limits: Mapping[str, limits.Bucket],
        error_of: ErrorOf,
        record: Record | None = None,
    ) -> None:
        self.account = account
        self.limits = limits
        self.error_of = error_of
        self.record = record

    def call(self, call: Call) -> Reply:
        """The answer, or one of the four families; code `unknown_outcome` where a write may have been done."""
        failures = self._wait_for_turn(call)
        reply = self._with_retries(call)
        if failures:
            limits.recovered(self._bucket(call))
        return reply

    def learn(self, operation: str, rate: Decimal) -> None:
        """The marketplace said how many calls a second it grants for an operation."""
        if operation in self.limits:
            limits.learn(limits.key_of(self.account.tenant, self.account.key, operation), rate)

    def _bucket(self, call: Call) -> str:
        return limits.key_of(self.account.tenant, self.account.key, call.operation)

    def _wait_for_turn(self, call: Call) -> int:
        """How many calls failed in a row before this one; RateLimited when the turn comes later than a short sleep."""
        limit = self.limits.get(call.operation)
        left = LONGEST_SLEEP_S
        while limit is not None:
            try:
                return limits.take(self._bucket(call), limit, call.cost)
            except RateLimited as error:
                wait = max((error.until - clock.now()).total_seconds() / clock.speed(), 0.01)
                if wait > left:
                    raise
                left -= wait
                time.sleep(wait)
        return 0

    def _with_retries(self, call: Call) -> Reply:
        tries = backoff.on_exception(
            backoff.expo, _WorthRepeating, max_tries=TRIES, factor=0.5, max_value=2, logger=None
        )
        try:
            reply: Reply = tries(self._attempt)(call)
            return reply
        except _WorthRepeating as last:
            if call.operation in self.limits:
                limits.failed(self._bucket(call))
            raise last.error from last.error.__cause__

    def _attempt(self, call: Call) -> Reply:
        started, at = time.monotonic(), clock.now()
        reply: Reply | None = None
        error: NinefoldError | None = None
        try:
            reply = send(call, owner=f"{self.account.tenant}:{self.account.key}")
            error = self._judged(reply, call)
        except NinefoldError as raised:
            error = raised
        self._keep(call, reply, error, at=at, seconds=time.monotonic() - started)
        if error is None and reply is not None:
            return reply
        raise self._worst(call, reply, error or Transient("no answer"))

    def _judged(self, reply: Reply, call: Call) -> NinefoldError | None:
        """The adapter's judgement; where it has none, too many calls and server faults are errors all the same."""
        error = self.error_of(reply, call)
        if reply.status == 429 and not isinstance(error, RateLimited):
            return RateLimited(str(error or f"too many calls of {call.operation or call.url}"), until=reply.retry_at())
        if error is None and reply.status >= 500:
            return Transient(
                f"{call.label or call.operation or call.url} failed with status {reply.status}",
                code="transient" if call.idempotent else UNKNOWN_OUTCOME,
            )
        return error

    def _worst(self, call: Call, reply: Reply | None, error: NinefoldError) -> Exception:
        """What to raise: a refusal stops the other workers too, a passing fault of a repeatable call is tried again."""
        limit = self.limits.get(call.operation)
        if isinstance(error, RateLimited):
            if limit is not None:
                limits.penalise(self._bucket(call), limit, error.until)
            return error
        has_passed = reply.status in REPEATED if reply else error.code in (NOT_SENT, UNKNOWN_OUTCOME)
        may_repeat = call.idempotent or error.code == NOT_SENT
        return _WorthRepeating(error) if has_passed and may_repeat and isinstance(error, Transient) else error

    def _keep(
        self, call: Call, reply: Reply | None, error: NinefoldError | None, *, at: datetime, seconds: float
    ) -> None:
        if self.record is None:
            return
        secrets = tuple(value for value in self.account.credentials.values() if value)
        self.record(
            Exchange(
                tenant=self.account.tenant,
                account=self.account.key,
                operation=call.operation,
                method=call.method,
                url=redaction.text(redaction.url(call.full_url), secrets),
                status=reply.status if reply else 0,
                milliseconds=round(seconds * 1000),
                request_id=reply.request_id if reply else "",
                request_headers=redaction.headers(call.headers),
                response_headers=redaction.headers(reply.headers) if reply else {},
                request_body=_kept(call.body(), secrets),
                response_body=_kept(reply.body if reply else None, secrets),
                error=redaction.text(str(error or ""), secrets),
                at=at,
            )
        )


class _WorthRepeating(Exception):
    """A passing fault of a call that may be sent again."""

    def __init__(self, error: NinefoldError) -> None:
        super().__init__(str(error))
        self.error = error


def _kept(body: bytes | Mapping[str, object] | None, secrets: tuple[str, ...]) -> bytes:
    if not body:
        return b""
    if isinstance(body, Mapping):
        return redaction.form(body)
    return redaction.summary(body) if len(body) > KEPT_BYTES else redaction.body(body, secrets=secrets)
