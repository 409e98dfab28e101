"""A call to another system, its answer, and what may be kept of both."""

from __future__ import annotations

import json as jsonlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from requests import Request

from config.core import clock
from config.core.errors import Transient
from config.core.exact import exact_json

RETRY_AFTER_UNKNOWN = timedelta(seconds=30)
RETRY_AFTER_AT_MOST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `operation` names the limit it counts against; an answer read `to_file` may be large."""

    method: str
    url: str
    operation: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] | Sequence[tuple[str, Any]] = ()
    json: Any = None
    data: bytes | Mapping[str, Any] | None = None
    cost: int = 1
    idempotent: bool = True
    to_file: bool = False
    label: str = ""

    @property
    def full_url(self) -> str:
        return Request(self.method, self.url, params=self.params or None).prepare().url or self.url

    def body(self) -> bytes | Mapping[str, Any] | None:
        return self.data if self.json is None else exact_json(self.json)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, unpacked; `path` instead of `body` when it was read to a file."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    path: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig", "replace")

    @property
    def request_id(self) -> str:
        names = (name for name in self.headers if name.lower().endswith(("request-id", "requestid")))
        return next((self.headers[name] for name in names), "")

    def json(self) -> Any:
        """The body with exact numbers. Anything but JSON is a passing fault of the other side: Transient."""
        try:
            return jsonlib.loads(self.body.decode("utf-8-sig"), parse_float=Decimal)
        except ValueError as error:
            kind = self.headers.get("content-type", "no content type")
            raise Transient(
                f"status {self.status} with {kind} of {len(self.body)} bytes where JSON was expected",
                code="not_json",
            ) from error

    def retry_at(self) -> datetime:
        """When to come back by the Retry-After header, in seconds or as a date; half a minute when it does not say."""
        now = clock.now()
        given = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d+)?", given):
            until = now + timedelta(seconds=float(given))
        else:
            until = _date(given) or now + RETRY_AFTER_UNKNOWN
        return min(max(until, now), now + RETRY_AFTER_AT_MOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What may be kept of a call: redacted, without credentials and without buyers."""

    tenant: str
    account: str
    operation: str
    method: str
    url: str
    status: int
    milliseconds: int
    request_id: str
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    request_body: bytes
    response_body: bytes
    error: str
    at: datetime


def _date(given: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
