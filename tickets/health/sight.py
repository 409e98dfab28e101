"""Whether we see an account's orders at all: the age of the last good read against what its marketplace allows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from marketplaces import selectors
from tickets.detectors.flows import budget
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

_EXACT = Decimal("0.01")


@metric(
    "order_age", label="Age of orders", effect=Effect.BLIND, unit="times", is_momentary=True,
    what="time since orders were last read well, in multiples of what the marketplace's declaration allows",
    silence="orders were never read",
)  # fmt: skip
def order_age(span: Span) -> Iterator[Reading]:
    """An account that a person paused is not looked at: silence is what they asked for."""
    sellers = {seller.id: seller for seller in span.sellers}
    for flow in selectors.flows().filter(resource="orders", is_paused=False).exclude(account__status="paused"):
        seller = sellers.get(flow.account_id)
        if seller and flow.last_ok_at:
            allowed = Decimal(budget(seller.marketplace, "orders").total_seconds())
            age = Decimal(int((span.now - flow.last_ok_at).total_seconds()))
            yield Reading(
                account_id=seller.id, day=span.last, value=(age / allowed).quantize(_EXACT), numerator=age,
                denominator=allowed, samples=1, facts={"last_ok_at": flow.last_ok_at.isoformat()},
            )  # fmt: skip
