"""Tokens of the client-credentials flow, and calls that carry one.

A token lives about five minutes and its host is throttled apart.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from config.core.errors import NeedsOperator
from config.core.exact import exact_json
from config.core.http import ApiSession, Call, Reply
from config.core.tokens import Key, Token, Tokens, key_of
from marketplaces.adapters.bol.answers import EXPIRED
from marketplaces.adapters.bol.endpoints import Endpoint
from marketplaces.contract import AccountFacts

API_HOST = "https://api.bol.com"
LOGIN_HOST = "https://login.bol.com"
tokens = Tokens(renew_before_s=30)


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
                tokens.forget(self._key)
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
            data=None if body is None else exact_json(body),
            idempotent=endpoint.method in ("GET", "PUT", "PATCH"),
            to_file=to_file,
        )

    @property
    def _key(self) -> Key:
        return key_of(self._login, *self._pair())

    def _pair(self) -> tuple[str, str]:
        credentials = self._account.credentials
        return credentials.get("client_id", ""), credentials.get("client_secret", "")

    def _token(self) -> str:
        return tokens.current(self._key, self._fetch).text

    def _fetch(self) -> Token:
        reply = self._session.call(
            Call(
                method="POST",
                url=f"{self._login}/token",
                operation="token",
                headers={
                    "Authorization": f"Basic {base64.b64encode(':'.join(self._pair()).encode()).decode()}",
                    "Accept": "application/json",
                },
                params={"grant_type": "client_credentials"},
                idempotent=True,
            )
        )
        answer = reply.json()
        return tokens.lasting(str(answer.get("access_token", "")), float(answer.get("expires_in", 0)))
