"""Example's tokens: the pair of client id and secret gives one."""

from __future__ import annotations

from config.core.http import ApiSession, Call
from config.core.tokens import Token, Tokens, key_of
from marketplaces.contract import AccountFacts

HOST = "https://api.example.invalid"
tokens = Tokens(renew_before_s=60)


def host(account: AccountFacts) -> str:
    return (account.endpoint or HOST).rstrip("/")


def bearer(session: ApiSession, account: AccountFacts) -> str:
    """A token that lives, fetched when there is none; refused credentials raise NeedsOperator."""
    pair = {name: account.credentials.get(name, "") for name in ("client_id", "client_secret")}

    def fetch() -> Token:
        answer = session.call(Call("POST", f"{host(account)}/token", operation="token", json=pair)).json()
        return tokens.lasting(answer["token"], int(answer["expires_in"]))

    return tokens.current(key_of(host(account), *pair.values()), fetch).text
