"""The token host: client credentials in, a bearer token of 299 seconds of real time out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time

from marketplaces.adapters.bol.sandbox.replies import problem
from marketplaces.sandbox.facts import Answer, Request, View

LIFETIME_S = 299
_SALT = b"simulated tokens"


def token(view: View, request: Request) -> Answer:
    """`POST /token?grant_type=client_credentials` with HTTP Basic."""
    form = dict(part.partition("=")[::2] for part in request.body.decode("utf-8", "replace").split("&"))
    if request.params.get("grant_type", form.get("grant_type")) != "client_credentials":
        return _refused(400, "unsupported_grant_type")
    if view.is_revoked() or _basic(request) != _expected(view):
        return _refused(401, "invalid_client")
    body = {
        "access_token": _signed(view, int(time.time())),
        "token_type": "Bearer",
        "expires_in": LIFETIME_S,
        "scope": "RETAILER",
    }
    return Answer(200, json.dumps(body).encode())


def authorise(view: View, request: Request) -> Answer | None:
    """None when the bearer token is ours and still lives."""
    told = next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")
    text = told.removeprefix("Bearer ")
    issued = text.partition(".")[0]
    if not issued.isdigit() or not hmac.compare_digest(text.encode(), _signed(view, int(issued)).encode()):
        return problem(request, 401, "Unauthorized", detail="the bearer token is not valid")
    if view.is_revoked() or time.time() - int(issued) >= LIFETIME_S:
        return problem(request, 401, "Expired JWT", detail="the bearer token has expired")
    return None


def _signed(view: View, issued: int) -> str:
    owner = f"{issued}:{view.account.client}:{view.account.key}".encode()
    return f"{issued}.{hmac.new(_SALT, owner, hashlib.sha256).hexdigest()}"


def _expected(view: View) -> str:
    credentials = view.account.credentials
    return f"{credentials.get('client_id', '')}:{credentials.get('client_secret', '')}"


def _basic(request: Request) -> str:
    told = next((value for name, value in request.headers.items() if name.lower() == "authorization"), "")
    try:
        return base64.b64decode(told.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refused(status: int, error: str) -> Answer:
    body = {"error": error, "error_description": "client authentication failed"}
    return Answer(status, json.dumps(body).encode())
