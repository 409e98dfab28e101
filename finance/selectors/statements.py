"""Questions about statements: which do not tie out, what stands on them, where each row came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from finance.classes import Scope
from finance.models import (
    Deposit,
    Discrepancy,
    DiscrepancyKind,
    DiscrepancyState,
    FeeQuote,
    IdentityCheck,
    Match,
    Settlement,
    SettlementLine,
)
from inventory import selectors as orders
from marketplaces import selectors as pages
from marketplaces.models import RawPage

_OPEN = Q(discrepancies__state=DiscrepancyState.OPEN)


def statements() -> QuerySet[Settlement]:
    """All statements, newest first, each with `flags`: the kinds of open discrepancies that stand on it."""
    flags = ArrayAgg("discrepancies__kind", filter=_OPEN, distinct=True, default=[])
    return Settlement.objects.select_related("account").annotate(flags=flags).order_by(
        F("period_end").desc(nulls_last=True), "-pk"
    )  # fmt: skip


def statement_status() -> list[dict[str, Any]]:
    """One plain row per statement for `manage.py status`: amounts as text, None where they cannot be told."""
    return [
        {
            "account": row.account.key,
            "id": row.external_id,
            "currency": row.currency,
            "state": row.state,
            "total": _cents(row.total),
            "residual": _cents(row.residual),
            "flags": sorted(flags),
        }
        for row, flags in ((row, getattr(row, "flags", ())) for row in statements())
    ]


def _cents(amount: Decimal | None) -> str | None:
    """Two decimals, more only where the amount has them."""
    if amount is None:
        return None
    cents = amount.quantize(Decimal("0.01"))
    return str(cents if cents == amount else amount)


@dataclass(frozen=True, slots=True)
class ClassSum:
    """What one class brings to a statement within one scope; negative is a cost."""

    scope: str
    line_class: str
    lines: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDetail:
    """One statement from the bank to its rows, as of its last check."""

    settlement: Settlement
    deposits: Sequence[Deposit]
    classes: Sequence[ClassSum]
    scopes: Mapping[str, Decimal]
    checks: Sequence[IdentityCheck]
    discrepancies: Sequence[Discrepancy]
    page: RawPage | None
    as_of: datetime | None


def statement(*, pk: int) -> StatementDetail:
    """Everything about one statement but its lines; raises Settlement.DoesNotExist."""
    settlement = Settlement.objects.select_related("account").get(pk=pk)
    sums = settlement.lines.values("scope", "line_class").annotate(count=Count("pk"), money=Sum("amount"))
    classes = [
        ClassSum(row["scope"], row["line_class"], row["count"], row["money"])
        for row in sums.order_by("scope", "line_class")
    ]
    return StatementDetail(
        settlement=settlement,
        deposits=list(settlement.deposits.order_by("booked_on", "pk")),
        classes=classes,
        scopes={s.value: sum((c.amount for c in classes if c.scope == s), Decimal(0)) for s in Scope},
        checks=list(settlement.checks.order_by("number")),
        discrepancies=list(settlement.discrepancies.select_related("order_line").order_by("state", "severity", "pk")),
        page=pages.page(pk=settlement.page_id) if settlement.page_id else None,
        as_of=settlement.checked_at,
    )


def statement_lines(*, settlement: int, scope: str = "", line_class: str = "") -> QuerySet[SettlementLine]:
    """Lines of one statement in the order of the document, optionally of one scope or class."""
    lines = SettlementLine.objects.filter(settlement=settlement).order_by("row_no")
    if scope:
        lines = lines.filter(scope=scope)
    return lines.filter(line_class=line_class) if line_class else lines


def matches_of(*, line_ids: Sequence[int]) -> QuerySet[Match]:
    """What these lines were matched to, with the order line."""
    return (
        Match.objects.filter(settlement_line__in=line_ids)
        .select_related("order_line")
        .order_by("settlement_line", "part")
    )


def candidates(*, line: SettlementLine, most: int = 10) -> list[tuple[int, str, str]]:
    """Order lines that a quarantined line may be about, best first: id, order, why."""
    order = orders.orders().filter(account=line.account_id, external_id=line.order_ref).first()
    ranked = []
    for item in orders.lines_of(order=order)[:200] if order else ():
        same_product = bool(line.remote_id) and item.remote_id == line.remote_id
        same_amount = item.item_total is not None and abs(abs(line.amount) - item.item_total) <= Decimal("0.01")
        reasons = [text for holds, text in ((same_product, "same product"), (same_amount, "same amount")) if holds]
        ranked.append((-len(reasons), item.pk, item.external_id, ", ".join(reasons) or "same order"))
    return [(pk, name, reason) for _, pk, name, reason in sorted(ranked)[:most]]


def settled_of_order(*, account: int, order_ref: str) -> QuerySet[SettlementLine]:
    """Every statement line that names an order, oldest first; for the order's timeline."""
    lines = SettlementLine.objects.filter(account=account, order_ref=order_ref).select_related("settlement")
    return lines.order_by(F("posted_at").asc(nulls_last=True), "settlement", "row_no")


def open_discrepancies() -> QuerySet[Discrepancy]:
    """The work list: most urgent first, then most money, then oldest."""
    found = Discrepancy.objects.filter(state=DiscrepancyState.OPEN).select_related("account", "settlement")
    return found.order_by("severity", F("amount").desc(nulls_last=True), "first_seen_at", "pk")


@dataclass(frozen=True, slots=True)
class Owed:
    """Open discrepancies of one kind in one currency; `amount` counts those whose amount is known."""

    kind: DiscrepancyKind
    currency: str
    count: int
    amount: Decimal | None


def owed_by_kind() -> list[Owed]:
    """What is open, per kind and currency, the most frequent kind first."""
    found = Discrepancy.objects.filter(state=DiscrepancyState.OPEN).order_by().values("kind", "currency")
    rows = found.annotate(count=Count("pk"), money=Sum("amount")).order_by("-count", "kind", "currency")
    return [Owed(DiscrepancyKind(row["kind"]), row["currency"], row["count"], row["money"]) for row in rows]


def discrepancies(*, ids: Sequence[int] | None = None, kind: str = "") -> QuerySet[Discrepancy]:
    """Discrepancies in any state, by id or kind."""
    found = Discrepancy.objects.select_related("account", "settlement", "order_line")
    if ids is not None:
        found = found.filter(pk__in=ids)
    return found.filter(kind=kind) if kind else found


def statements_not_tied() -> QuerySet[Settlement]:
    """Statements that need a person: residual not zero, or an open discrepancy."""
    flagged = Discrepancy.objects.filter(settlement=OuterRef("pk"), state=DiscrepancyState.OPEN)
    return statements().filter(~Q(residual=0) | Exists(flagged))


def deposits_unseen(*, due_before: datetime) -> QuerySet[Settlement]:
    """Statements that pay out and whose deposit no bank file has shown, though it was due."""
    paid = Settlement.objects.filter(total__gt=0, deposit_on__lt=due_before.date(), deposits__isnull=True)
    return paid.select_related("account").order_by("deposit_on", "pk")


def fee_quotes(*, account: int, remote_ids: Sequence[str]) -> QuerySet[FeeQuote]:
    """The latest fee estimates of some products of an account."""
    return FeeQuote.objects.filter(account=account, remote_id__in=remote_ids).order_by("remote_id", "channel")


def counts() -> dict[str, int]:
    """Rows per kind, for `manage.py status`."""
    return {"settlements": Settlement.objects.count(), "settlement_lines": SettlementLine.objects.count()}
