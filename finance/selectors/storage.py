"""What storing each product in an account's pools should have cost in a month.

As a set, by the rule of `finance.storage`, which a property test compares with this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from finance.fee_sales import SIDES_OF_SKU, digits
from finance.fee_terms import MEASURES, SIDES, charged
from finance.fee_words import REASONS
from finance.selectors.fee_plans import Plan
from finance.storage import CUBIC_MM

_UNIT = " ".join(f"WHEN '{name}' THEN {size}" for name, size in CUBIC_MM.items())
_BY_VOLUME = f"(rule.per_volume * a.unit_days * a.volume / (a.days * CASE rule.volume_unit {_UNIT} END))"
_HELD = f"""
WITH plan AS (
    SELECT told.owner_id, told.fee_vats, rule.*, {digits("rule.currency")} AS digits
    FROM unnest(%(owners)s::bigint[], %(rules)s::bigint[], %(vats)s::jsonb[]) AS told(owner_id, rule_id, fee_vats)
    JOIN finance_feerule rule ON rule.id = told.rule_id
), schedule AS (
    SELECT owner_id, min(currency) AS currency, bool_or(coalesce({SIDES}) IS NOT NULL) AS has_size
    FROM plan AS rule GROUP BY 1
), held AS (
    SELECT house.account_id, day.warehouse_id, day.sku_id, sum(day.on_hand) AS unit_days, %(until)s::date - %(since)s AS days,
        bool_or(day.on_hand IS NULL) OR max(day.day) < %(until)s::date - 1 OR NOT EXISTS (SELECT FROM inventory_stockday former
            WHERE former.warehouse_id = day.warehouse_id AND former.day <= %(since)s) AS is_unseen
    FROM inventory_stockday day JOIN inventory_warehouse house ON house.id = day.warehouse_id
    WHERE house.account_id = ANY(%(accounts)s) AND house.fulfilment = 'marketplace'
        AND day.day >= %(since)s AND day.day < %(until)s
    GROUP BY 1, 2, 3
)
SELECT held.account_id, sku.code, house.label, CASE WHEN NOT is_unseen THEN round(unit_days::numeric / days, 2) END,
    coalesce(schedule.currency, ''), CASE WHEN NOT is_unseen THEN -fit.amount END,
    CASE WHEN schedule.owner_id IS NULL THEN 'no_storage_rate' WHEN is_unseen THEN 'not_counted'
        WHEN fit.amount IS NOT NULL THEN '' WHEN fit.id IS NULL AND NOT (schedule.has_size AND sides.longest_mm IS NULL)
            THEN 'no_tier'
        WHEN fit.id IS NULL OR (fit.per_volume <> 0 AND sides.longest_mm IS NULL) THEN 'no_size' ELSE 'no_fee_vat' END
FROM held JOIN catalog_sku sku ON sku.id = held.sku_id JOIN inventory_warehouse house ON house.id = held.warehouse_id
{SIDES_OF_SKU}
LEFT JOIN schedule ON schedule.owner_id = held.account_id
LEFT JOIN LATERAL (
    SELECT rule.id, rule.per_volume, worth.amount FROM plan AS rule
    CROSS JOIN LATERAL (SELECT sides.*, held.unit_days, held.days, held.unit_days::numeric / held.days AS units,
        sides.longest_mm::numeric * sides.middle_mm * sides.shortest_mm AS volume, rule.fee_vats, rule.digits) AS a
    CROSS JOIN LATERAL ({charged(f"CASE WHEN rule.per_volume = 0 THEN 0 ELSE {_BY_VOLUME} END")}) AS worth
    WHERE rule.owner_id = held.account_id AND {MEASURES} ORDER BY {SIDES}, rule.id LIMIT 1
) AS fit ON true
WHERE is_unseen OR unit_days <> 0
UNION ALL
SELECT house.account_id, '', house.label, NULL, coalesce(schedule.currency, ''), NULL, 'not_linked'
FROM inventory_warehouse house LEFT JOIN schedule ON schedule.owner_id = house.account_id
WHERE house.account_id = ANY(%(accounts)s) AND house.fulfilment = 'marketplace' AND EXISTS (
    SELECT FROM inventory_stocklevel level WHERE level.warehouse_id = house.id AND level.sku_id IS NULL
        AND coalesce(level.available, 0) + coalesce(level.reserved, 0) > 0)
ORDER BY 1, 2, 3
"""  # noqa: S608 - fragments of one statement, no values


@dataclass(slots=True)
class Stored:
    """One product in one place: `units` on average over the month; amounts negative, None with `why` where not known.

    A blank `sku` stands for all goods of the place that are linked to no product, so that nobody counts them.
    """

    account: Any
    sku: str
    place: str
    units: Decimal | None
    currency: str
    expected: Decimal | None
    reason: str = ""
    charged: Decimal | None = None

    @property
    def why(self) -> str:
        return REASONS.get(self.reason, self.reason)


def of_month(
    accounts: Iterable[Any], plans: Mapping[int, Plan], *, first: date, until: date, is_over: bool
) -> list[Stored]:
    """Every product that these accounts' pools held in the days from `first` to before `until`; what it cost once over."""
    named = {account.pk: account for account in accounts}
    told = [(pk, rule.pk, json.dumps(plan.vats, default=str)) for pk, plan in plans.items() for rule in plan.rules]
    owners, rules, vats = zip(*told, strict=True) if told else ((), (), ())
    given: dict[str, Any] = {
        "accounts": list(named), "since": first, "until": until, "owners": list(owners), "rules": list(rules),
        "vats": list(vats),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HELD, given)
        rows = cursor.fetchall()
    return [
        Stored(named[pk], sku, place, units, currency, expected if is_over else None, reason if is_over else "not_over")
        for pk, sku, place, units, currency, expected, reason in rows
    ]
