"""Signing in: a token of the password grant, or the API key beside HTTP Basic. Nothing of it is ever logged."""

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
from inventory.carriers.contract import CarrierFacts

HOST = "https://api-eu.dhl.com"
TOKEN = "/parcel/de/account/auth/ropc/v1/token"  # noqa: S105 - a path
RENEW_BEFORE_S = 60.0
_kept: dict[tuple[str, bytes], Token] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Token:
    """`ends` is a moment of the monotonic clock."""

    text: str
    ends: float


class Api:
    """Calls of one account. A token that is refused is renewed once, for a refused call was not done."""

    def __init__(self, session: ApiSession, account: CarrierFacts) -> None:
        self._session, self._account = session, account
        self.host = (account.endpoint or HOST).rstrip("/")

    def call(
        self, method: str, path: str, *, operation: str = "shipping", params: Mapping[str, Any] | None = None,
        body: Any = None, idempotent: bool | None = None,
    ) -> Reply:  # fmt: skip
        """`idempotent` False keeps a lost answer from being asked for twice."""
        repeatable = method in ("GET", "DELETE") if idempotent is None else idempotent
        for is_last in (False, True):
            call = Call(
                method=method, url=f"{self.host}{path}", operation=operation, headers=self._signed(), json=body,
                params=params or {}, idempotent=repeatable,
            )  # fmt: skip
            try:
                return self._session.call(call)
            except NeedsOperator as error:
                if is_last or error.code != "unauthorised" or self.is_basic:
                    raise
                self._forget()
        raise AssertionError("unreachable")

    def open(
        self, url: str, *, operation: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:  # fmt: skip
        """A read with headers of its own: tracking, and documents by their address, which need none."""
        return self._session.call(
            Call(method="GET", url=url, operation=operation, headers=headers or {}, params=params or {}, label="DHL")
        )

    @property
    def is_basic(self) -> bool:
        return self._account.settings.get("sign_in") == "basic"

    def basic(self, user: str, password: str) -> str:
        credentials = self._account.credentials
        pair = f"{credentials.get(user, '')}:{credentials.get(password, '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _signed(self) -> dict[str, str]:
        words = {"Accept-Language": "de-DE", "Accept": "application/json"}
        if self.is_basic:
            key = self._account.credentials.get("api_key", "")
            return words | {"dhl-api-key": key, "Authorization": self.basic("username", "password")}
        return words | {"Authorization": f"Bearer {self._token()}"}

    @property
    def _key(self) -> tuple[str, bytes]:
        """Whose token it is: another secret is another token, so that a rotated one is tried at once."""
        return self.host, hashlib.sha256(repr(sorted(self._account.credentials.items())).encode()).digest()

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
        told = self._account.credentials
        form = {
            "grant_type": "password", "client_id": told.get("api_key", ""),
            "client_secret": told.get("api_secret", ""), "username": told.get("username", ""),
            "password": told.get("password", ""),
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        reply = self._session.call(
            Call(method="POST", url=f"{self.host}{TOKEN}", operation="token", headers=headers, data=form)
        )
        answer = reply.json()
        lifetime = float(answer.get("expires_in") or 0)
        return Token(str(answer.get("access_token", "")), time.monotonic() + max(lifetime - RENEW_BEFORE_S, 0.0))
