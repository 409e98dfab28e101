"""Access tokens by refresh token, one per account."""

from __future__ import annotations

from config.core import tokens
from config.core.errors import NeedsOperator
from config.core.http import ApiSession, Call
from config.core.tokens import Token
from marketplaces.adapters.amazon.errors import TOKEN
from marketplaces.contract import AccountFacts

TOKEN_HOST = "https://api.amazon.com"  # noqa: S105
_NEEDED = ("client_id", "client_secret", "refresh_token")
kept = tokens.Tokens(renew_before_s=60)


class Tokens:
    """Tokens of one account."""

    def __init__(self, session: ApiSession, account: AccountFacts) -> None:
        self.session, self.account = session, account
        self._key = tokens.key_of(f"{account.tenant}:{account.key}", account.credentials.get("refresh_token", ""))

    def current(self) -> str:
        """A valid access token; NeedsOperator when the seller revoked it or a credential is missing."""
        return kept.current(self._key, self._fetch).text

    def drop(self) -> None:
        """Forget the token, because it was refused."""
        kept.forget(self._key)

    def _fetch(self) -> Token:
        credentials = self.account.credentials
        missing = [name for name in _NEEDED if not credentials.get(name)]
        if missing:
            raise NeedsOperator(f"The account has no {', '.join(missing)}; enter it.", code="missing_credentials")
        form = {"grant_type": "refresh_token", **{name: credentials[name] for name in _NEEDED}}
        host = self.account.endpoint or TOKEN_HOST
        reply = self.session.call(Call(method="POST", url=f"{host}/auth/o2/token", operation=TOKEN, data=form))
        body = reply.json()
        return kept.lasting(str(body["access_token"]), int(body.get("expires_in", 3600)))
