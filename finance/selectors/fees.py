"""Questions about fees: which schedules hold, what they said before, and what was expected against what was charged."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from config.core import clock
from finance.fee_words import REASONS, terms
from finance.models import ExpectedFee, FeeQuote, FeeRule, FeeSource, FeeVat

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
