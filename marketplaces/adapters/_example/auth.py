"""Example's tokens: one per process and account, renewed shortly before its end (in real time)."""

from __future__ import annotations

import hashlib
import time

from config.core.http import ApiSession, Call
from marketplaces.contract import AccountFacts

HOST = "https://api.example.invalid"
RENEW_BEFORE_S = 60
_kept: dict[tuple[str, bytes], tuple[str, float]] = {}


def host(account: AccountFacts) -> str:
    return (account.endpoint or HOST).rstrip("/")


def bearer(session: ApiSession, account: AccountFacts) -> str:
    """A token that lives, fetched when there is none; refused credentials raise NeedsOperator."""
    secret = account.credentials.get("client_secret", "")
    key = host(account), hashlib.sha256(f"{account.credentials.get('client_id')}:{secret}".encode()).digest()
    text, ends = _kept.get(key, ("", 0.0))
    if ends <= time.monotonic():
        body = {"client_id": account.credentials.get("client_id", ""), "client_secret": secret}
        answer = session.call(Call("POST", f"{host(account)}/token", operation="token", json=body)).json()
        text, ends = answer["token"], time.monotonic() + int(answer["expires_in"]) - RENEW_BEFORE_S
        _kept[key] = text, ends
    return text
