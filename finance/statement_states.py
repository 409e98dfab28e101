"""Which state a statement may move to, as a table; pure. By the sums alone: up to matched; the rest is decided."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from finance.models import PayoutState as P
from finance.models import SettlementState as S

_BY_SUMS = frozenset({S.ANNOUNCED, S.IMPORTED, S.INCONSISTENT, S.TIED, S.MATCHED})
MOVES: dict[str, frozenset[str]] = {
    S.ANNOUNCED: _BY_SUMS,
    S.IMPORTED: _BY_SUMS,
    S.INCONSISTENT: _BY_SUMS,
    S.TIED: _BY_SUMS | {S.LOCKED},
    S.MATCHED: _BY_SUMS | {S.APPROVED},
    S.APPROVED: _BY_SUMS | {S.EXPORTED, S.LOCKED},
    S.EXPORTED: _BY_SUMS | {S.APPROVED, S.LOCKED},
    S.LOCKED: frozenset({S.REISSUED}),
    S.REISSUED: frozenset({S.LOCKED}),
}
"""A new issue or a returned payout opens an approved or exported statement again; a locked one never opens.

A tied one is locked only with its month, where two persons accepted what is not matched.
"""

PAYOUT_MOVES: dict[str, frozenset[str]] = {
    P.ANNOUNCED: frozenset({P.SENT, P.RECEIVED, P.FAILED}),
    P.SENT: frozenset({P.RECEIVED, P.RETURNED, P.FAILED}),
    P.RECEIVED: frozenset({P.RETURNED}),
    P.RETURNED: frozenset({P.ANNOUNCED, P.SENT, P.RECEIVED}),
    P.FAILED: frozenset({P.ANNOUNCED, P.SENT, P.RECEIVED}),
}
CLOSED = frozenset({S.LOCKED.value, S.REISSUED.value})
REOPENED = frozenset({S.APPROVED.value, S.EXPORTED.value})


def check(moves: dict[str, frozenset[str]], present: str, wanted: str) -> None:
    """Refuse a move that the table does not have, saying which there are."""
    if wanted not in moves[present]:
        allowed = ", ".join(sorted(moves[present])) or "nothing"
        raise ValidationError(f"{present} cannot become {wanted}; it can become {allowed}")
