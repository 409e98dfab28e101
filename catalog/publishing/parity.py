"""Everything live against everything intended, of one account in one statement; each run keeps its result."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.db import connection, transaction

from catalog.models import ParityFinding, ParityRun
from catalog.publishing import revenue
from catalog.publishing.tolerance import ALLOWED_DELAY, DIFFERS
from config.core import clock

_COMPARE = f"""
WITH compared AS (
    SELECT f.id, f.listing_id, f.field, f.wanted, f.live, f.state,
           CASE WHEN f.live IS NULL THEN 'unread'
                WHEN NOT {DIFFERS.format(field="f.field", live="f.live", meant="f.wanted")} THEN 'equal'
                WHEN f.wanted_at > %(settled)s THEN 'under_way' ELSE 'drifted' END AS verdict,
           f.live <> f.wanted AND f.field = 'quantity' AND f.live::numeric > f.wanted::numeric AS oversells
    FROM catalog_offerfield f
    WHERE f.account_id = %(account)s AND f.wanted IS NOT NULL AND (%(listings)s::bigint[] IS NULL
          OR f.listing_id = ANY(%(listings)s)) AND NOT EXISTS (
        SELECT 1 FROM catalog_fieldowner own WHERE own.account_id = f.account_id AND own.field = f.field
          AND own.owner <> 'us' AND (own.listing_id = f.listing_id OR own.listing_id IS NULL AND NOT EXISTS (
              SELECT 1 FROM catalog_fieldowner mine WHERE mine.listing_id = f.listing_id AND mine.field = f.field)))
), counted AS (
    SELECT count(*) AS compared, count(*) FILTER (WHERE verdict = 'equal') AS equal,
           count(*) FILTER (WHERE verdict = 'under_way') AS under_way,
           count(*) FILTER (WHERE verdict = 'drifted' AND field = 'price') AS price,
           count(*) FILTER (WHERE verdict = 'drifted' AND field = 'quantity') AS quantity,
           count(*) FILTER (WHERE verdict = 'drifted' AND oversells) AS oversellable,
           count(*) FILTER (WHERE verdict = 'drifted' AND field NOT IN ('price', 'quantity')) AS other,
           count(*) FILTER (WHERE verdict = 'unread') AS unread
    FROM compared
), run AS (
    INSERT INTO catalog_parityrun (account_id, at, cause, compared, equal, under_way, price_drifted, quantity_drifted,
                                   oversellable, other_drifted, unread, revenue)
    SELECT %(account)s, %(now)s, %(cause)s, compared, equal, under_way, price, quantity, oversellable, other, unread, '{{}}'
    FROM counted RETURNING id
), found AS (
    INSERT INTO catalog_parityfinding (run_id, listing_id, field, intended, live)
    SELECT run.id, listing_id, field, wanted, live FROM compared, run WHERE verdict = 'drifted'
), marked AS (
    UPDATE catalog_offerfield f SET state = 'drifted',
        reason = 'the marketplace shows ' || left(f.live, 120) || ' instead of ' || left(f.wanted, 120)
    FROM compared WHERE f.id = compared.id AND compared.verdict = 'drifted' AND compared.state = 'confirmed'
)
SELECT id FROM run
"""  # noqa: S608


def compare(account_id: int, listing_ids: list[int] | None = None, cause: str = "") -> dict[str, int]:
    """Compare what the account shows, as last read, with what we want; of all its offers or of some."""
    given = {
        "account": account_id, "listings": listing_ids, "now": clock.now(), "settled": clock.now() - ALLOWED_DELAY,
        "cause": cause,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COMPARE, given)
        run = ParityRun.objects.get(pk=cursor.fetchone()[0])
        run.revenue = _revenue(run)
        run.save(update_fields=["revenue"])
    return {"compared": run.compared, "drifted": run.drifted}


def _revenue(run: ParityRun) -> dict[str, dict[str, str]]:
    """By currency: what all SKUs of the account earned in 30 days, and those that have drifted."""
    pairs = set(ParityFinding.objects.filter(run=run).values_list("listing__sku_id", "listing__channel"))
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in revenue.earned(run.account_id):
        sums[row.currency][0] += row.revenue
        sums[row.currency][1] += row.revenue if (row.sku_id, row.channel) in pairs else Decimal(0)
    return {
        currency: {"all": str(every), "drifted": str(drifted)} for currency, (every, drifted) in sorted(sums.items())
    }
