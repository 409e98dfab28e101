"""OTTO's refusals sorted by what to do next. The gateway may answer with HTML, which says no more than its status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import UNKNOWN_OUTCOME, Call, Reply

UNAUTHORISED = "unauthorised"
ALREADY_SHIPPED = "POSITION_ITEM_INCLUDED_IN_OTHER_SHIPMENT"
RETIRING = ("Deprecation", "Sunset", "Warning", "Link")


def error_of(reply: Reply, call: Call) -> NinefoldError | None:
    """The error family of an answer, or None when it is a success (207 is one, piece by piece)."""
    if reply.status < 400:
        return None
    what = f"{call.operation or call.method}: {_told(reply)}"
    if reply.status == 429:
        return RateLimited(f"{what}; too many calls", until=reply.retry_at())
    if reply.status >= 500:
        code = f"http_{reply.status}" if call.idempotent else UNKNOWN_OUTCOME
        return Transient(f"{what}; trying again later", code=code)
    if call.operation == "token":
        return _token_refused(reply, what)
    if reply.status == 401:
        return NeedsOperator(f"{what}; enter the client id and secret again", code=UNAUTHORISED)
    if reply.status == 403:
        return NeedsOperator(f"{what}; give the app the scope of this interface", code="forbidden")
    code = ALREADY_SHIPPED if ALREADY_SHIPPED in reply.text else f"http_{reply.status}"
    return Rejected(what, code=code)


def _token_refused(reply: Reply, what: str) -> NeedsOperator:
    if body(reply).get("error") == "invalid_scope":
        return NeedsOperator(f"{what}; the app lacks one of the scopes asked for, which refuses all", code="scope")
    return NeedsOperator(f"{what}; enter the client id and secret again", code="invalid_credentials")


def _told(reply: Reply) -> str:
    said = body(reply)
    words = [str(said[key]) for key in ("error", "error_description", "title", "detail") if said.get(key)]
    words += list(errors(said))
    return f"{reply.status} {', '.join(dict.fromkeys(words))}".strip()


def errors(said: Mapping[str, Any]) -> Iterator[str]:
    """Each error in words: code, title, detail, where it is, and the number under which OTTO logged it."""
    for error in each_error(said):
        names = ("code", "title", "detail", "path", "jsonPath", "jsonpath", "logref")
        yield " ".join(str(error[name]) for name in names if error.get(name))


def each_error(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in ("errors", "validationErrors"):
        yield from pieces(said, key)


def pieces(said: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """What can be read of a list in an answer, which may hold anything."""
    found = said.get(key)
    return [piece for piece in found if isinstance(piece, Mapping)] if isinstance(found, list) else []


def named(words: str, skus: Iterable[str]) -> list[str]:
    """Which of these SKUs the words speak of; of two that hold each other the longer one."""
    found = [sku for sku in skus if re.search(rf"(?<![\w/.-]){re.escape(sku)}(?![\w/-]|\.\w)", words)]
    return [sku for sku in found if not any(sku in other and sku != other for other in found)]


def body(reply: Reply) -> Mapping[str, Any]:
    try:
        found = reply.json()
    except Transient:
        return {}
    return found if isinstance(found, Mapping) else {}


def retiring(reply: Reply) -> dict[str, str]:
    """Headers by which an interface version announces its end; empty while it lives."""
    told = {name.lower(): value for name, value in reply.headers.items()}
    found = {name: told[name.lower()] for name in RETIRING if told.get(name.lower())}
    return found if "Deprecation" in found or "Sunset" in found or "Warning" in found else {}
