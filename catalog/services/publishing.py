"""What each offer should say: wishes come in here, as sets, and become writes where the account is trusted to act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from catalog.models import ChangeOutcome, Listing, OfferChange, OfferField, OfferState
from catalog.publishing import answers, deltas
from catalog.publishing.spelling import LIVE, spelled
from config.core import clock
from marketplaces.models import Command
from marketplaces.services import batches

QUIET = timedelta(seconds=5)
"""A write leaves when its field was not wished for again for so long,"""
AT_LATEST = timedelta(seconds=60)
"""or so long after the first wish that was not sent."""

_WANT = f"""
WITH asked AS (
    SELECT * FROM unnest(%(listings)s::bigint[], %(fields)s::text[], %(values)s::text[], %(causes)s::text[],
                         %(cause_ats)s::timestamptz[], %(askers)s::text[])
        AS asked(listing_id, field, value, cause, cause_at, asked_by)
), given AS (
    SELECT asked.listing_id, asked.field, asked.cause_at, asked.asked_by,
           CASE WHEN bound.is_over THEN bound.most::text ELSE asked.value END AS value,
           CASE WHEN bound.is_over THEN left(asked.cause, 120) || ': ' || asked.value || ', of which the marketplace shows '
                || bound.most || ' at most' ELSE asked.cause END AS cause
    FROM asked JOIN catalog_listing listing ON listing.id = asked.listing_id
    JOIN marketplaces_account account ON account.id = listing.account_id
    LEFT JOIN unnest(%(bounded)s::text[], %(mosts)s::int[]) AS known(marketplace, most)
        ON known.marketplace = account.marketplace AND asked.field = 'quantity'
    CROSS JOIN LATERAL (SELECT known.most, CASE WHEN known.most IS NOT NULL
                               THEN asked.value::numeric > known.most ELSE false END AS is_over) AS bound
), landed AS (
    INSERT INTO catalog_offerfield AS stored (
        listing_id, account_id, field, wanted, wanted_at, cause, cause_at, asked_by, live, live_at, confirmed,
        confirmed_at, state, reason, attempts, open_since, due_at)
    SELECT given.listing_id, listing.account_id, given.field, given.value, %(now)s, given.cause, given.cause_at,
           given.asked_by, shown.live, shown.at, CASE WHEN shown.live = given.value THEN shown.live END,
           CASE WHEN shown.live = given.value THEN shown.at END,
           CASE WHEN shown.live = given.value THEN 'confirmed' ELSE 'planned' END, '', 0, %(now)s, %(quiet)s
    FROM given JOIN catalog_listing listing ON listing.id = given.listing_id
    CROSS JOIN LATERAL (SELECT {LIVE.format(field="given.field", listing="listing")} AS live,
                               coalesce(listing.price_seen_at, listing.changed_at, %(now)s) AS at) AS shown
    ORDER BY given.listing_id, given.field
    ON CONFLICT (listing_id, field) DO UPDATE SET
        wanted = excluded.wanted, wanted_at = excluded.wanted_at, cause = excluded.cause,
        cause_at = excluded.cause_at, asked_by = excluded.asked_by, reason = '', attempts = 0, batch_id = NULL,
        state = CASE WHEN excluded.wanted = stored.sent AND stored.sent_at IS NOT NULL THEN 'sent'
                     WHEN stored.sent IS NULL AND excluded.wanted = stored.confirmed
                          AND NOT (stored.live IS DISTINCT FROM stored.confirmed AND stored.live_at > stored.confirmed_at)
                     THEN 'confirmed' ELSE 'planned' END,
        open_since = CASE WHEN stored.state = 'planned' THEN coalesce(stored.open_since, excluded.open_since)
                          ELSE excluded.open_since END,
        due_at = CASE WHEN excluded.wanted = stored.sent THEN NULL
                      WHEN stored.state = 'planned' AND stored.open_since IS NOT NULL
                      THEN least(stored.open_since + %(at_latest)s, excluded.due_at)
                      ELSE excluded.due_at END
    WHERE stored.wanted IS DISTINCT FROM excluded.wanted
    RETURNING id, listing_id, field, account_id, state
), replaced AS (
    UPDATE catalog_offerchange SET outcome = 'superseded' FROM landed
    WHERE offer_id = landed.id AND outcome = 'open' RETURNING 1
), remembered AS (
    INSERT INTO catalog_offerchange
        (offer_id, account_id, value, cause, cause_at, asked_by, wanted_at, confirmed_at, outcome)
    SELECT landed.id, landed.account_id, given.value, given.cause, given.cause_at, given.asked_by, %(now)s,
           CASE WHEN landed.state = 'confirmed' THEN greatest(%(now)s, given.cause_at) END,
           CASE landed.state WHEN 'confirmed' THEN 'confirmed' WHEN 'sent' THEN 'sent' ELSE 'open' END
    FROM landed JOIN given USING (listing_id, field)
)
SELECT landed.account_id, bool_or(landed.state = 'planned' AND account.stage = 'act'), count(*)
FROM landed JOIN marketplaces_account account ON account.id = landed.account_id GROUP BY 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A wish for one field of a listing (a key of `contract.FIELDS`). `cause` says why, `cause_at` since when."""

    listing_id: int
    field: str
    value: Any
    cause: str
    cause_at: datetime
    asked_by: str = ""


def want(wishes: Iterable[Want]) -> int:
    """Write down what offers should say, in one statement; returns how many fields got another value than before.

    The last wish for a field counts; one that repeats what is wanted already changes nothing, unknown listings are
    left out. More units than the marketplace shows become its most, and the cause says so.
    Raises ValidationError for a value that its field cannot have; then nothing is written.
    """
    latest = {(wish.listing_id, wish.field): wish for wish in wishes}
    if not latest:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WANT, _values(list(latest.values())))
        found = cursor.fetchall()
        for account_id, is_to_write, _ in found:
            if is_to_write:
                deltas.ask_again(account_id)
    return sum(count for _, _, count in found)


def written(listing: Listing, field: str, value: int | Decimal, command: Command) -> None:
    """A person's write that is in the outbox already: the wish of its field from now on, and under way."""
    now = clock.now()
    want([Want(
        listing_id=listing.pk, field=field, value=value, cause="asked for directly", cause_at=now,
        asked_by=command.asked_by,
    )])  # fmt: skip
    found = OfferField.objects.filter(listing=listing, field=field)
    found.update(
        command=command, sent=spelled(field, value), sent_at=command.sent_at, state=OfferState.PLANNED, due_at=None,
        open_since=None, batch=None,
    )  # fmt: skip
    OfferChange.objects.filter(offer__in=found, outcome=ChangeOutcome.OPEN).update(outcome=ChangeOutcome.SENT)
    answers.follow([command.pk])


def _values(wishes: list[Want]) -> dict[str, Any]:
    now, bounds = clock.now(), batches.most_units()
    return {
        "bounded": list(bounds),
        "mosts": list(bounds.values()),
        "listings": [wish.listing_id for wish in wishes],
        "fields": [wish.field for wish in wishes],
        "values": [spelled(wish.field, wish.value) for wish in wishes],
        "causes": [wish.cause[:200] for wish in wishes],
        "cause_ats": [wish.cause_at for wish in wishes],
        "askers": [wish.asked_by for wish in wishes],
        "now": now,
        "quiet": now + QUIET,
        "at_latest": AT_LATEST,
    }
