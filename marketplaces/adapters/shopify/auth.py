"""Calls that carry a token: the one an older custom app was given, or one of the client-credentials grant (24 hours).

A token is kept per process and renewed shortly before it ends, in real time, whatever the product's clock says.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from typing import Any

from config.core.errors import NeedsOperator
from config.core.http import ApiSession, Call, Reply
from marketplaces.adapters.shopify.errors import STALE_TOKEN, cost_of
from marketplaces.adapters.shopify.queries import Query
from marketplaces.contract import AccountFacts

VERSION = "2026-04"
RENEW_BEFORE_S = 300.0
MOST_COST = 1000
_kept: dict[tuple[str, bytes], tuple[str, float]] = {}
_lock = threading.Lock()


class Api:
    """GraphQL calls of one account; the cost that an answer tells is what the next call of its kind is charged."""

    def __init__(self, session: ApiSession, account: AccountFacts) -> None:
        self._session, self._account = session, account
        shop = account.settings.get("shop", "").removesuffix(".myshopify.com")
        self._host = (account.endpoint or f"https://{shop}.myshopify.com").rstrip("/")
        self._costs: dict[str, int] = {}

    def call(self, query: Query, /, **variables: Any) -> Reply:
        """Make the call; a token that is refused is renewed once where it was one of ours."""
        for is_last in (False, True):
            try:
                reply = self._session.call(self._signed(query, variables))
            except NeedsOperator as error:
                if is_last or error.code != STALE_TOKEN or not self._forget():
                    raise
            else:
                self._learn(query, reply)
                return reply
        raise AssertionError("unreachable")

    def data(self, query: Query, /, **variables: Any) -> Mapping[str, Any]:
        """The `data` of an answer."""
        found = self.call(query, **variables).json().get("data")
        return found if isinstance(found, Mapping) else {}

    def download(self, url: str) -> Reply:
        """A signed address needs no token."""
        return self._session.call(Call("GET", url, operation="download", to_file=True))

    def _signed(self, query: Query, variables: Mapping[str, Any]) -> Call:
        return Call(
            method="POST",
            url=f"{self._host}/admin/api/{VERSION}/graphql.json",
            operation="graphql",
            label=query.name,
            headers={"X-Shopify-Access-Token": self._token(), "Accept": "application/json"},
            json={"query": query.text, "variables": dict(variables), "operationName": query.name},
            cost=min(self._costs.get(query.name, query.cost), MOST_COST),
            idempotent=query.is_repeatable,
        )

    def _learn(self, query: Query, reply: Reply) -> None:
        asked, status = cost_of(reply.json())
        if asked:
            self._costs[query.name] = max(1, int(asked))
        rate = status.get("restoreRate")
        if rate:
            self._session.learn("graphql", rate)

    @property
    def _key(self) -> tuple[str, bytes]:
        credentials = self._account.credentials
        pair = f"{credentials.get('client_id', '')}:{credentials.get('client_secret', '')}"
        return self._host, hashlib.sha256(pair.encode()).digest()

    def _forget(self) -> bool:
        with _lock:
            return _kept.pop(self._key, None) is not None

    def _token(self) -> str:
        if given := self._account.credentials.get("access_token", ""):
            return given
        with _lock:
            text, ends = _kept.get(self._key, ("", 0.0))
            if ends <= time.monotonic():
                text, ends = _kept[self._key] = self._fetch()
            return text

    def _fetch(self) -> tuple[str, float]:
        credentials = self._account.credentials
        body = {
            "client_id": credentials.get("client_id", ""),
            "client_secret": credentials.get("client_secret", ""),
            "grant_type": "client_credentials",
        }
        url = f"{self._host}/admin/oauth/access_token"
        answer = self._session.call(Call("POST", url, operation="token", label="token", json=body)).json()
        lifetime = float(answer.get("expires_in", 0))
        return str(answer.get("access_token", "")), time.monotonic() + max(lifetime - RENEW_BEFORE_S, 0.0)
