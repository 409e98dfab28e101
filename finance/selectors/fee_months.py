"""What accounts are charged for a month as a whole, by their schedules and on their statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from finance import fee_amounts
from finance.fee_words import REASONS
from finance.selectors import storage
from finance.selectors.fee_plans import MONTHLY, Plan, Plans
from finance.selectors.storage import Stored
from marketplaces.canonical import LineClass as C

_CHARGED = """
SELECT line.account_id, line.line_class, line.currency, coalesce(sku.code, ''), date_trunc('month', posted.at)::date,
    sum(line.amount)
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
LEFT JOIN catalog_remoteproduct known ON known.account_id = line.account_id AND known.remote_id = line.remote_id
    AND line.remote_id <> ''
LEFT JOIN catalog_sku sku ON sku.id = known.sku_id
CROSS JOIN LATERAL (SELECT coalesce(line.posted_at, s.period_end) AT TIME ZONE 'UTC' AS at) AS posted
WHERE line.line_class = ANY(%(classes)s) AND line.scope = 'account'
    AND s.period_end >= %(since)s AND s.period_start < %(until)s AND posted.at >= %(since)s AND posted.at < %(until)s
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class Monthly:
    """What an account is charged for a month as a whole; `expected` None with `why`, `charged` None where nothing was."""

    account: Any
    line_class: str
    currency: str
    expected: Decimal | None
    charged: Decimal | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """The sums of each account, and what they are made of: what each product should have cost to store."""

    first: date
    sums: list[Monthly]
    stored: list[Stored]


class _Charged:
    """What statements charged, by account, class, currency, product (blank: none is named) and month."""

    def __init__(self, first: date, until: date) -> None:
        self._told: dict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        with connection.cursor() as cursor:
            cursor.execute(_CHARGED, {"classes": list(MONTHLY), "since": first, "until": until})
            for account, line_class, currency, sku, month, amount in cursor.fetchall():
                for product in (sku, None):
                    self._told[account, line_class, month, product][currency] += amount

    def of(self, account: int, month: date, line_class: str, *, sku: str | None = None) -> dict[str, Decimal]:
        """By currency; `sku` None: all products together with what names none."""
        return self._told.get((account, line_class, month, sku), {})


def following(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def months(*, accounts: Iterable[Any], firsts: Sequence[date]) -> list[Month]:
    """These months (their first days, UTC), with what was charged for them, then or in the month after."""
    plans = Plans(accounts)
    charged = _Charged(min(firsts), following(following(max(firsts))))
    return [_month(plans, first, charged) for first in firsts]


def _month(plans: Plans, first: date, charged: _Charged) -> Month:
    held = {account.pk: plans.of(account, C.STORAGE, on=first) for account in plans.accounts}
    is_over = following(first) <= clock.now().date()
    stored = storage.of_month(plans.accounts, held, first=first, until=following(first), is_over=is_over)
    sums = []
    for account in plans.accounts:
        plan = plans.of(account, C.SUBSCRIPTION, on=first)
        sums += _subscription(account, plan, charged.of(account.pk, first, C.SUBSCRIPTION))
        mine = [row for row in stored if row.account == account]
        at = following(first) if held[account.pk].is_charged_later else first
        missing = REASONS["not_counted" if held[account.pk].rules else "no_storage_rate"]
        sums += _storage(account, mine, charged.of(account.pk, at, C.STORAGE), missing=missing)
        for row in mine:
            told = charged.of(account.pk, at, C.STORAGE, sku=row.sku)
            row.charged = told.get(row.currency)
    return Month(first, sums, stored)


def _subscription(account: Any, plan: Plan, charged: dict[str, Decimal]) -> list[Monthly]:
    rows = []
    for currency in sorted({*charged, *([plan.currency] if plan.rules else [])}):
        expected, why = None, "no plan is known"
        if plan.rules and currency == plan.currency:
            expected = fee_amounts.charge(plan.rules[0], Decimal(0), 1, currency, fee_vats=plan.vats)
            why = REASONS["no_fee_vat"] if expected is None else ""
        due = None if expected is None else -expected
        rows.append(Monthly(account, C.SUBSCRIPTION, currency, due, charged.get(currency), why))
    return rows


def _storage(account: Any, stored: Sequence[Stored], charged: dict[str, Decimal], *, missing: str) -> list[Monthly]:
    """A sum is known where that of every product is; else it says of how many not, and why of most of them.

    `missing` is why nothing is told of any.
    """
    by_currency: dict[str, list[Stored]] = defaultdict(list)
    for row in stored:
        by_currency[row.currency].append(row)
    rows = []
    for currency in sorted({*charged, *filter(None, by_currency)}):
        mine = by_currency.get(currency) or by_currency.get("", [])
        amounts = [row.expected for row in mine if row.expected is not None]
        is_known = bool(mine) and len(amounts) == len(mine)
        expected = sum(amounts, Decimal(0)) if is_known else None
        rows.append(
            Monthly(account, C.STORAGE, currency, expected, charged.get(currency), _why(mine) if mine else missing)
        )
    return rows


def _why(stored: Sequence[Stored]) -> str:
    reasons = Counter(row.why for row in stored if row.expected is None)
    if not reasons:
        return ""
    (why, _), unknown = reasons.most_common(1)[0], reasons.total()
    return why if unknown == len(stored) else f"{why}: {unknown} of {len(stored)} products"
