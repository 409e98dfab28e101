"""Subjects that wait to be judged: thousands of changes of one subject stay one row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from config.core import clock

BATCH = 500
_ADD = """
INSERT INTO tickets_pendingcheck AS stored (kind, subject, due_at)
SELECT %s, subject, %s FROM unnest(%s::text[]) AS subject ORDER BY subject
ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at WHERE stored.due_at > excluded.due_at
"""
_TAKE = """
DELETE FROM tickets_pendingcheck WHERE id IN (
    SELECT id FROM tickets_pendingcheck
    WHERE due_at <= %(now)s AND kind = (
        SELECT kind FROM tickets_pendingcheck WHERE due_at <= %(now)s ORDER BY due_at, id LIMIT 1
    )
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) RETURNING kind, subject
"""


def add(kind: str, subjects: Iterable[object], *, due_at: datetime | None = None) -> None:
    """Ask that subjects of a kind be judged, now or at `due_at`; the earlier of two wishes counts."""
    unique = sorted({str(subject) for subject in subjects})
    if unique:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [kind, due_at or clock.now(), unique])


def take(limit: int = BATCH) -> tuple[str, list[str]]:
    """Remove and return the longest waiting due subjects of one kind; an empty list when nothing is due.

    The caller judges them in the same transaction, so that a crash loses none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": clock.now(), "limit": limit})
        rows = cursor.fetchall()
    return (rows[0][0] if rows else ""), sorted(subject for _, subject in rows)
