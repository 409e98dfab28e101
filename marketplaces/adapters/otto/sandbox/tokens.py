"""The token call: client credentials in the form or as HTTP Basic; a token that lives ten minutes of real time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from urllib.parse import parse_qsl

from marketplaces.adapters.otto.auth import SCOPES
from marketplaces.adapters.otto.sandbox.replies import refuse, reply
from marketplaces.sandbox.facts import Answer, Request, View

LIFETIME_S = 600
_SALT = b"simulated tokens"


def token(view: View, request: Request) -> Answer:
    """`POST /oauth2/token`; a single scope that the app lacks refuses the whole request."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    if form.get("grant_type") != "client_credentials":
        return reply({"error": "unsupported_grant_type"}, status=400)
    given = (form.get("client_id", ""), form.get("client_secret", ""))
    if view.is_revoked() or _expected(view) not in (given, _basic(request)):
        return reply({"error": "invalid_client", "error_description": "unknown client"}, status=401)
    asked = form.get("scope", "").split()
    if not asked or not set(asked) <= set(SCOPES.split()):
        return reply({"error": "invalid_scope", "error_description": "a scope is not granted"}, status=400)
    text = _signed(view, int(time.time()))
    return reply({"access_token": text, "token_type": "Bearer", "expires_in": LIFETIME_S, "scope": " ".join(asked)})


def authorise(view: View, request: Request) -> Answer | None:
    """None when the bearer token is ours and still lives."""
    text = request.headers.get("Authorization", "").removeprefix("Bearer ")
    issued = text.partition(".")[0]
    is_ours = issued.isdigit() and hmac.compare_digest(text.encode(), _signed(view, int(issued)).encode())
    if not is_ours or view.is_revoked() or time.time() - int(issued) >= LIFETIME_S:
        return refuse(request, 401, "UNAUTHORIZED", "the bearer token is not valid")
    return None


def _signed(view: View, issued: int) -> str:
    owner = f"{issued}:{view.account.client}:{view.account.key}".encode()
    return f"{issued}.{hmac.new(_SALT, owner, hashlib.sha256).hexdigest()}"


def _expected(view: View) -> tuple[str, str]:
    credentials = view.account.credentials
    return credentials.get("client_id", ""), credentials.get("client_secret", "")


def _basic(request: Request) -> tuple[str, str]:
    try:
        text = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return text.partition(":")[0], text.partition(":")[2]
