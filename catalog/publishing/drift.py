"""What others changed in fields that we own: seen in every reading of an offer, then restored, adopted, or asked about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from catalog.models import OfferField
from catalog.publishing import deltas, likeness
from catalog.publishing.likeness import Shown
from catalog.publishing.tolerance import ALLOWED_DELAY, DIFFERS
from config.core import clock
from marketplaces.canonical import EDITED

REFRESH = timedelta(hours=1)
MOST_RESTORES = 3
RESTORED = "restored after a foreign change"
_OBSERVE = f"""
WITH told AS (
    SELECT * FROM jsonb_to_recordset(%(told)s::jsonb) AS told(channel text, external_id text, field text, live text)
), seen AS (
    SELECT f.id, told.live,
           f.sent IS NULL AND told.live = f.wanted AND f.state <> 'confirmed' AS settles,
           f.sent IS NULL AND f.state = 'confirmed' AND coalesce(own.owner, 'us') = 'us'
               AND %(at)s > f.confirmed_at + %(delay)s
               AND {DIFFERS.format(field="f.field", live="told.live", meant="f.confirmed")} AS drifts
    FROM told JOIN catalog_listing l
      ON l.account_id = %(account)s AND l.channel = told.channel AND l.external_id = told.external_id
    JOIN catalog_offerfield f ON f.listing_id = l.id AND f.field = told.field
    LEFT JOIN LATERAL (
        SELECT owner FROM catalog_fieldowner o
        WHERE o.account_id = f.account_id AND o.field = f.field AND (o.listing_id = l.id OR o.listing_id IS NULL)
        ORDER BY o.listing_id NULLS LAST LIMIT 1) AS own ON true
    WHERE f.live_at IS NULL OR f.live_at <= %(at)s
    ORDER BY f.id FOR UPDATE OF f
), written AS (
    UPDATE catalog_offerfield f SET live = seen.live, live_at = %(at)s,
        state = CASE WHEN settles THEN 'confirmed' WHEN drifts THEN 'drifted' ELSE f.state END,
        reason = CASE WHEN settles THEN ''
                      WHEN drifts THEN 'the marketplace shows ' || left(seen.live, 120)
                           || ' instead of ' || left(f.confirmed, 120) || coalesce((
                               SELECT '; ' || i.message FROM catalog_listingissue i
                               WHERE i.listing_id = f.listing_id AND i.code = '{EDITED}' AND i.is_open
                                 AND f.field NOT IN ('price', 'quantity')), '')
                      ELSE f.reason END,
        confirmed = CASE WHEN settles THEN seen.live ELSE f.confirmed END,
        confirmed_at = CASE WHEN settles THEN %(at)s ELSE f.confirmed_at END,
        due_at = CASE WHEN settles THEN NULL ELSE f.due_at END,
        open_since = CASE WHEN settles THEN NULL ELSE f.open_since END
    FROM seen WHERE f.id = seen.id
      AND (settles OR drifts OR f.live IS DISTINCT FROM seen.live OR f.live_at < %(at)s - %(refresh)s)
    RETURNING f.id, f.state, settles
), told_changes AS (
    UPDATE catalog_offerchange change SET confirmed_at = greatest(%(at)s, change.cause_at),
        outcome = CASE WHEN change.outcome = 'superseded' THEN change.outcome ELSE 'confirmed' END
    FROM written WHERE written.settles AND change.offer_id = written.id AND change.confirmed_at IS NULL
      AND change.outcome <> 'rejected'
)
SELECT count(*) FILTER (WHERE state = 'drifted') FROM written
"""  # noqa: S608
_SETTLE = """
WITH drifted AS (
    SELECT f.id, f.live, coalesce(own.on_drift, CASE f.field WHEN 'quantity' THEN 'restore' ELSE 'ask' END) AS on_drift,
           (SELECT count(*) FROM catalog_offerchange c WHERE c.offer_id = f.id AND c.cause = %(restored)s
            AND c.wanted_at > %(since)s) AS restores
    FROM catalog_offerfield f
    LEFT JOIN LATERAL (
        SELECT on_drift FROM catalog_fieldowner o
        WHERE o.account_id = f.account_id AND o.field = f.field AND (o.listing_id = f.listing_id OR o.listing_id IS NULL)
        ORDER BY o.listing_id NULLS LAST LIMIT 1) AS own ON true
    WHERE f.state = 'drifted' AND (%(ids)s::bigint[] IS NULL OR f.id = ANY(%(ids)s))
    ORDER BY f.id FOR UPDATE OF f
), settled AS (
    UPDATE catalog_offerfield f SET
        state = CASE coalesce(%(how)s, on_drift) WHEN 'adopt' THEN 'confirmed' ELSE 'planned' END,
        wanted = CASE coalesce(%(how)s, on_drift) WHEN 'adopt' THEN f.live ELSE f.wanted END,
        wanted_at = %(now)s, confirmed = f.live, confirmed_at = coalesce(f.live_at, f.confirmed_at),
        cause = CASE coalesce(%(how)s, on_drift) WHEN 'adopt' THEN %(adopted)s ELSE %(restored)s END, cause_at = %(now)s,
        asked_by = %(by)s, reason = '', attempts = 0,
        due_at = CASE coalesce(%(how)s, on_drift) WHEN 'adopt' THEN NULL ELSE %(now)s END
    FROM drifted
    WHERE f.id = drifted.id AND f.live IS NOT NULL AND (
        %(how)s IS NOT NULL OR on_drift = 'adopt' OR on_drift = 'restore' AND restores < %(most)s)
    RETURNING f.id, f.account_id, f.wanted, f.state, f.cause
)
, remembered AS (
    INSERT INTO catalog_offerchange
        (offer_id, account_id, value, cause, cause_at, asked_by, wanted_at, confirmed_at, outcome)
    SELECT id, account_id, wanted, cause, %(now)s, %(by)s, %(now)s,
           CASE state WHEN 'confirmed' THEN %(now)s END, CASE state WHEN 'confirmed' THEN 'confirmed' ELSE 'open' END
    FROM settled
)
SELECT account_id, count(*) FROM settled GROUP BY 1
"""


def observe(account_id: int, shown: Iterable[Shown], at: datetime) -> int:
    """Compare a reading with what we want and what was confirmed; returns how many fields have drifted.

    A reading that shows what is wanted confirms it, whoever wrote it. While a write of ours is under way its own
    read-back decides.
    """
    if not OfferField.objects.filter(account=account_id).exists():
        return 0
    told = [
        {"channel": s.channel, "external_id": s.external_id, "field": s.field, "live": s.live}
        for s in likeness.respelled(account_id, shown)
    ]
    if not told:
        return 0
    given = {
        "account": account_id, "told": json.dumps(told), "at": at, "delay": ALLOWED_DELAY, "refresh": REFRESH,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OBSERVE, given)
        return int(cursor.fetchone()[0])


def settle(ids: list[int] | None = None, *, how: str | None = None, by: str = "") -> int:
    """Restore or adopt what has drifted: these fields as a person says, or all by the setting of each.

    A field that was restored three times within a day is left to a person: somebody else keeps changing it.
    """
    now = clock.now()
    given = {
        "ids": ids, "how": how, "by": by, "now": now, "since": now - timedelta(days=1), "most": MOST_RESTORES,
        "restored": RESTORED, "adopted": "their value was taken over",
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SETTLE, given)
        found = cursor.fetchall()
        for account_id, _ in found:
            deltas.ask_again(account_id)
    return sum(count for _, count in found)


def sweep() -> dict[str, int]:
    """What is due in all accounts, and what drifted and has a setting."""
    return {"settled": settle(), **deltas.sweep()}
