"""Access tokens as calls carry them: one per process and key, renewed shortly before its end.

They live in real time, whatever the product's clock says. One caller fetches a token, the others of the process wait.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Key = tuple[str, bytes]


def key_of(host: str, *secrets: str) -> Key:
    """Whose token it is: another secret is another token, so that a rotated one is tried at once."""
    return host, hashlib.sha256("\0".join(secrets).encode()).digest()


@dataclass(frozen=True, slots=True)
class Token:
    """`ends` is the moment of the monotonic clock from which it is renewed; `scope` is what it is good for, if told."""

    text: str
    ends: float
    scope: str = ""


class Tokens:
    """The tokens of one marketplace's accounts; `renew_before_s` is how long before its end one is renewed."""

    def __init__(self, *, renew_before_s: float) -> None:
        self._renew_before_s = renew_before_s
        self._kept: dict[Key, Token] = {}
        self._lock = threading.Lock()

    def lasting(self, text: str, seconds: float, scope: str = "") -> Token:
        """A token that was given just now for so many seconds."""
        return Token(text, time.monotonic() + max(seconds - self._renew_before_s, 0.0), scope)

    def current(self, key: Key, fetch: Callable[[], Token]) -> Token:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.ends <= time.monotonic():
                kept = self._kept[key] = fetch()
            return kept

    def forget(self, key: Key) -> bool:
        """Drop a token that was refused; whether there was one."""
        with self._lock:
            return self._kept.pop(key, None) is not None

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
