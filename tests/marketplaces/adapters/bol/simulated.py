"""bol's sandbox as one HTTP server per test, and clients for it."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from wsgiref.simple_server import WSGIRequestHandler

from config.core.http import ApiSession
from marketplaces.adapters.bol.adapter import ADAPTER
from marketplaces.adapters.bol.client import Client, error_of
from marketplaces.adapters.bol.sandbox import API
from marketplaces.contract import AccountFacts
from marketplaces.sandbox import worlds
from marketplaces.sandbox.facts import Request
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.view import AccountView
from marketplaces.sandbox.wsgi import headers_of, request_of

ORIGIN = date(2026, 1, 1)
NOW = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)
ACCOUNT = ADAPTER.sandbox_accounts[0]
WORLD = worlds.build(ORIGIN, adapters=[ADAPTER])["north"]


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Tests print nothing."""

    def get_environ(self) -> dict[str, str]:
        """The base class invents a content type where the client has sent none."""
        return {**super().get_environ(), "CONTENT_TYPE": self.headers.get("Content-Type", "")}


@dataclass
class Bol:
    """The sandbox of one account at a moment that a test may move; it remembers every request and answer."""

    overlay: Overlay
    at: datetime = NOW
    seen: list[tuple[Request, int, bytes]] = field(default_factory=list)
    refusals: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @property
    def view(self) -> AccountView:
        return AccountView(WORLD, ACCOUNT.key, self.at, self.overlay)

    def application(self, environ, start_response):
        request = request_of(environ)
        if self.refusals and request.path != "/token":
            status, body, headers = self.refusals.pop(0)
            self.seen.append((request, status, body))
            start_response(f"{status} Refused", [*headers.items(), ("Content-Length", str(len(body)))])
            return [body]
        answer = self._answer(request)
        self.seen.append((request, answer.status, answer.body))
        start_response(f"{answer.status} Answered", headers_of(answer))
        return [answer.body]

    def _answer(self, request: Request):
        for route in API.routes:
            match = route.matches(request.method, request.path)
            if match is not None:
                refused = None if route.is_open else API.authorise(self.view, request)
                return refused or route.handler(self.view, replace(request, match=match))
        return API.not_found(request)

    def paths(self) -> list[str]:
        return [f"{request.method} {request.path}" for request, _, _ in self.seen if request.path != "/token"]


_number = itertools.count()


def client_of(bol: Bol, *, subjects=lambda resource: (), settings=None, credentials=None) -> Client:
    facts = AccountFacts(
        tenant="north",
        key=f"bol-{next(_number)}",
        marketplace="bol",
        stores=ADAPTER.stores,
        settings={**ACCOUNT.settings, **(settings or {})},
        credentials=credentials or ACCOUNT.credentials,
        endpoint=bol.url,
    )
    return Client(ApiSession(account=facts, limits={}, error_of=error_of), facts, subjects)


def days(count: float) -> timedelta:
    return timedelta(days=count)
