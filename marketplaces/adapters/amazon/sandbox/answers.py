"""Answers in their shape, with amounts as exact numbers or texts."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from config.core.money import Money
from marketplaces.sandbox.facts import Answer, Request, View


class Refused(Exception):
    """A request that their validation turns down."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def ok(body: Any, status: int = 200) -> Answer:
    content = json.dumps(body, default=_number, separators=(",", ":")).encode()
    request_id = hashlib.sha256(content).hexdigest()[:32]
    return Answer(status, content, headers={"x-amzn-RequestId": request_id})


def error(status: int, code: str, message: str) -> Answer:
    body = {"errors": [{"code": code, "message": message, "details": ""}]}
    return Answer(status, json.dumps(body).encode(), headers={"x-amzn-ErrorType": code})


def guarded(handler: Callable[[View, Request], Answer]) -> Callable[[View, Request], Answer]:
    """A handler whose refusals become error answers."""

    def answer(view: View, request: Request) -> Answer:
        try:
            return handler(view, request)
        except Refused as refused:
            return error(refused.status, refused.code, str(refused))

    return answer


def body_of(request: Request) -> Any:
    try:
        return json.loads(request.body, parse_float=Decimal)
    except ValueError:
        raise Refused(400, "InvalidInput", "The request body is not JSON.") from None


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def time_of(params: Mapping[str, str], name: str) -> datetime | None:
    text = params.get(name)
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError:
        raise Refused(400, "InvalidInput", f"{name} is not a date and time.") from None


def token(state: Mapping[str, Any]) -> str:
    """A page token: opaque to the client, readable to us."""
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode()


def state_of(text: str) -> dict[str, Any]:
    try:
        state = json.loads(base64.urlsafe_b64decode(text.encode()))
    except ValueError:
        raise Refused(400, "InvalidInput", "The page token is not valid.") from None
    if not isinstance(state, dict):
        raise Refused(400, "InvalidInput", "The page token is not valid.")
    return state


def camel(money: Money) -> dict[str, str]:
    """Orders and listings write amounts as text."""
    return {"amount": str(money.amount), "currencyCode": money.currency}


def pascal(money: Money) -> dict[str, Any]:
    """Pricing and fees write amounts as numbers."""
    return {"CurrencyCode": money.currency, "Amount": money.amount}


def _number(value: object) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
