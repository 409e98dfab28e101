"""Every simulated marketplace behind one door: `/<client>/<account>/...` goes to that adapter's sandbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from config.core import clock
from marketplaces import registry
from marketplaces.sandbox import chance, truth, worlds
from marketplaces.sandbox.facts import Answer, Request, WriteRefused
from marketplaces.sandbox.limiter import Buckets
from marketplaces.sandbox.neighbours import NEIGHBOURS
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.queue import MessageQueue
from marketplaces.sandbox.troubles import Troubles, UnknownScenario
from marketplaces.sandbox.view import AccountView
from marketplaces.sandbox.wire import Route, SandboxApi
from marketplaces.sandbox.world import World

BROKEN = (500, 503)


class Sandbox:
    """Answers requests. `error_rate` is the share of calls that fail with a server error, by a seeded chance.

    `is_limited` False grants every call at once, for tests that read much while the clock stands still.
    """

    def __init__(
        self,
        found: Mapping[str, World],
        overlay: Overlay,
        *,
        error_rate: float = 0.0,
        is_limited: bool = True,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.worlds, self.overlay, self.now = found, overlay, now
        self.error_rate, self.is_limited = error_rate, is_limited
        self.queue = MessageQueue(overlay)
        self.buckets = Buckets()
        self._marketplaces = worlds.marketplaces()
        self._calls = 0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """`request.path` is the whole path, `request.base_url` scheme and host."""
        head, _, rest = request.path.lstrip("/").partition("/")
        if head.startswith("_"):
            return self._own(head, rest, request)
        account, _, path = rest.partition("/")
        marketplace = self._marketplaces.get((head, account))
        if marketplace is None:
            return _json(404, {"error": f"no simulated account {head}/{account}"})
        inner = replace(request, path=f"/{path}", base_url=f"{request.base_url}/{head}/{account}")
        return self._serve(marketplace, self.view(head, account), inner)

    def view(self, client: str, account: str) -> AccountView:
        return AccountView(self.worlds[client], account, self.now(), self.overlay)

    def marketplace_of(self, view: AccountView) -> str:
        return self._marketplaces[view.account.client, view.account.key]

    def _serve(self, marketplace: str, view: AccountView, request: Request) -> Answer:
        api: SandboxApi = registry.part(marketplace, "sandbox").API
        owner = (view.account.client, view.account.key)
        troubles = Troubles(self.overlay, "/".join(owner))
        route, match = _find(api, request)
        if route is None:
            return api.not_found(request)
        wait = self._wait(marketplace, owner, route, view.at)
        if wait or troubles.strikes("throttle_storm", route.operation):
            return api.throttled(request, wait or 1.0)
        if self._breaks(owner):
            return api.broken(request, BROKEN[self._calls % 2])
        refused = None if route.is_open else api.authorise(view, request)
        try:
            answer = refused or route.handler(view, replace(request, match=match))
        except WriteRefused as error:
            answer = _json(400, {"errors": [{"code": "REFUSED", "message": str(error)}]})
        return troubles.bend(answer, route.operation)

    def _wait(self, marketplace: str, owner: tuple[str, str], route: Route, at: datetime) -> float:
        limit = registry.get(marketplace).limits.get(route.operation)
        if limit is None or not self.is_limited:
            return 0.0
        return self.buckets.take((*owner, route.operation), limit, at)

    def _breaks(self, owner: tuple[str, str]) -> bool:
        if not self.error_rate:
            return False
        with self._lock:
            self._calls += 1
            return chance.share("broken", *owner, self._calls) < self.error_rate

    def _own(self, head: str, rest: str, request: Request) -> Answer:
        """The sandbox's own pages: health, truth, scenarios, and the message queue."""
        if head == "_health":
            return _json(200, {"ok": True, "now": self.now().isoformat()})
        if head == "_truth" and rest in self.worlds:
            return _json(200, truth.summary(self.worlds[rest], self.now()))
        if head == "_queue":
            return self.queue.answer(replace(request, base_url=f"{request.base_url}/_queue"))
        if head[1:] in NEIGHBOURS:
            inner = replace(request, path=f"/{rest}", base_url=f"{request.base_url}/{head}")
            return NEIGHBOURS.get(head[1:])(inner, self.overlay, self.now())
        if head == "_scenarios" and request.method in ("POST", "DELETE"):
            return self._switch(request)
        return _json(404, {"error": f"no page {request.path}"})

    def _switch(self, request: Request) -> Answer:
        """Body: {"client", "account", "name", ...settings}; DELETE switches off."""
        wanted: dict[str, Any] = json.loads(request.body)
        troubles = Troubles(self.overlay, f"{wanted.pop('client')}/{wanted.pop('account')}")
        name = wanted.pop("name")
        if request.method == "DELETE":
            troubles.switch_off(name)
            return _json(200, {"off": name})
        try:
            troubles.switch_on(name, wanted)
        except UnknownScenario as error:
            return _json(400, {"error": str(error)})
        return _json(200, {"on": name})


def _find(api: SandboxApi, request: Request) -> tuple[Route | None, Mapping[str, str]]:
    for route in api.routes:
        match = route.matches(request.method, request.path)
        if match is not None:
            return route, match
    return None, {}


def _json(status: int, body: object) -> Answer:
    return Answer(status, json.dumps(body).encode())
