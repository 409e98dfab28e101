"""Changes to tickets take turns: the engine counts siblings, and people close whole families."""

from __future__ import annotations

from django.db import connection

from config.core import tenancy


def take() -> None:
    """Wait for the client's other changes to tickets; the turn ends with the surrounding transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("tickets")])
