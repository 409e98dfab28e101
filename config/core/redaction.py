"""What may be kept of what was sent and received. Headers and query values are kept by allow-list only.

In JSON the values under a person's keys are replaced, wherever they stand; known secrets are cut out of any text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

REDACTED = "[redacted]"
SHORTEST_SECRET = 6

_HEADERS = frozenset({"accept", "content-encoding", "content-length", "content-type", "date", "etag", "retry-after"})
_HEADER_ENDS = ("request-id", "requestid", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "rate-limit")
_SECRET_NAME = re.compile(
    r"token|secret|passw|signature|^sig$|credential|authori|apikey|api_key|access.?key|client.?id", re.I
)
_PLAIN_VALUE = re.compile(
    r"\d{1,12}|[A-Z_]{1,40}(,[A-Z_]{1,40}){0,20}|true|false|\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?"
)
_PERSON = re.compile(
    r"address|buyer|customer|recipient|consignee|contact|shipto|billto|shippingdetails|billingdetails|receiver|invoicee",
    re.I,
)
_PERSONAL = re.compile(
    r"^e?mail|email$|phone|mobile|fax|first_?name|last_?name|sur_?name|full_?name|given_?name|family_?name|salutation"
    r"|^street|house_?number|postal|^zip|zip_?code|^city$|birth|iban|tax_?number|vat_?number|^kvk|remarks?$|gift_?message",
    re.I,
)
_SAFE_IN_PERSON = re.compile(r"country|^state$|region|is_?[a-z]+|type|^id$|order", re.I)


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """Only headers that are known to say nothing secret."""
    return {
        name: value for name, value in given.items() if name.lower() in _HEADERS or name.lower().endswith(_HEADER_ENDS)
    }


def url(address: str) -> str:
    """The address with query values kept only where they are numbers, moments or constants of no secret parameter."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    pairs = [(name, _query_value(name, value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(pairs, safe="[]:,"), ""))


def body(content: bytes, *, secrets: Iterable[str] = ()) -> bytes:
    """JSON without personal values and secrets; of anything else the size and the hash, so that copies can be told."""
    if not content:
        return b""
    try:
        parsed = json.loads(content.decode("utf-8-sig"), parse_float=str)
    except (ValueError, RecursionError):
        return summary(content)
    return text(json.dumps(_clean(parsed), ensure_ascii=False), secrets).encode()


def without_people(content: bytes) -> bytes:
    """The same bytes where they name nobody, else the JSON with the people cut out; what is no JSON stays as it is."""
    try:
        parsed = json.loads(content.decode("utf-8-sig"), parse_float=str)
    except (ValueError, RecursionError):
        return content
    cleaned = json.dumps(_clean(parsed), ensure_ascii=False).encode("utf-8", "replace")
    return cleaned if REDACTED.encode() in cleaned else content


def piece(found: Any) -> Any:
    """A piece of JSON without the people in it."""
    return _clean(found)


def form(fields: Mapping[str, Any]) -> bytes:
    """The names of a form's fields."""
    return json.dumps(dict.fromkeys(fields, REDACTED)).encode()


def summary(content: bytes) -> bytes:
    return json.dumps({"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}).encode()


def text(given: str, secrets: Iterable[str]) -> str:
    """The text with each known secret cut out."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            given = given.replace(secret, REDACTED)
    return given


def _query_value(name: str, value: str) -> str:
    is_secret = name == "code" or _SECRET_NAME.search(name)
    return value if _PLAIN_VALUE.fullmatch(value) and not is_secret else REDACTED


def _clean(value: Any, *, is_person: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _clean_item(key, item, is_person) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, is_person=is_person) for item in value]
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return url(value)
    return REDACTED if is_person and value not in (None, "", True, False) else value


def _clean_item(key: str, item: Any, is_person: bool) -> Any:
    is_container = isinstance(item, dict | list)
    means = _meaning(key)
    if means.secret or (means.personal and not is_container):
        return item if item in (None, "", True, False) else REDACTED
    if is_person and means.safe_in_person and not is_container:
        return item
    names_person = means.person and (is_container or isinstance(item, str))
    return _clean(item, is_person=is_person or names_person or means.personal)


class _Meaning(NamedTuple):
    secret: bool
    personal: bool
    person: bool
    safe_in_person: bool


@lru_cache(maxsize=4096)
def _meaning(key: str) -> _Meaning:
    """What a key says of its value. The same few keys stand in every record of a page."""
    return _Meaning(*(bool(pattern.search(key)) for pattern in (_SECRET_NAME, _PERSONAL, _PERSON, _SAFE_IN_PERSON)))
