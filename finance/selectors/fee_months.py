"""What accounts are charged for a month as a whole, by their schedules and on their statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from config.core.money import minor_unit
from finance import fee_amounts
from finance.closing import next_month
from finance.fee_words import REASONS
from finance.models import FeeRule
from finance.selectors import storage
from finance.selectors.fee_plans import MONTHLY, Plan, Plans
from finance.selectors.storage import Stored
from marketplaces.canonical import LineClass as C

_CHARGED = """
SELECT line.account_id, line.line_class, line.currency, coalesce(sku.code, ''), date_trunc('month', posted.at)::date,
    sum(line.amount), count(*) FILTER (WHERE line.amount < 0), max(line.settlement_id), max(line.id)
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
LEFT JOIN catalog_remoteproduct known ON known.account_id = line.account_id AND known.remote_id = line.remote_id
    AND line.remote_id <> ''
LEFT JOIN catalog_sku sku ON sku.id = known.sku_id
CROSS JOIN LATERAL (SELECT coalesce(line.posted_at, s.period_end) AT TIME ZONE 'UTC' AS at) AS posted
WHERE line.line_class = ANY(%(classes)s) AND line.scope = 'account'
    AND s.period_end >= %(since)s AND s.period_start < %(until)s AND posted.at >= %(since)s AND posted.at < %(until)s
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(slots=True)
class Charge:
    """What statements charged, in so many rows; the last of them, and its statement."""

    amount: Decimal = Decimal(0)
    rows: int = 0
    settlement_id: int = 0
    line_id: int = 0

    def add(self, amount: Decimal, rows: int, settlement_id: int, line_id: int) -> None:
        self.amount += amount
        self.rows += rows
        self.settlement_id, self.line_id = max((self.settlement_id, self.line_id), (settlement_id, line_id))


@dataclass(frozen=True, slots=True)
class Monthly:
    """What an account is charged for a month as a whole; `expected` None with `why`, `charge` None where nothing was.

    `rule` is one of the rows that say so, for `products` of them.
    """

    account: Any
    line_class: str
    currency: str
    expected: Decimal | None
    charge: Charge | None
    why: str = ""
    rule: FeeRule | None = None
    products: int = 1

    @property
    def charged(self) -> Decimal | None:
        return self.charge.amount if self.charge else None

    @property
    def times(self) -> int:
        """How often the schedule's amount is due: a plan as often as it was charged, storage once for all products."""
        return self.charge.rows if self.charge and self.line_class == C.SUBSCRIPTION else 1

    @property
    def over(self) -> Decimal | None:
        """How much more was charged than is due; None where either is not known."""
        return None if self.expected is None or self.charge is None else self.expected * self.times - self.charge.amount

    @property
    def tolerance(self) -> Decimal:
        """How much more may be charged: so much per product, or a share of what is due if that is more."""
        if self.rule is None or self.expected is None:
            return Decimal(0)
        each = max(self.rule.tolerance, minor_unit(self.currency)) * max(self.times, self.products)
        return max(each, -self.expected * self.times * self.rule.tolerance_rate)


@dataclass(frozen=True, slots=True)
class Month:
    """The sums of each account, and what they are made of: what each product should have cost to store."""

    first: date
    sums: list[Monthly]
    stored: list[Stored]


class _Charged:
    """What statements charged, by account, class, currency, product (blank: none is named) and month."""

    def __init__(self, first: date, until: date) -> None:
        self._told: dict[tuple[Any, ...], dict[str, Charge]] = defaultdict(lambda: defaultdict(Charge))
        with connection.cursor() as cursor:
            cursor.execute(_CHARGED, {"classes": list(MONTHLY), "since": first, "until": until})
            for account, line_class, currency, sku, month, *charge in cursor.fetchall():
                for product in (sku, None):
                    self._told[account, line_class, month, product][currency].add(*charge)

    def of(self, account: int, month: date, line_class: str, *, sku: str | None = None) -> dict[str, Charge]:
        """By currency; `sku` None: all products together with what names none."""
        return self._told.get((account, line_class, month, sku), {})


def months(*, accounts: Iterable[Any], firsts: Sequence[date]) -> list[Month]:
    """These months (their first days, UTC), with what was charged for them, then or in the month after."""
    plans = Plans(accounts)
    charged = _Charged(min(firsts), next_month(next_month(max(firsts))))
    return [_month(plans, first, charged) for first in firsts]


def _month(plans: Plans, first: date, charged: _Charged) -> Month:
    held = {account.pk: plans.of(account, C.STORAGE, on=first) for account in plans.accounts}
    is_over = next_month(first) <= clock.now().date()
    stored = storage.of_month(plans.accounts, held, first=first, until=next_month(first), is_over=is_over)
    sums = []
    for account in plans.accounts:
        plan = plans.of(account, C.SUBSCRIPTION, on=first)
        sums += _subscription(account, plan, charged.of(account.pk, first, C.SUBSCRIPTION))
        mine = [row for row in stored if row.account == account]
        at = next_month(first) if held[account.pk].is_charged_later else first
        missing = REASONS["not_counted" if held[account.pk].rules else "no_storage_rate"]
        rule = next(iter(held[account.pk].rules), None)
        sums += _storage(account, mine, charged.of(account.pk, at, C.STORAGE), missing=missing, rule=rule)
        for row in mine:
            told = charged.of(account.pk, at, C.STORAGE, sku=row.sku).get(row.currency)
            row.charged = told.amount if told else None
    return Month(first, sums, stored)


def _subscription(account: Any, plan: Plan, charged: dict[str, Charge]) -> list[Monthly]:
    rows = []
    for currency in sorted({*charged, *([plan.currency] if plan.rules else [])}):
        expected, why = None, "no plan is known"
        if plan.rules and currency == plan.currency:
            expected = fee_amounts.charge(plan.rules[0], Decimal(0), 1, currency, fee_vats=plan.vats)
            why = REASONS["no_fee_vat"] if expected is None else ""
        due = None if expected is None else -expected
        rule = next(iter(plan.rules), None)
        rows.append(Monthly(account, C.SUBSCRIPTION, currency, due, charged.get(currency), why, rule))
    return rows


def _storage(
    account: Any, stored: Sequence[Stored], charged: dict[str, Charge], *, missing: str, rule: FeeRule | None
) -> list[Monthly]:
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
        why = _why(mine) if mine else missing
        rows.append(
            Monthly(account, C.STORAGE, currency, expected, charged.get(currency), why, rule, max(1, len(mine)))
        )
    return rows


def _why(stored: Sequence[Stored]) -> str:
    reasons = Counter(row.why for row in stored if row.expected is None)
    if not reasons:
        return ""
    (why, _), unknown = reasons.most_common(1)[0], reasons.total()
    return why if unknown == len(stored) else f"{why}: {unknown} of {len(stored)} products"
