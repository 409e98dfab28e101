"""One call to the API: host, token, and the single second try with a fresh token."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from config.core import clock
from config.core.errors import NeedsOperator
from config.core.http import ApiSession, Call, Reply
from marketplaces.adapters.amazon.auth import Tokens
from marketplaces.adapters.amazon.errors import DOWNLOAD, UNAUTHORISED
from marketplaces.adapters.amazon.limits import LIMITS
from marketplaces.adapters.amazon.stores import HOSTS
from marketplaces.contract import AccountFacts

_AGENT = "Ninefold/1.0 (Language=Python)"


class Api:
    """Calls of one account. Lists of parameters travel as one text with commas."""

    def __init__(self, session: ApiSession, account: AccountFacts) -> None:
        self.session, self.account = session, account
        self.tokens = Tokens(session, account)
        self.schemas: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._rates = {operation: limit.rate for operation, limit in LIMITS.items()}
        self.host = account.endpoint or HOSTS[account.settings.get("region", "eu")]

    def get(self, operation: str, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        return self._send(operation, "GET", path, params=_texts(params or {}))

    def write(
        self, operation: str, method: str, path: str, *, body: Any, params: Mapping[str, Any] | None = None,
        idempotent: bool = False,
    ) -> Reply:  # fmt: skip
        return self._send(operation, method, path, params=_texts(params or {}), json=body, idempotent=idempotent)

    def download(self, url: str) -> Reply:
        """A document from their storage, into a file; the address itself is the permission, so no token goes along."""
        return self.session.call(Call(method="GET", url=url, operation=DOWNLOAD, to_file=True, label="document"))

    def _send(self, operation: str, method: str, path: str, **parts: Any) -> Reply:
        try:
            return self._once(operation, method, path, **parts)
        except NeedsOperator as error:
            if error.code != UNAUTHORISED:
                raise
            self.tokens.drop()
        return self._once(operation, method, path, **parts)

    def _once(self, operation: str, method: str, path: str, **parts: Any) -> Reply:
        headers = {
            "x-amz-access-token": self.tokens.current(),
            "x-amz-date": clock.now().strftime("%Y%m%dT%H%M%SZ"),
            "user-agent": _AGENT,
            "accept": "application/json",
        }
        call = Call(method=method, url=self.host + path, operation=operation, headers=headers, label=operation, **parts)
        reply = self.session.call(call)
        self._learn(operation, reply)
        return reply

    def _learn(self, operation: str, reply: Reply) -> None:
        """Some answers tell the rate that this account has now; it counts from then on."""
        told = next((value for name, value in reply.headers.items() if name.lower() == "x-amzn-ratelimit-limit"), "")
        try:
            rate = Decimal(told or "0")
        except InvalidOperation:
            return
        if rate.is_finite() and rate > 0 and rate != self._rates.get(operation):
            self._rates[operation] = rate
            self.session.learn(operation, rate)


def segment(text: str) -> str:
    """One segment of a path: slashes, percent signs and spaces of a sku must not change the path."""
    return quote(text, safe="")


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else ",".join(str(item) for item in value)
        for name, value in params.items()
        if value
    }
