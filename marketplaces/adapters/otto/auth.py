"""Tokens of the client-credentials flow, and calls that carry one; another scope is another token."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from config.core.errors import NeedsOperator, Rejected
from config.core.http import ApiSession, Call, Reply
from config.core.tokens import Key, Token, Tokens, key_of
from marketplaces.adapters.otto.answers import UNAUTHORISED, retiring
from marketplaces.adapters.otto.endpoints import Endpoint
from marketplaces.contract import AccountFacts

HOST = "https://api.otto.market"
TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path
SCOPES = "orders products shipments returns receipts availability"
UNTOLD_LIFETIME_S = 300
tokens = Tokens(renew_before_s=30)
_log = logging.getLogger(__name__)


class Api:
    """Calls to one account: host, token, and one renewal when the token is refused."""

    def __init__(self, session: ApiSession, account: AccountFacts) -> None:
        self._session, self._account = session, account
        self.host = (account.endpoint or HOST).rstrip("/")

    def call(
        self,
        endpoint: Endpoint,
        *,
        parts: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Reply:
        for is_last in (False, True):
            try:
                reply = self._session.call(self._signed(endpoint, parts or {}, params or {}, body))
            except NeedsOperator as error:
                if is_last or error.code != UNAUTHORISED:
                    raise
                tokens.forget(self._key)
                continue
            if told := retiring(reply):
                _log.warning("interface_retires path=%s account=%s told=%s", endpoint.path, self._account.key, told)
            return reply
        raise AssertionError("unreachable")

    def found(self, endpoint: Endpoint, parts: Mapping[str, str]) -> Mapping[str, Any] | None:
        """One thing by its path; None when it is not known."""
        try:
            told = self.call(endpoint, parts=parts).json()
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise
        return told if isinstance(told, Mapping) else None

    def fetch(self, url: str, *, to_file: bool = False) -> Reply:
        """A call to the statement mailbox, which has a token of its own."""
        key = self._account.credentials.get("mailbox_token", "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self._session.call(Call("GET", url, operation="mailbox", headers=headers, to_file=to_file))

    def scope(self) -> str:
        return self._token().scope

    def _signed(self, endpoint: Endpoint, parts: Mapping[str, str], params: Mapping[str, Any], body: Any) -> Call:
        return Call(
            method=endpoint.method,
            url=f"{self.host}{endpoint.path_for(**parts)}",
            operation=endpoint.operation,
            headers={"Authorization": f"Bearer {self._token().text}", "Accept": "application/json"},
            params=params,
            json=body,
            idempotent=endpoint.is_repeatable,
        )

    @property
    def _key(self) -> Key:
        return key_of(self.host, *(f"{name}={value}" for name, value in sorted(self._form().items())))

    def _form(self) -> dict[str, str]:
        credentials, settings = self._account.credentials, self._account.settings
        return {
            "grant_type": "client_credentials",
            "client_id": credentials.get("client_id", ""),
            "client_secret": credentials.get("client_secret", ""),
            "scope": settings.get("scopes") or SCOPES,
        }

    def _token(self) -> Token:
        return tokens.current(self._key, self._asked)

    def _asked(self) -> Token:
        url = f"{self.host}{self._account.settings.get('token_path') or TOKEN_PATH}"
        answer = self._session.call(Call("POST", url, operation="token", data=self._form())).json()
        lifetime = float(answer.get("expires_in") or UNTOLD_LIFETIME_S)
        return tokens.lasting(str(answer.get("access_token", "")), lifetime, str(answer.get("scope", "")))
