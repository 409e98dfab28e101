"""Questions about fees: which schedules hold, what they said before, and what was expected against what was charged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from config.core import clock
from finance.fee_words import REASONS, terms
from finance.models import ExpectedFee, FeeQuote, FeeRule, FeeSource, FeeVat
from marketplaces.canonical import LineClass as C

_SAME = ("marketplace", "channel", "category", "programme", "line_class", "currency")
_CHARGED = """
SELECT item.external_id, line.line_class, sum(found.amount), min(line.currency)
FROM finance_settlementline line JOIN finance_match found ON found.settlement_line_id = line.id
JOIN inventory_orderline item ON item.id = found.order_line_id
WHERE line.account_id = %(account)s AND line.order_ref = %(order)s AND line.order_ref <> ''
    AND line.line_class = ANY(%(classes)s)
GROUP BY 1, 2
"""
_OF_REFUND = {"fee_reversal": "given back with the refund", "administration_fee": "kept of the refund"}
_SHOWN = (
    "commission", "closing", "digital_services", *_OF_REFUND, "fulfilment", "shipping_label", "payment_fee",
    "return_handling",
)  # fmt: skip


def vats() -> QuerySet[FeeVat]:
    """Which VAT comes on top of whose fees, the latest day first; of equal days the latest entered counts."""
    return FeeVat.objects.select_related("account").order_by("account", "line_class", "channel", "-valid_from", "-pk")


def rules() -> QuerySet[FeeRule]:
    """All rows of all schedules, each with `standing`: holds, later, replaced, ended or withdrawn, as of today."""
    today = clock.now().date()
    later = FeeRule.objects.annotate(owner=Coalesce("account_id", 0)).filter(
        withdrawn_at=None, valid_from__gt=OuterRef("valid_from"), valid_from__lte=today,
        owner=Coalesce(OuterRef("account_id"), 0), **{name: OuterRef(name) for name in _SAME},
    )  # fmt: skip
    standing = Case(
        When(~Q(withdrawn_at=None), then=Value("withdrawn")),
        When(valid_from__gt=today, then=Value("later")),
        When(Exists(later), then=Value("replaced")),
        When(is_end=True, then=Value("ended")),
        default=Value("holds"),
        output_field=CharField(),
    )
    return FeeRule.objects.select_related("account").annotate(standing=standing)


def versions(rule: FeeRule) -> QuerySet[FeeRule]:
    """All rows of the key of this one, the newest version first, withdrawn ones too: how the fee changed over time."""
    same = {name: getattr(rule, name) for name in _SAME}
    return rules().filter(account=rule.account_id, **same).order_by("-valid_from", "price_from", "weight_from_g", "pk")


def expected_fees() -> QuerySet[ExpectedFee]:
    return ExpectedFee.objects.select_related("order_line__account", "rule__account", "quote")


def quotes() -> QuerySet[FeeQuote]:
    return FeeQuote.objects.select_related("account")


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee of one order line, expected and charged, both negative as charges; None where not known or not charged.

    `says` is the row, quote or estimate that expects it, dated; `why` is the reason where nothing can be expected.
    """

    line: str
    line_class: str
    expected: Decimal | None
    charged: Decimal | None
    currency: str
    is_within: bool | None
    says: str = ""
    why: str = ""
    rule_id: int | None = field(default=None)

    @property
    def is_of_refund(self) -> bool:
        return self.line_class in _OF_REFUND

    @property
    def variance(self) -> Decimal | None:
        """What was charged less what was expected: minus is too much; None while one of them is not known."""
        return None if self.expected is None or self.charged is None else self.charged - self.expected


def of_order(*, account: int, order_ref: str) -> list[FeeLine]:
    """Every fee of an order's lines: what should be charged, by whom that is said, and what was."""
    found = expected_fees().filter(order_line__account=account, order_line__order_ref=order_ref)
    known = {(fee.order_line.external_id, fee.line_class): fee for fee in found}
    with connection.cursor() as cursor:
        cursor.execute(_CHARGED, {"account": account, "order": order_ref, "classes": list(_SHOWN)})
        charged = {(line, kind): (amount, currency) for line, kind, amount, currency in cursor.fetchall()}
    keys = sorted(known.keys() | charged.keys(), key=lambda key: (key[0], _SHOWN.index(key[1])))
    return [_fee_line(name, kind, known.get((name, kind)), charged.get((name, kind))) for name, kind in keys]


def _fee_line(
    name: str, kind: str, fee: ExpectedFee | None, told: tuple[Decimal, str] | None
) -> FeeLine:  # fmt: skip
    charged, currency = told or (None, fee.currency if fee else "")
    if fee is None:
        why = _OF_REFUND.get(kind, "nobody said what this should be")
        return FeeLine(name, kind, None, charged, currency, None, why=why)
    is_within = None
    if fee.amount is not None and charged is not None:
        is_within = fee.amount - charged <= fee.tolerance
    return FeeLine(
        name, kind, fee.amount, charged, currency, is_within, says=says(fee),
        why=REASONS.get(fee.reason, fee.reason), rule_id=fee.rule_id,
    )  # fmt: skip


def says(fee: ExpectedFee) -> str:
    """Who expects it, with the day from which that holds."""
    if fee.rule:
        return f"{fee.get_source_display()}: {terms(fee.rule)}, from {fee.rule.valid_from}"
    if fee.quote:
        return f"{fee.get_source_display()} of {fee.quote.quoted_at:%Y-%m-%d}, at {fee.quote.price.normalize():f}"
    return str(FeeSource(fee.source).label)


@dataclass(frozen=True, slots=True)
class Monthly:
    """What an account is charged for a month as a whole; `expected` None with `why`, `charged` None where nothing was."""

    account: Any
    line_class: str
    currency: str
    expected: Decimal | None
    charged: Decimal | None
    why: str = ""


_MONTH = """
SELECT line.account_id, line.line_class, line.currency, sum(line.amount) FROM finance_settlementline line
JOIN finance_settlement s ON s.id = line.settlement_id
WHERE line.line_class = ANY(%(classes)s) AND line.scope = 'account'
    AND s.period_end >= %(since)s AND s.period_start < %(until)s
    AND coalesce(line.posted_at, s.period_end) >= %(since)s AND coalesce(line.posted_at, s.period_end) < %(until)s
GROUP BY 1, 2, 3
"""
MONTHLY = (C.SUBSCRIPTION.value, C.STORAGE.value)


def monthly(*, accounts: Iterable[Any], month: date) -> list[Monthly]:
    """Plan and storage of one month (its first day, UTC) of each account: by schedule, and as charged.

    Storage is charged by volume, and no volume of a SKU is known here: what it should be is not known, never zero.
    """
    until = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    with connection.cursor() as cursor:
        cursor.execute(_MONTH, {"classes": list(MONTHLY), "since": month, "until": until})
        charged = {(pk, kind, currency): amount for pk, kind, currency, amount in cursor.fetchall()}
    held = (
        rules().filter(line_class=C.SUBSCRIPTION, withdrawn_at=None, valid_from__lte=month).order_by("valid_from", "pk")
    )
    plans, found = list(held), []
    for account in accounts:
        plan = _plan(plans, account)
        keys = {(kind, currency) for pk, kind, currency in charged if pk == account.pk}
        keys |= {(C.SUBSCRIPTION.value, plan.currency)} if plan else set()
        for kind, currency in sorted(keys):
            mine = plan if plan and kind == C.SUBSCRIPTION and currency == plan.currency else None
            found.append(_monthly(account, kind, currency, mine, charged.get((account.pk, kind, currency))))
    return found


def _plan(plans: Sequence[FeeRule], account: Any) -> FeeRule | None:
    """The subscription of the account's main storefront: its own row, else the published one; the newest of them."""
    here = [plan for plan in plans if plan.channel in ("", *account.stores[:1])]
    own = [plan for plan in here if plan.account_id == account.pk]
    published = [plan for plan in here if plan.marketplace == account.marketplace]
    return next((rows[-1] for rows in (own, published) if rows), None)


def _monthly(account: Any, kind: str, currency: str, rule: FeeRule | None, charged: Decimal | None) -> Monthly:
    if kind == C.STORAGE:
        return Monthly(account, kind, currency, None, charged, REASONS["no_volume"])
    if rule is None or rule.is_end:
        return Monthly(account, kind, currency, None, charged, "no plan is known")
    if rule.vat == "on_top" and rule.vat_rate is None:
        return Monthly(account, kind, currency, None, charged, REASONS["no_fee_vat"])
    return Monthly(account, kind, currency, -rule.per_line * (1 + (rule.vat_rate or 0)), charged)
