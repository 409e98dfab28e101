"""How an adapter's sandbox file says which requests it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from marketplaces.sandbox.facts import Answer, Request, View

Handler = Callable[[View, Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is a regular expression over the whole path after the account's prefix; named groups go to `match`.

    `operation` names the limit (Adapter.limits) that the server charges, in simulated time, before the handler runs.
    `is_open` routes (token endpoints, document downloads) are reached without the adapter's authorisation check.
    """

    method: str
    pattern: str
    handler: Handler
    operation: str = ""
    is_open: bool = False

    def matches(self, method: str, path: str) -> Mapping[str, str] | None:
        found = re.fullmatch(self.pattern, path) if method == self.method else None
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True)
class SandboxApi:
    """`API` of an adapter's sandbox.py: its routes, how it checks a token, and how it says no.

    Beside it stands `sandbox_event(view, event) -> bytes`, what is pushed; for webhooks also
    `sandbox_headers(body) -> headers`, and subscriptions with their `url` on the shelf `subscriptions`.
    """

    routes: tuple[Route, ...]
    authorise: Callable[[View, Request], Answer | None]
    throttled: Callable[[Request, float], Answer]
    broken: Callable[[Request, int], Answer]
    not_found: Callable[[Request], Answer]
    extra: Mapping[str, str] = field(default_factory=dict)
