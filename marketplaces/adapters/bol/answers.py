"""bol's refusals sorted by what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from config.core.clock import now
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import Call, Reply

EXPIRED = "token_expired"
EPOCH_FROM = 100_000_000
DEFAULT_WAIT_S = 60
RETRIED = frozenset({500, 502, 503, 504, 507})


def error_of(reply: Reply, call: Call) -> NinefoldError | None:
    """The error family of an answer, or None when it is a success."""
    if reply.status < 400:
        return None
    what = f"{call.operation or call.method}: {_told(reply)}"
    if reply.status == 429:
        return RateLimited(f"{what}; too many calls", until=retry_at(reply.headers))
    if reply.status in RETRIED:
        return Transient(f"{what}; trying again later", code=f"http_{reply.status}")
    if reply.status == 401:
        return _unauthorised(reply, what)
    if reply.status == 403:
        return NeedsOperator(f"{what}; check that the account is active and may use this API", code="forbidden")
    return Rejected(what, code=f"http_{reply.status}")


def _unauthorised(reply: Reply, what: str) -> NeedsOperator:
    body = _body(reply)
    if "expired" in str(body.get("title", "")).casefold() or "expired" in str(body.get("detail", "")).casefold():
        return NeedsOperator(f"{what}; the token has expired", code=EXPIRED)
    return NeedsOperator(f"{what}; enter the client id and secret again", code="invalid_credentials")


def retry_at(headers: Mapping[str, str]) -> datetime:
    """Retry-After (seconds or a date), else X-RateLimit-Reset (seconds, formerly an epoch), else in a minute."""
    for name in ("Retry-After", "X-RateLimit-Reset"):
        told = (headers.get(name) or "").strip()
        if told.isdigit():
            return (
                datetime.fromtimestamp(int(told), UTC)
                if int(told) > EPOCH_FROM
                else now() + timedelta(seconds=int(told))
            )
        if told:
            try:
                return parsedate_to_datetime(told).astimezone(UTC)
            except ValueError:
                continue
    return now() + timedelta(seconds=DEFAULT_WAIT_S)


def _told(reply: Reply) -> str:
    """What the problem document says: title, detail and the violated fields."""
    body = _body(reply)
    said = [str(body[key]) for key in ("error", "error_description", "title", "detail") if body.get(key)]
    violations = body.get("violations")
    found = [v for v in violations if isinstance(v, Mapping)] if isinstance(violations, list) else []
    said += [f"{violation.get('name', '')} {violation.get('reason', '')}".strip() for violation in found]
    return f"{reply.status} {', '.join(dict.fromkeys(said))}".strip()


def _body(reply: Reply) -> Mapping[str, Any]:
    """The problem document; gateways answer with HTML, which says nothing more than the status."""
    try:
        body = reply.json()
    except Transient:
        return {}
    return body if isinstance(body, Mapping) else {}
