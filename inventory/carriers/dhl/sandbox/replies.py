"""Signing in at the simulated DHL, and how it says no."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any
from urllib.parse import parse_qs

from inventory.carriers.dhl.carrier import CARRIER
from inventory.carriers.street import CarrierView
from marketplaces.sandbox import chance
from marketplaces.sandbox.facts import Answer, Request

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    500: "Internal Server Error",
    504: "Gateway Timeout",
}
_TOLD = CARRIER.sandbox_credentials
KEY, SECRET, USER, PASSWORD = (_TOLD[name] for name in ("api_key", "api_secret", "username", "password"))
TRACKING_USER, TRACKING_PASSWORD = _TOLD["tracking_user"], _TOLD["tracking_password"]
LIVES_S = 1800


def reply(body: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def problem(status: int, detail: str) -> Answer:
    body = {"title": TITLES.get(status, "Error"), "status": status, "statusCode": status, "detail": detail[:80]}
    return Answer(status, json.dumps(body).encode(), "application/problem+json")


def token(view: CarrierView, request: Request) -> Answer:
    form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
    wanted = {
        "grant_type": "password",
        "client_id": KEY,
        "client_secret": SECRET,
        "username": USER,
        "password": PASSWORD,
    }
    if form != wanted:
        return problem(401, "the user, its password or the app is not known")
    return reply({"access_token": _token(view), "token_type": "Bearer", "expires_in": LIVES_S})


def signed_in(view: CarrierView, request: Request) -> Answer | None:
    """Either the token alone, or the API key beside HTTP Basic."""
    told = request.headers.get("Authorization") or ""
    is_token = told == f"Bearer {_token(view)}"
    is_basic = request.headers.get("dhl-api-key") == KEY and pair_of(told) == (USER, PASSWORD)
    return None if is_token or is_basic else problem(401, "no apiproduct match found, or the token has expired")


def pair_of(header: str) -> tuple[str, str]:
    kind, _, packed = header.partition(" ")
    try:
        user, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if kind == "Basic" else ("", "")


def _token(view: CarrierView) -> str:
    return f"t{chance.number(view.owner)}"
