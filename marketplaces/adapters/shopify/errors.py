"""Shopify's refusals sorted by what to do next; most of them come with status 200."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.clock import now
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import Call, Reply

MAX_COST = "max_cost"
STALE_TOKEN = "invalid_token"  # noqa: S105 - a code, not a secret
OTHER_VERSION = "other_version"
SHORTEST_WAIT_S = 1
_VERSION = re.compile(r"/admin/api/([^/]+)/")
_STATUS = {
    401: (STALE_TOKEN, "the token is not valid; enter the client id and secret again"),
    402: ("frozen", "the shop is frozen; its owner has to pay the bill"),
    403: ("forbidden", "a scope or the approval for customer data is missing; grant it to the app"),
    404: ("unknown_shop", "there is no such shop; check its name"),
    423: ("locked", "the shop is locked; ask the platform's support"),
}
_CODES = {
    "ACCESS_DENIED": ("access_denied", "a scope or the approval for customer data is missing; grant it to the app"),
    "SHOP_INACTIVE": ("inactive", "the shop is inactive; its owner has to open it again"),
}


def error_of(reply: Reply, call: Call) -> NinefoldError | None:
    """The error family of an answer, or None when it is a success."""
    what = f"{call.label or call.operation}: {reply.status}"
    if reply.status == 429:
        return RateLimited(f"{what}; too many calls", until=reply.retry_at())
    if reply.status >= 500:
        return Transient(f"{what}; trying again later", code=f"http_{reply.status}")
    if reply.status in (400, 401) and call.operation == "token":
        return NeedsOperator(f"{what}; enter the client id and secret again", code="invalid_credentials")
    if reply.status in _STATUS and call.operation == "graphql":
        code, advice = _STATUS[reply.status]
        return NeedsOperator(f"{what}; {advice}", code=code)
    if reply.status >= 400:
        return Rejected(what, code=f"http_{reply.status}")
    return _told_inside(reply, call) if call.operation == "graphql" else None


def _told_inside(reply: Reply, call: Call) -> NinefoldError | None:
    """What an answer of status 200 says in `errors`, and whether the version that was asked for has answered."""
    body = reply.json()
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if errors:
        return _judged(body, _first(errors), call)
    asked, served = _VERSION.search(call.url), reply.headers.get("X-Shopify-API-Version", "")
    if asked and served and served != asked[1]:
        reason = f"version {asked[1]} was asked for and {served} has answered; the product needs an update"
        return NeedsOperator(f"{call.label}: {reason}", code=OTHER_VERSION)
    return None


def _first(errors: Any) -> Mapping[str, Any]:
    """`errors` is a list of objects; some gateways send a bare text."""
    found = [error for error in errors if isinstance(error, Mapping)] if isinstance(errors, list) else []
    return found[0] if found else {"message": str(errors)}


def _judged(body: Mapping[str, Any], error: Mapping[str, Any], call: Call) -> NinefoldError:
    extensions = error.get("extensions")
    code = str(extensions.get("code", "")) if isinstance(extensions, Mapping) else ""
    what = f"{call.label}: {code} {error.get('message', '')}".strip()
    if code == "THROTTLED":
        return RateLimited(f"{what}; the cost of the query is not available yet", until=retry_at(body))
    if code in _CODES:
        name, advice = _CODES[code]
        return NeedsOperator(f"{what}; {advice}", code=name)
    if code == "INTERNAL_SERVER_ERROR":
        return Transient(f"{what}; trying again later")
    return Rejected(what, code=MAX_COST if code == "MAX_COST_EXCEEDED" else code.lower() or "rejected")


def cost_of(body: Mapping[str, Any]) -> tuple[Decimal | None, Mapping[str, Any]]:
    """The requested cost of an answer and its throttle status."""
    extensions = body.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, Mapping) else None
    cost = cost if isinstance(cost, Mapping) else {}
    status = cost.get("throttleStatus")
    asked = cost.get("requestedQueryCost")
    return (Decimal(str(asked)) if asked is not None else None), status if isinstance(status, Mapping) else {}


def retry_at(body: Mapping[str, Any]) -> datetime:
    """When the cost that lacks will have been restored: (requested - available) / restore rate, at least a second."""
    asked, status = cost_of(body)
    rate = Decimal(str(status.get("restoreRate") or 0))
    lacking = (asked or Decimal(0)) - Decimal(str(status.get("currentlyAvailable") or 0))
    seconds = lacking / rate if rate > 0 else Decimal(60)
    return now() + timedelta(seconds=max(SHORTEST_WAIT_S, float(seconds)))
