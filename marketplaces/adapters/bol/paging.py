"""bol's two ways of paging: page numbers that end with an empty page, and cursors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.core.errors import Transient
from config.core.http import Reply
from marketplaces.adapters.bol.auth import Api
from marketplaces.adapters.bol.endpoints import Endpoint

PER_PAGE = 50
CURSOR_PAGE = 100
MOST_PAGES = 10_000

Found = tuple[Reply, list[Mapping[str, Any]]]


def numbered(
    api: Api,
    endpoint: Endpoint,
    params: Mapping[str, Any],
    *,
    key: str,
    parts: Mapping[str, str] | None = None,
    first: int = 1,
) -> Iterator[Found]:
    """Pages from the first one until one is empty (`{}`) or repeats the one before."""
    before = b""
    for number in range(first, MOST_PAGES):
        reply = api.call(endpoint, parts=parts, params={**params, "page": number})
        found = pieces(reply, key)
        if not found or reply.body == before:
            return
        before = reply.body
        yield reply, found


def by_cursor(api: Api, endpoint: Endpoint, *, key: str, cursor: str = "") -> Iterator[Found]:
    """Pages until no next cursor is told; a cursor that repeats would never end and is an error."""
    used = set[str]()
    while cursor not in used:
        used.add(cursor)
        params: dict[str, Any] = {"page-size": CURSOR_PAGE, **({"cursor": cursor} if cursor else {})}
        reply = api.call(endpoint, params=params)
        yield reply, pieces(reply, key)
        cursor = next_cursor(reply)
        if not cursor:
            return
    raise Transient(f"{endpoint.path} repeats the cursor {cursor}; the list is read again later")


def next_cursor(reply: Reply) -> str:
    body = reply.json()
    page = body.get("page")
    return str((page.get("nextCursor") if isinstance(page, Mapping) else None) or body.get("nextCursor") or "")


def pieces(reply: Reply, key: str) -> list[Mapping[str, Any]]:
    """The list under `key`; an empty result has no such key."""
    body = reply.json() if reply.body else {}
    found = body.get(key) if isinstance(body, Mapping) else None
    return [piece for piece in found or [] if isinstance(piece, Mapping)]
