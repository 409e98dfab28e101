"""Shares that a marketplace limits: summed over its windows, with what of the limit is used and left; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tickets.health.base import Reading, Seller, Span
from tickets.health.windows import Counts, Share, within


def readings(
    span: Span, metric: str, counts: Mapping[str, Mapping[int, Counts]], *, is_floor: bool = False
) -> Iterator[Reading]:
    """Of a marketplace's several windows, the one that has used most of its limit.

    `counts` are failures and cases per account and day, by what a rule counts (`orders`, `items`). `is_floor`: the
    metric is the share without failures, and its limit the least that it may be.
    """
    for seller, day in span.pairs():
        rules = span.rules_of(seller, metric)
        shares = [within(rule, counts[rule.counts].get(seller.id, {}), day) for rule in rules]
        known = [share for share in shares if share.cases]
        if known:
            yield _reading(
                seller, day, max(known, key=lambda share: share.used(_allowed(share, is_floor))), known, is_floor
            )


def _allowed(share: Share, is_floor: bool) -> Decimal:
    """The limit as a share of failures."""
    return 1 - share.rule.limit if is_floor else share.rule.limit


def _reading(seller: Seller, day: date, share: Share, shown: Sequence[Share], is_floor: bool) -> Reading:
    allowed, ratio = _allowed(share, is_floor), share.ratio
    good = share.cases - share.failures
    return Reading(
        account_id=seller.id, day=day, value=1 - ratio if is_floor and ratio is not None else ratio,
        numerator=good if is_floor else share.failures, denominator=share.cases, samples=share.cases, rule=share.rule,
        used=share.used(allowed), left=share.left(allowed),
        facts={"windows": [_told(each) for each in shown], "counts": share.counts,
               "is_suspension": share.rule.is_suspension},
    )  # fmt: skip


def _told(share: Share) -> dict[str, Any]:
    rule = share.rule
    length = rule.window if rule.window != "rolling" else f"{rule.window_days} days"
    return {
        "window": length, "failures": share.failures, "cases": share.cases, "of": rule.counts,
        "limit": f"{rule.limit.normalize():f}", "least": rule.least_failures,
    }  # fmt: skip
