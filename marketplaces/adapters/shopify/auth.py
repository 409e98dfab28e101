"""Calls that carry a token: the one an older custom app was given, or one of the client-credentials grant (24 hours)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core.errors import NeedsOperator
from config.core.http import ApiSession, Call, Reply
from config.core.tokens import Key, Token, Tokens, key_of
from marketplaces.adapters.shopify.errors import STALE_TOKEN, cost_of
from marketplaces.adapters.shopify.queries import Query
from marketplaces.contract import AccountFacts

VERSION = "2026-04"
MOST_COST = 1000
tokens = Tokens(renew_before_s=300)


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
                if is_last or error.code != STALE_TOKEN or not tokens.forget(self._key):
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
    def _key(self) -> Key:
        credentials = self._account.credentials
        return key_of(self._host, credentials.get("client_id", ""), credentials.get("client_secret", ""))

    def _token(self) -> str:
        return self._account.credentials.get("access_token", "") or tokens.current(self._key, self._fetch).text

    def _fetch(self) -> Token:
        credentials = self._account.credentials
        body = {
            "client_id": credentials.get("client_id", ""),
            "client_secret": credentials.get("client_secret", ""),
            "grant_type": "client_credentials",
        }
        url = f"{self._host}/admin/oauth/access_token"
        answer = self._session.call(Call("POST", url, operation="token", label="token", json=body)).json()
        return tokens.lasting(str(answer.get("access_token", "")), float(answer.get("expires_in", 0)))
