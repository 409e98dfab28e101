"""How OTTO answers: JSON with links to the next page, lists of errors with the number they were logged under."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from config.core.exact import exact_json
from config.core.money import Money
from marketplaces.sandbox.facts import Answer, Request


def reply(body: Any, *, status: int = 200) -> Answer:
    return Answer(status, exact_json(body))


def refuse(request: Request, status: int, code: str, detail: str) -> Answer:
    error = {"path": request.path, "title": code, "code": code, "detail": detail, "logref": f"log-{status}"}
    return reply({"errors": [error]}, status=status)


def missing(request: Request) -> Answer:
    return refuse(request, 404, "RESOURCE_NOT_FOUND", "nothing is known here")


def by_cursor(
    request: Request, found: Sequence[Any], show: Callable[[Any], Any], *, key: str, cursor: str, most: int
) -> Answer:
    """One page and the link to the next, whose cursor knows the place and the first question."""
    asked = _cursor(request.params.get(cursor, "")) or {"at": 0, **request.params}
    limit = _limit(request, most)
    if limit is None:
        return refuse(request, 400, "INVALID_LIMIT", f"limit is a number from 1 to {most}")
    start = int(asked["at"])
    links = []
    if start + limit < len(found):
        text = base64.urlsafe_b64encode(json.dumps({**asked, "at": start + limit}).encode()).decode()
        links = [{"rel": "next", "href": f"{request.path}?{urlencode({cursor: text, 'limit': limit})}"}]
    return reply({**_under(key, [show(piece) for piece in found[start : start + limit]]), "links": links})


def question(request: Request, cursor: str) -> Mapping[str, str]:
    """The parameters of the first page; beside a cursor only the limit is honoured."""
    return _cursor(request.params.get(cursor, "")) or request.params


def by_number(
    request: Request, found: Sequence[Any], show: Callable[[Any], Any], *, key: str, first: int, most: int
) -> Answer:
    limit, page = _limit(request, most), request.params.get("page", str(first))
    if limit is None or not page.isdigit() or int(page) < first:
        return refuse(request, 400, "INVALID_PAGE", f"page is a number from {first}, limit at most {most}")
    start = (int(page) - first) * limit
    links = []
    if start + limit < len(found):
        query = {**request.params, "page": int(page) + 1, "limit": limit}
        links = [{"rel": "next", "href": f"{request.path}?{urlencode(query)}"}]
    return reply({**_under(key, [show(piece) for piece in found[start : start + limit]]), "links": links})


def _under(key: str, shown: list[Any]) -> dict[str, Any]:
    outer, _, inner = key.partition(".")
    return {outer: {inner: shown}} if inner else {outer: shown}


def _limit(request: Request, most: int) -> int | None:
    told = request.params.get("limit", str(most))
    return int(told) if told.isdigit() and 1 <= int(told) <= most else None


def _cursor(text: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(text)) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def stamp(at: datetime) -> str:
    """A time as orders write it: milliseconds, and an offset without a colon."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def zulu(at: datetime) -> str:
    """A time as shipments, returns and receipts write it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def amount(money: Money) -> dict[str, Any]:
    """Trailing zeros are not written."""
    text = f"{money.amount:f}"
    return {"amount": Decimal(text.rstrip("0").rstrip(".") if "." in text else text), "currency": money.currency}


def moment(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def read(request: Request) -> Any:
    """The JSON body with numbers as text; anything else is None."""
    try:
        return json.loads(request.body or b"null", parse_float=str)
    except ValueError:
        return None
