"""What an answer that is not a success means, by who must act next. Status and code as their documents list them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from config.core import clock
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import Call, Reply
from marketplaces.adapters.amazon.limits import LIMITS

DOWNLOAD = "download"
TOKEN = "token"  # noqa: S105
UNAUTHORISED = "unauthorised"
DOCUMENT_EXPIRED = "document_expired"
_REPEATABLE = "This looks like a fault of the request; do not repeat it."

_LWA: Mapping[str, str] = {
    "invalid_grant": "The seller has revoked the connection or the refresh token is wrong; connect the account again.",
    "invalid_client": "The application's secret is wrong or has expired (it lives 180 days); enter the new secret.",
    "unauthorized_client": "The application may not use this refresh token; connect the account again.",
    "unsupported_grant_type": "The application asked in a wrong way; report this.",
    "invalid_scope": "The application asked for a scope it does not have; report this.",
    "invalid_request": "The token request is incomplete; check client id, secret and refresh token.",
}


def error_of(reply: Reply, call: Call) -> NinefoldError | None:
    """The error of an answer, or None when it is a success; callers look into batches."""
    if reply.status < 400:
        return None
    if call.operation == TOKEN:
        return _token_error(reply)
    if call.operation == DOWNLOAD:
        return _download_error(reply)
    code, message = _first(reply)
    what = f"{call.operation}: {reply.status} {code}".strip() + (f" ({message})" if message else "")
    if reply.status == 429 or code == "QuotaExceeded":
        return RateLimited(
            f"{what}. Too many calls; waiting for the next token.", until=clock.now() + pause(call.operation)
        )
    if reply.status in (401, 403):
        return _refused(what, code)
    if reply.status == 404:
        return Rejected(f"{what}. The id is unknown to this account, or too new.", code="not_found")
    if reply.status == 409:
        return Rejected(f"{what}. It exists already; read it and use it.", code="conflict")
    if reply.status == 413:
        return Rejected(f"{what}. Too large; send less at once.", code="too_large")
    if reply.status < 500:
        return Rejected(f"{what}. {_REPEATABLE}", code="invalid_request")
    return Transient(f"{what}. The marketplace has a fault; trying again later.", code="remote_down")


def pause(operation: str) -> timedelta:
    """How long until the bucket holds a token again, with up to a tenth more so that workers do not return together."""
    limit = LIMITS.get(operation)
    seconds = 1 / float(limit.rate) if limit else 60.0
    return timedelta(seconds=seconds * (1 + random.random() / 10))  # noqa: S311


def _refused(what: str, code: str) -> NinefoldError:
    if code in ("MissingAuthenticationToken", "InvalidSignature"):
        return Rejected(f"{what}. A header is missing or the path is wrong; report this.", code="invalid_request")
    advice = "The role is missing, the region is wrong or the seller revoked access; check the application's roles"
    return NeedsOperator(f"{what}. {advice} and connect the account again.", code=UNAUTHORISED)


def _download_error(reply: Reply) -> NinefoldError:
    if reply.status == 403:
        return Transient("The address of the document has expired; asking for a new one.", code=DOCUMENT_EXPIRED)
    if reply.status in (404, 410):
        return Rejected("The document is gone from the marketplace's storage.", code="not_found")
    return Transient(f"The document storage answered {reply.status}; trying again later.", code="remote_down")


def _token_error(reply: Reply) -> NinefoldError:
    """The token server has its own shape: {error, error_description}."""
    code = str(_body(reply).get("error", ""))
    if reply.status == 429:
        return RateLimited("The token server throttles us.", until=clock.now() + pause(TOKEN))
    if reply.status >= 500 or code == "server_error":
        return Transient(f"The token server answered {reply.status}; trying again later.", code="remote_down")
    advice = _LWA.get(code, "Check client id, secret and refresh token.")
    return NeedsOperator(f"No access token: {code or reply.status}. {advice}", code=code or UNAUTHORISED)


def _first(reply: Reply) -> tuple[str, str]:
    errors = _body(reply).get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("code", "")), str(first.get("message", ""))


def _body(reply: Reply) -> Mapping[str, Any]:
    """The body as an object; gateways answer with HTML or nothing, and then it is empty."""
    try:
        body = reply.json()
    except (ValueError, Transient):
        return {}
    return body if isinstance(body, dict) else {}
