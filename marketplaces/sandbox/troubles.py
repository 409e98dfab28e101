"""Troubles of the wire that are switched on and off while the server runs."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marketplaces.sandbox import carelessness
from marketplaces.sandbox.facts import Answer
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.view import SCENARIOS

GZIP = b"\x1f\x8b"
HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>We will be right back.</body></html>"
WIRE = ("html_error", "truncated_gzip", "plain_gzip", "throttle_storm")
ABOUT = {"stock_out": "sku", "order_cancelled": "order"}
"""Troubles of one thing, and the setting that names it."""
NAMES = (*WIRE, "token_revoked", "stock_out", "order_cancelled", carelessness.NAME)


class UnknownScenario(ValueError):
    """No trouble has this name."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """The switches of one account, kept in the overlay."""

    overlay: Overlay
    owner: str

    def switch_on(self, name: str, settings: Mapping[str, Any]) -> None:
        """`count` ends it after so many answers; `operation` limits it to one.

        stock_out needs `sku` and `on`, order_cancelled the `order` (its serial) and `at`.
        """
        if name not in NAMES:
            raise UnknownScenario(f"unknown scenario {name!r}; known: {', '.join(NAMES)}")
        key = f"{name}/{settings[ABOUT[name]]}" if name in ABOUT else name
        self.overlay.put(self.owner, SCENARIOS, key, settings)

    def switch_off(self, name: str) -> None:
        for key, _ in list(self.overlay.shelf(self.owner, SCENARIOS)):
            if key.partition("/")[0] == name:
                self.overlay.remove(self.owner, SCENARIOS, key)

    def strikes(self, name: str, operation: str) -> bool:
        """Whether the trouble meets this call; a counted one is used up by it."""
        settings = self.overlay.get(self.owner, SCENARIOS, name)
        if settings is None or settings.get("operation", operation) != operation:
            return False
        left = settings.get("count")
        if left is not None:
            if left <= 1:
                self.overlay.remove(self.owner, SCENARIOS, name)
            else:
                self.overlay.put(self.owner, SCENARIOS, name, {**settings, "count": left - 1})
        return True

    def bend(self, answer: Answer, operation: str) -> Answer:
        """The answer as it leaves, spoilt where a trouble says so."""
        if answer.status == 200 and self.strikes("html_error", operation):
            return Answer(200, HTML, "text/html")
        if answer.body.startswith(GZIP) and self.strikes("truncated_gzip", operation):
            return replace(answer, body=answer.body[: len(answer.body) * 2 // 3])
        if answer.body.startswith(GZIP) and self.strikes("plain_gzip", operation):
            return replace(answer, body=_unpacked(answer.body))
        return answer


def _unpacked(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
