"""Tokens of the client-credentials flow, and calls that carry one.

A token lives about five minutes and its host is throttled apart, so it is kept per process and renewed shortly before
it ends. It lives in real time, whatever the product's clock says.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.core.errors import NeedsOperator
from config.core.http import ApiSession, Call, Reply
from marketplaces.adapters.bol.answers import EXPIRED
from marketplaces.adapters.bol.endpoints import Endpoint
from marketplaces.adapters.bol.exact import dumps
from marketplaces.contract import AccountFacts

API_HOST = "https://api.bol.com"
LOGIN_HOST = "https://login.bol.com"
RENEW_BEFORE_S = 30.0
_kept: dict[tuple[str, bytes], Token] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Token:
    """`ends` is a moment of the monotonic clock."""

    text: str
    ends: float


class Api:
    """Calls to one account: host, media type, token, and one renewal when the token has expired."""

    def __init__(self, session: ApiSession, account: AccountFacts) -> None:
        self._session = session
        self._account = account
        self._host = (account.endpoint or API_HOST).rstrip("/")
        self._login = (account.endpoint or LOGIN_HOST).rstrip("/")

    def call(
        self,
        endpoint: Endpoint,
        *,
        parts: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        to_file: bool = False,
    ) -> Reply:
        """Make the call; a token that bol calls expired is renewed once."""
        for is_last in (False, True):
            try:
                return self._session.call(self._signed(endpoint, parts or {}, params or {}, body=body, to_file=to_file))
            except NeedsOperator as error:
                if is_last or error.code != EXPIRED:
                    raise
                self._forget()
        raise AssertionError("unreachable")

    def _signed(
        self, endpoint: Endpoint, parts: Mapping[str, str], params: Mapping[str, Any], *, body: Any, to_file: bool
    ) -> Call:
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": endpoint.media}
        if body is not None:
            headers["Content-Type"] = endpoint.media
        return Call(
            method=endpoint.method,
            url=f"{self._host}{endpoint.path_for(**parts)}",
            operation=endpoint.operation,
            headers=headers,
            params=params,
            data=None if body is None else dumps(body).encode(),
            idempotent=endpoint.method in ("GET", "PUT", "PATCH"),
            to_file=to_file,
        )

    @property
    def _key(self) -> tuple[str, bytes]:
        """Whose token it is: another secret is another token, so that a rotated one is tried at once."""
        return self._login, hashlib.sha256(self._pair()).digest()

    def _pair(self) -> bytes:
        credentials = self._account.credentials
        return f"{credentials.get('client_id', '')}:{credentials.get('client_secret', '')}".encode()

    def _forget(self) -> None:
        with _lock:
            _kept.pop(self._key, None)

    def _token(self) -> str:
        with _lock:
            kept = _kept.get(self._key)
            if kept is None or kept.ends <= time.monotonic():
                kept = _kept[self._key] = self._fetch()
            return kept.text

    def _fetch(self) -> Token:
        reply = self._session.call(
            Call(
                method="POST",
                url=f"{self._login}/token",
                operation="token",
                headers={
                    "Authorization": f"Basic {base64.b64encode(self._pair()).decode()}",
                    "Accept": "application/json",
                },
                params={"grant_type": "client_credentials"},
                idempotent=True,
            )
        )
        answer = reply.json()
        lifetime = float(answer.get("expires_in", 0))
        return Token(str(answer.get("access_token", "")), time.monotonic() + max(lifetime - RENEW_BEFORE_S, 0.0))
