"""Pages by cursor; a page that costs too much is asked for again in half its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.core.errors import Rejected, Transient
from config.core.http import Reply
from marketplaces.adapters.shopify.auth import Api
from marketplaces.adapters.shopify.errors import MAX_COST
from marketplaces.adapters.shopify.queries import Query
from marketplaces.adapters.shopify.rows.reading import nodes, text
from marketplaces.pieces import inner

Found = tuple[Reply, list[Mapping[str, Any]]]


def pages(
    api: Api, query: Query, path: tuple[str, ...], /, *, size: int, after: str = "", **variables: Any
) -> Iterator[Found]:
    """Every page of the connection at `path`; a cursor that comes again would never end and is an error."""
    cursor = after
    used = set[str]()
    while cursor not in used:
        used.add(cursor)
        reply, size = _page(api, query, {**variables, "after": cursor or None}, size)
        yield reply, [node for node in nodes(_connection(reply, path)) if isinstance(node, Mapping)]
        cursor = next_cursor(reply, path)
        if not cursor:
            return
    raise Transient(f"{query.name} repeats the cursor {cursor}; the list is read again later")


def next_cursor(reply: Reply, path: tuple[str, ...]) -> str:
    """Where the page after this one begins; empty when this is the last one."""
    info = inner(_connection(reply, path), "pageInfo")
    return text(info, "endCursor") if info.get("hasNextPage") is True else ""


def _connection(reply: Reply, path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = reply.json().get("data") or {}
    for name in path:
        found = inner(found, name)
    return found


def _page(api: Api, query: Query, variables: Mapping[str, Any], size: int) -> tuple[Reply, int]:
    while True:
        try:
            return api.call(query, first=size, **variables), size
        except Rejected as error:
            if error.code != MAX_COST or size == 1:
                raise
            size = max(1, size // 2)
