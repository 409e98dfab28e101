"""How bol answers: explicit media types, problem documents, pages of fifty, empty lists left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.core.exact import exact_json
from marketplaces.adapters.bol.endpoints import V10
from marketplaces.adapters.bol.rows.reading import ZONE
from marketplaces.sandbox.facts import Answer, Request, View
from marketplaces.sandbox.wire import Handler

PROBLEM = "application/problem+json"
PER_PAGE = 50


def reply(body: Any, *, status: int = 200, media: str = V10, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, exact_json(body), media, dict(headers or {}))


def problem(
    request: Request, status: int, title: str, *, detail: str = "", violations: Sequence[Mapping[str, str]] = ()
) -> Answer:
    """bol's problem document; `violations` name the fields."""
    body: dict[str, Any] = {
        "type": "https://api.bol.com/problems",
        "title": title,
        "status": status,
        "detail": detail or title,
        "host": "sandbox",
        "instance": request.path,
    }
    if violations:
        body["violations"] = list(violations)
    return Answer(status, json.dumps(body).encode(), PROBLEM)


def speaking(media: str, handler: Handler) -> Handler:
    """Refuse a request whose Accept (or Content-Type of a body) is not the one media type of this call."""

    def guarded(view: View, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("accept", "") != media:
            return problem(request, 406, "Not Acceptable", detail=f"this call speaks {media}")
        if request.body and headers.get("content-type", "") != media:
            return problem(request, 415, "Unsupported Media Type", detail=f"this call reads {media}")
        return handler(view, request)

    return guarded


def paged(request: Request, found: Sequence[Any], key: str, show: Callable[[Any], Any]) -> Answer:
    """The page that `page` asks for; beyond the last one the answer is `{}`."""
    number = request.params.get("page", "1")
    if not number.isdigit() or int(number) < 1:
        return bad(request, "page", "must be a number from 1")
    start = (int(number) - 1) * PER_PAGE
    shown = [show(piece) for piece in found[start : start + PER_PAGE]]
    return reply({key: shown} if shown else {})


def bad(request: Request, name: str, reason: str) -> Answer:
    return problem(request, 400, "Bad Request", violations=[{"name": name, "reason": reason}])


def missing(request: Request) -> Answer:
    return problem(request, 404, "Not Found", detail=f"nothing is known at {request.path}")


def stamp(moment: datetime) -> str:
    """A time as bol writes it: Dutch, with offset, to the second."""
    return moment.astimezone(ZoneInfo(ZONE)).isoformat(timespec="seconds")


def milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)


def read(request: Request) -> Mapping[str, Any]:
    """The JSON body with exact numbers; anything else counts as empty."""
    try:
        body = json.loads(request.body or b"{}", parse_float=str)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}
