"""Access tokens by refresh token: one per account and process, renewed a minute before it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from config.core.errors import NeedsOperator
from config.core.http import ApiSession, Call
from marketplaces.adapters.amazon.errors import TOKEN
from marketplaces.contract import AccountFacts

TOKEN_HOST = "https://api.amazon.com"  # noqa: S105
_EARLY_S = 60
_NEEDED = ("client_id", "client_secret", "refresh_token")


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    until: float


class Tokens:
    """Tokens of one account. Workers of a process share them; one refresh at a time."""

    _kept: dict[tuple[str, str, str], _Token] = {}
    _lock = threading.Lock()

    def __init__(self, session: ApiSession, account: AccountFacts) -> None:
        self.session, self.account = session, account
        self._key = (account.tenant, account.key, account.credentials.get("refresh_token", ""))

    def current(self) -> str:
        """A valid access token; NeedsOperator when the seller revoked it or a credential is missing."""
        with self._lock:
            kept = self._kept.get(self._key)
            if kept is None or kept.until <= time.monotonic():
                kept = self._kept[self._key] = self._fetch()
            return kept.value

    def drop(self) -> None:
        """Forget the token, because it was refused."""
        with self._lock:
            self._kept.pop(self._key, None)

    def _fetch(self) -> _Token:
        credentials = self.account.credentials
        missing = [name for name in _NEEDED if not credentials.get(name)]
        if missing:
            raise NeedsOperator(f"The account has no {', '.join(missing)}; enter it.", code="missing_credentials")
        form = {"grant_type": "refresh_token", **{name: credentials[name] for name in _NEEDED}}
        host = self.account.endpoint or TOKEN_HOST
        reply = self.session.call(Call(method="POST", url=f"{host}/auth/o2/token", operation=TOKEN, data=form))
        body = reply.json()
        lifetime = int(body.get("expires_in", 3600)) - _EARLY_S
        return _Token(str(body["access_token"]), time.monotonic() + lifetime)
