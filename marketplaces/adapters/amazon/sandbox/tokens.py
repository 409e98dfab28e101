"""The token server, and who may pass. Tokens live an hour of real time, because clients are real processes."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs

from marketplaces.adapters.amazon.sandbox.answers import Refused, error, state_of, token
from marketplaces.sandbox.facts import Answer, Request, View

_LIFE_S = 3600
_PREFIX = "Atza|"
_PROBLEMS = {
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server",
    "invalid_client": "Client authentication failed",
    "invalid_grant": "The request has an invalid grant parameter : refresh_token",
}


def issue(view: View, request: Request) -> Answer:
    form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
    known = view.account.credentials
    if form.get("grant_type") != "refresh_token":
        return _problem("unsupported_grant_type")
    if any(form.get(name) != known.get(name) for name in ("client_id", "client_secret")):
        return _problem("invalid_client", status=401)
    if view.is_revoked() or form.get("refresh_token") != known.get("refresh_token"):
        return _problem("invalid_grant")
    access = _PREFIX + token({"account": view.account.key, "until": int(time.time()) + _LIFE_S})
    body = {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": _LIFE_S,
        "refresh_token": known["refresh_token"],
    }
    return Answer(200, json.dumps(body).encode())


def authorise(view: View, request: Request) -> Answer | None:
    """None when the request may pass."""
    given = next((value for name, value in request.headers.items() if name.lower() == "x-amz-access-token"), "")
    if not given:
        return error(403, "MissingAuthenticationToken", "Access token is missing in the request header.")
    try:
        state = state_of(given.removeprefix(_PREFIX))
    except Refused:
        state = {}
    is_good = state.get("account") == view.account.key and int(state.get("until", 0)) > time.time()
    if is_good and not view.is_revoked():
        return None
    return error(403, "Unauthorized", "Access to requested resource is denied.")


def _problem(code: str, status: int = 400) -> Answer:
    body = {"error": code, "error_description": _PROBLEMS[code], "request_id": "simulated"}
    return Answer(status, json.dumps(body).encode())
