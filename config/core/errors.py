"""The only four families of failure, sorted by what to do next. A message says what, which, and what to do."""

from __future__ import annotations

from datetime import datetime


class NinefoldError(Exception):
    """Base of the four families; `code` groups equal causes in counts and tickets."""

    code = "error"

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).code


class Transient(NinefoldError):
    """Will probably heal by itself: try again later."""

    code = "transient"


class RateLimited(Transient):
    """Too many calls: come back at `until` (UTC), leave the worker free until then."""

    code = "rate_limited"

    def __init__(self, message: str, *, until: datetime, code: str = "") -> None:
        super().__init__(message, code=code)
        self.until = until


class NeedsOperator(NinefoldError):
    """Only a person can heal it (revoked token, missing role): pause with this reason."""

    code = "needs_operator"


class Rejected(NinefoldError):
    """The request or the data is wrong and repeating will not help."""

    code = "rejected"
