"""The simulated carriers behind one door: `/<client>/<carrier>/...` goes to that carrier's sandbox."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from inventory.carriers import registry
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.overlay import Overlay

NAME = "carriers"
TROUBLES = "troubles"
KINDS = ("broken", "lost", "slow", "twice")
"""`broken` fails before anything is done; `lost` and `slow` do it and give no answer, or a late one; `twice` does it twice."""


@dataclass(frozen=True, slots=True)
class CarrierView:
    """One client's account at one simulated carrier, at one moment."""

    owner: str
    at: datetime
    overlay: Overlay

    def put(self, shelf: str, key: str, value: Mapping[str, Any]) -> None:
        self.overlay.put(self.owner, shelf, key, value)

    def get(self, shelf: str, key: str) -> dict[str, Any] | None:
        return self.overlay.get(self.owner, shelf, key)

    def all(self, shelf: str) -> Iterator[tuple[str, dict[str, Any]]]:
        return self.overlay.shelf(self.owner, shelf)

    def number(self, shelf: str) -> int:
        """The next number of a shelf, from 1; handed out once."""
        return self.overlay.count(self.owner, shelf)

    def strikes(self, kind: str) -> dict[str, Any] | None:
        """The trouble's settings where it meets this call; it is used up by that, `times` times."""
        found = self.get(TROUBLES, kind)
        if found is None:
            return None
        left = int(found["times"]) - 1
        if left > 0:
            self.put(TROUBLES, kind, {**found, "times": left})
        else:
            self.overlay.remove(self.owner, TROUBLES, kind)
        return found


Serve = Callable[[CarrierView, Request], Answer]


@dataclass(frozen=True, slots=True)
class Way:
    """`pattern` is a regular expression over the whole path; `is_write` ways suffer troubles."""

    method: str
    pattern: str
    serve: Serve
    is_open: bool = False
    is_write: bool = False


@dataclass(frozen=True, slots=True)
class CarrierApi:
    """`API` of a carrier's sandbox.py."""

    ways: tuple[Way, ...]
    authorise: Callable[[CarrierView, Request], Answer | None]
    failed: Callable[[int], Answer]


def owner(client: str, carrier: str) -> str:
    return f"{NAME}/{client}/{carrier}"


def trouble(overlay: Overlay, client: str, carrier: str, kind: str, **settings: Any) -> None:
    """Switch a trouble on; `times` (1) is how many calls it meets."""
    if kind not in KINDS:
        raise ValueError(f"unknown trouble {kind!r}; known: {', '.join(KINDS)}")
    overlay.put(owner(client, carrier), TROUBLES, kind, {"times": 1, **settings})


def answer(request: Request, overlay: Overlay, at: datetime) -> Answer:
    client, _, rest = request.path.lstrip("/").partition("/")
    carrier, _, path = rest.partition("/")
    if not registry.known(carrier):
        return Answer(404, json.dumps({"error": f"no simulated carrier {carrier!r}"}).encode())
    api: CarrierApi = registry.part(carrier, "sandbox").API
    base = f"{request.base_url}/{client}/{carrier}"
    return _serve(
        api, CarrierView(owner(client, carrier), at, overlay), replace(request, path=f"/{path}", base_url=base)
    )


def _serve(api: CarrierApi, view: CarrierView, request: Request) -> Answer:
    for way in api.ways:
        if way.method == request.method and (found := re.fullmatch(way.pattern, request.path)):
            inner = replace(request, match=found.groupdict())
            refused = None if way.is_open else api.authorise(view, request)
            return refused or (_troubled(api, way, view, inner) if way.is_write else way.serve(view, inner))
    return api.failed(404)


def _troubled(api: CarrierApi, way: Way, view: CarrierView, request: Request) -> Answer:
    """A write as it is done, or as it goes wrong; a validation writes nothing and meets no trouble."""
    if request.params.get("validate") == "true":
        return way.serve(view, request)
    if view.strikes("broken"):
        return api.failed(500)
    is_lost, late = view.strikes("lost"), view.strikes("slow")
    if view.strikes("twice"):
        way.serve(view, request)
    done = way.serve(view, request)
    if late:
        time.sleep(float(late.get("seconds", 1)))
    return api.failed(504) if is_lost else done
