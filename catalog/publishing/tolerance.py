"""When a value that is shown counts as another one than the value that is meant (F-17). Pure, with its SQL twin.

A price or text must be equal. Units may be fewer, for they sell: by 2 or by a tenth; one more than meant may be oversold.
"""

from __future__ import annotations

from datetime import timedelta

from catalog.models.publishing import QUANTITY

ALLOWED_DELAY = timedelta(minutes=30)
"""A reading so soon after a wish or a confirmation may show what was before."""

DIFFERS = """({live} IS DISTINCT FROM {meant} AND CASE WHEN {field} <> 'quantity' THEN true
    ELSE {live}::numeric > {meant}::numeric
         OR {live}::numeric < {meant}::numeric - greatest(2, {meant}::numeric / 10) END)"""


def differs(field: str, live: str, meant: str) -> bool:
    """Whether what is shown is drift from what is meant."""
    if field != QUANTITY:
        return live != meant
    shown, wanted = int(live), int(meant)
    return shown > wanted or shown < wanted - max(2, wanted / 10)
