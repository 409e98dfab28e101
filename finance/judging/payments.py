"""Which sales should have been paid and were not, over plain lists: the oracle of that finding in SQL; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from finance.judging.lines import CENT, ZERO, Verdict
from finance.judging.payouts import BREAK_AFTER, Payout, series_of

UNPAID_AFTER, TOLD_AFTER, POSTED_WITHIN = timedelta(days=21), timedelta(days=14), timedelta(days=1)
LAGS_SINCE, LAGS_UNTIL = timedelta(days=120), timedelta(days=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """An order line that went out. `extra` is shipping and wrapping less discounts.

    `has_gone_back`: statements refund it or charge it back. `is_seen`: a row pays for it, names its order and found no
    line, or is about it on a statement that is not whole. `paid_at`: the end of the statement that paid for it.
    `made_good`: what claims and reimbursements brought.
    """

    name: str
    channel: str
    currency: str
    ordered_at: datetime
    sent_at: datetime
    quantity: int
    shipped: int
    item_total: Decimal
    extra: Decimal = ZERO
    made_good: Decimal = ZERO
    is_replacement: bool = False
    has_gone_back: bool = False
    is_seen: bool = False
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """From when to when a series of statements tells everything, and between which moments it does not."""

    first: datetime
    last: datetime
    holes: tuple[tuple[datetime, datetime], ...]


def missing(
    sales: Sequence[Sale],
    payouts: Sequence[Payout],
    *,
    now: datetime,
    urgent: Mapping[str, Decimal],
    lag_lines: int = 200,
) -> list[Verdict]:
    """Of one account: sent longer ago than it takes to be paid, two weeks told by statements since, and not a word about it.

    `urgent` says by currency from which amount on it is; `lag_lines`, from how many paid sales on an account tells its lag.
    """
    covered, lag = _covered(payouts), usual_lag(sales, now=now, least=lag_lines)
    return [
        Verdict("missing_payment", owed, "S1" if owed >= urgent[sale.currency] else "S2", sale.currency, sale.name)
        for sale in sales
        if (owed := _owed(sale)) is not None
        and max(sale.ordered_at, sale.sent_at) < now - lag
        and _is_told(sale, covered)
    ]


def usual_lag(sales: Iterable[Sale], *, now: datetime, least: int) -> timedelta:
    """Within how long 99 of 100 sales are paid, two weeks at least; three weeks where too few tell."""
    since, until = (now - LAGS_SINCE).date(), (now - LAGS_UNTIL).date()
    told = [
        (sale.paid_at - sale.sent_at) for sale in sales if sale.paid_at and since <= sale.ordered_at.date() <= until
    ]
    return max(TOLD_AFTER, sorted(told)[-(-99 * len(told) // 100) - 1]) if len(told) >= least else UNPAID_AFTER


def _owed(sale: Sale) -> Decimal | None:
    if sale.is_seen or sale.has_gone_back or sale.is_replacement or not sale.shipped or sale.item_total <= 0:
        return None
    worth = (sale.item_total * sale.shipped / sale.quantity + sale.extra).quantize(CENT, ROUND_HALF_UP)
    return worth - sale.made_good if worth - sale.made_good >= CENT else None


def _is_told(sale: Sale, covered: dict[tuple[str, str], Covered]) -> bool:
    """By the series of its storefront, or where it has none, by all of its currency."""
    own = covered.get((sale.currency, sale.channel))
    asked = [own] if own else [told for (currency, _), told in covered.items() if currency == sale.currency]
    return bool(asked) and all(
        told.first <= sale.ordered_at
        and told.last >= sale.sent_at + TOLD_AFTER
        and not any(since <= sale.sent_at + POSTED_WITHIN and until >= sale.ordered_at for since, until in told.holes)
        for told in asked
    )


def _covered(payouts: Iterable[Payout]) -> dict[tuple[str, str], Covered]:
    """By currency and storefront; a statement of which only the sum is known tells nothing yet."""
    alike: dict[tuple[str, str], list[list[Payout]]] = defaultdict(list)
    for (currency, chain, kind), mine in series_of(payouts).items():
        told = [payout for payout in mine if payout.lines or not payout.total]
        if kind != "advertising" and told:
            alike[currency, chain].append(told)
    return {
        key: Covered(
            min(payout.start for told in some for payout in told),
            max(payout.end for told in some for payout in told),
            tuple(hole for told in some for hole in _holes(told)),
        )
        for key, some in alike.items()
    }  # fmt: skip


def _holes(told: Sequence[Payout]) -> Iterable[tuple[datetime, datetime]]:
    end = told[0].end
    for payout in told:
        if payout.start - end > BREAK_AFTER:
            yield end, payout.start
        end = max(end, payout.end)
