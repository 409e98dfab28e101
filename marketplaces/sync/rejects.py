"""Pieces that could not become rows: kept once, counted again when they come back, closed when they map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from config.core import clock, redaction
from marketplaces import plain
from marketplaces.canonical import Rejected
from marketplaces.models import RejectedRow, RejectedState
from marketplaces.sinks import Source

_KEEP = """
    INSERT INTO marketplaces_rejectedrow AS stored (account_id, resource, run_id, page_id, fingerprint, external_id,
        code, reason, raw, state, attempts, first_seen_at, last_seen_at)
    SELECT %(account)s, %(resource)s, %(run)s, given.page, given.fingerprint, given.external_id, given.code,
        given.reason, given.raw::jsonb, 'open', 1, %(now)s, %(now)s
    FROM unnest(%(pages)s::bigint[], %(fingerprints)s::text[], %(ids)s::text[], %(codes)s::text[], %(reasons)s::text[],
        %(raws)s::text[]) AS given (page, fingerprint, external_id, code, reason, raw)
    ORDER BY given.fingerprint
    ON CONFLICT (account_id, resource, fingerprint) DO UPDATE SET run_id = excluded.run_id, page_id = excluded.page_id,
        code = excluded.code, reason = excluded.reason, attempts = stored.attempts + 1, last_seen_at = %(now)s,
        state = CASE WHEN stored.state = 'dismissed' THEN stored.state ELSE 'open' END
    RETURNING id
"""


def fingerprint(refused: Rejected) -> str:
    """Equal for the same piece of data, whatever the reason of the day, from the wire or from the archive."""
    text = json.dumps([refused.external_id, _raw(refused)], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _raw(refused: Rejected) -> Any:
    """The piece as it came but for its buyers."""
    return redaction.piece(plain.plain(refused.raw))


def keep(source: Source, found: Sequence[tuple[int | None, Rejected]]) -> list[int]:
    """Store (page id, piece) pairs, each piece once; returns their ids."""
    if not found:
        return []
    once = {fingerprint(refused): (page_id, refused) for page_id, refused in found}
    rows = list(once.values())
    values: dict[str, Any] = {
        "account": source.account.pk, "resource": source.resource, "run": source.run_id, "now": clock.now(),
        "pages": [page_id for page_id, _ in rows], "fingerprints": list(once),
        "ids": [plain.plain(r.external_id)[:200] for _, r in rows], "codes": [r.code[:60] for _, r in rows],
        "reasons": [plain.plain(r.reason) for _, r in rows], "raws": [plain.dumps(_raw(r)) for _, r in rows],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        return [row_id for (row_id,) in cursor.fetchall()]


def close_mapped(page_id: int, still_open: Sequence[int]) -> int:
    """Rows of a page that were open and are not refused any more became rows; returns how many."""
    found = RejectedRow.objects.filter(page=page_id, state=RejectedState.OPEN).exclude(pk__in=still_open)
    return found.update(state=RejectedState.REPLAYED, last_seen_at=clock.now())
