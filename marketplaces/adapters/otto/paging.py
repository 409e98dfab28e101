"""Pages are followed by `links`: the next one is named with its whole query, relative to the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from config.core.errors import Transient
from config.core.http import Reply
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.endpoints import Endpoint

MOST_PAGES = 10_000


def linked(api: Api, endpoint: Endpoint, params: Mapping[str, Any], mark: str = "") -> Iterator[Reply]:
    """Each page from the mark on until none is named next; a next page that was read already ends the list."""
    used: set[tuple[tuple[str, str], ...]] = set()
    query = dict(parse_qsl(mark)) or {key: str(value) for key, value in params.items()}
    for _ in range(MOST_PAGES):
        used.add(tuple(sorted(query.items())))
        reply = api.call(endpoint, params=query)
        yield reply
        query = _next(reply)
        if not query or tuple(sorted(query.items())) in used:
            return
    raise Transient(f"{endpoint.path} has more than {MOST_PAGES} pages; read again later")


def next_mark(reply: Reply) -> str:
    """Where the page after this one begins; empty when this is the last one."""
    return urlencode(_next(reply))


def _next(reply: Reply) -> dict[str, str]:
    body = reply.json()
    links = body.get("links") if isinstance(body, Mapping) else None
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and link.get("rel") == "next":
            return dict(parse_qsl(urlsplit(str(link.get("href", ""))).query))
    return {}


def pieces(reply: Reply, *keys: str) -> list[Mapping[str, Any]]:
    """The list under the first of the keys that is there, through one nesting; or the bare list."""
    found: Any = reply.json()
    for _ in range(2):
        if isinstance(found, Mapping):
            found = next((found[key] for key in keys if key in found), None)
    return [piece for piece in found if isinstance(piece, Mapping)] if isinstance(found, list) else []
