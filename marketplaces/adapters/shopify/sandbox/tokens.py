"""The client-credentials grant: a token of 24 hours of real time."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from marketplaces.sandbox.facts import Answer, Request, View

LIFETIME_S = 86_399
_SALT = b"simulated tokens"


def token(view: View, request: Request) -> Answer:
    try:
        given = json.loads(request.body or b"{}")
    except ValueError:
        given = {}
    wanted = {**view.account.credentials, "grant_type": "client_credentials"}
    if view.is_revoked() or given != wanted:
        return Answer(400, json.dumps({"error": "invalid_client"}).encode())
    body = {"access_token": _signed(view, int(time.time())), "scope": "read_orders", "expires_in": LIFETIME_S}
    return Answer(200, json.dumps(body).encode())


def authorise(view: View, request: Request) -> Answer | None:
    """None when the token is ours and still lives."""
    text = next((value for name, value in request.headers.items() if name.lower() == "x-shopify-access-token"), "")
    issued = text.partition(".")[0]
    is_ours = issued.isdigit() and hmac.compare_digest(text.encode(), _signed(view, int(issued)).encode())
    if is_ours and not view.is_revoked() and time.time() - int(issued) < LIFETIME_S:
        return None
    told = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return Answer(401, json.dumps({"errors": told}).encode())


def _signed(view: View, issued: int) -> str:
    owner = f"{issued}:{view.account.client}:{view.account.key}".encode()
    return f"{issued}.{hmac.new(_SALT, owner, hashlib.sha256).hexdigest()}"
