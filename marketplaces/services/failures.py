"""When a run that makes many calls goes on after one that failed, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from config.core.errors import RateLimited, Transient

MOST_FAILURES = 3


class Failures:
    """Calls of a run that failed for themselves; after three the marketplace is taken to be away, and the run ends."""

    def __init__(self) -> None:
        self.errors: list[Transient] = []

    @contextmanager
    def passed_over(self) -> Iterator[None]:
        try:
            yield
        except RateLimited:
            raise
        except Transient as error:
            self.errors.append(error)
            if len(self.errors) >= MOST_FAILURES:
                raise

    def tell(self) -> None:
        """Let the run fail after all, so that it is seen and comes again."""
        if self.errors:
            raise self.errors[0]
