"""What the outbox learned about our writes, carried to the fields that they were made for.

A refusal stays until somebody wants another value. What was taken and never showed is sent again, later each time;
when the attempts are spent it is unknown, with the reason, and a ticket is opened about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from catalog.publishing import deltas, learning
from config.core import clock

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=2))
_FOLLOW = """
WITH moved AS (
    SELECT f.id, c.state, c.sent_at, c.confirmed_at, c.reason, f.sent, f.wanted = f.sent AS is_latest,
           f.attempts < %(budget)s AS may_retry
    FROM catalog_offerfield f JOIN marketplaces_command c ON c.id = f.command_id
    WHERE c.id = ANY(%(commands)s) AND c.state NOT IN ('planned', 'superseded')
      AND (f.sent IS NOT NULL OR c.state = 'drifted') ORDER BY f.id FOR UPDATE OF f
), written AS (
    UPDATE catalog_offerfield f SET
        state = CASE WHEN NOT coalesce(is_latest, f.state = 'confirmed') THEN f.state
                     WHEN moved.state = 'parked' AND may_retry THEN 'planned'
                     WHEN moved.state = 'parked' THEN 'unknown' ELSE moved.state END,
        reason = CASE WHEN NOT coalesce(is_latest, true) THEN f.reason
                      WHEN moved.state = 'parked' AND may_retry THEN moved.reason || '; it is sent again'
                      ELSE moved.reason END,
        confirmed = CASE moved.state WHEN 'confirmed' THEN moved.sent ELSE f.confirmed END,
        confirmed_at = CASE moved.state WHEN 'confirmed' THEN moved.confirmed_at ELSE f.confirmed_at END,
        live = CASE moved.state WHEN 'confirmed' THEN moved.sent ELSE f.live END,
        live_at = CASE moved.state WHEN 'confirmed' THEN moved.confirmed_at ELSE f.live_at END,
        sent = CASE WHEN moved.state IN ('confirmed', 'rejected', 'parked', 'drifted') THEN NULL ELSE f.sent END,
        sent_at = coalesce(moved.sent_at, f.sent_at),
        due_at = CASE WHEN moved.state = 'parked' AND may_retry AND is_latest
                      THEN %(now)s + (%(waits)s::interval[])[f.attempts + 1] ELSE f.due_at END,
        attempts = CASE moved.state WHEN 'parked' THEN f.attempts + 1 WHEN 'confirmed' THEN 0 ELSE f.attempts END
    FROM moved WHERE f.id = moved.id
    RETURNING f.id, f.account_id, f.state, moved.state AS answer, moved.sent_at, moved.confirmed_at
), told AS (
    UPDATE catalog_offerchange change SET
        sent_at = coalesce(change.sent_at, written.sent_at),
        confirmed_at = CASE written.answer WHEN 'confirmed' THEN greatest(written.confirmed_at, change.cause_at) END,
        outcome = CASE WHEN change.outcome = 'superseded' THEN change.outcome
                       WHEN written.answer = 'parked' AND written.state = 'planned' THEN 'open'
                       WHEN written.answer IN ('confirmed', 'rejected') THEN written.answer ELSE 'sent' END
    FROM written
    WHERE change.offer_id = written.id AND change.confirmed_at IS NULL AND change.outcome IN ('sent', 'superseded')
      AND change.id <= (SELECT max(id) FROM catalog_offerchange last
                        WHERE last.offer_id = written.id AND last.outcome = 'sent')
)
SELECT account_id, bool_or(state = 'planned'), bool_or(answer = 'drifted') FROM written GROUP BY 1
"""


def follow(command_ids: Sequence[int]) -> None:
    """Take over what became of these writes; those that belong to no field are left alone."""
    learning.learn(command_ids)
    given: dict[str, Any] = {
        "commands": list(command_ids), "now": clock.now(), "budget": len(RETRY_AFTER), "waits": list(RETRY_AFTER),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, given)
        found = cursor.fetchall()
    for account_id, is_planned, _ in found:
        if is_planned:
            deltas.ask_again(account_id)
