"""OTTO's sandbox as one HTTP server per test, and clients for it."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from wsgiref.simple_server import WSGIRequestHandler

from config.core.http import ApiSession
from marketplaces.adapters.otto.adapter import ADAPTER
from marketplaces.adapters.otto.client import Client, error_of
from marketplaces.adapters.otto.sandbox import API
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
TOKEN = "/oauth2/token"


class Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Tests print nothing."""


@dataclass
class Otto:
    """The sandbox of one account at a moment that a test may move; it remembers every request.

    `refusals` are answered first, one per call: status, body and headers.
    """

    overlay: Overlay
    at: datetime = NOW
    seen: list[Request] = field(default_factory=list)
    refusals: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @property
    def view(self) -> AccountView:
        return AccountView(WORLD, ACCOUNT.key, self.at, self.overlay)

    def application(self, environ, start_response):
        request = request_of(environ)
        self.seen.append(request)
        if self.refusals and request.path != TOKEN:
            status, body, headers = self.refusals.pop(0)
            start_response(f"{status} Refused", [*headers.items(), ("Content-Length", str(len(body)))])
            return [body]
        answer = self.answer(request)
        start_response(f"{answer.status} Answered", headers_of(answer))
        return [answer.body]

    def answer(self, request: Request):
        for route in API.routes:
            match = route.matches(request.method, request.path)
            if match is not None:
                refused = None if route.is_open else API.authorise(self.view, request)
                return refused or route.handler(self.view, replace(request, match=match))
        return API.not_found(request)

    def calls(self, path: str, method: str = "GET") -> list[Request]:
        return [request for request in self.seen if (request.method, request.path) == (method, path)]


_number = itertools.count()


def client_of(otto: Otto, *, settings=None, credentials=None) -> Client:
    facts = AccountFacts(
        tenant="north",
        key=f"otto-{next(_number)}",
        marketplace="otto",
        stores=ADAPTER.stores,
        settings={**ACCOUNT.settings, **(settings or {})},
        credentials={**ACCOUNT.credentials, **(credentials or {})},
        endpoint=otto.url,
    )
    return Client(ApiSession(account=facts, limits={}, error_of=error_of), facts)
