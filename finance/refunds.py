"""What a refund does to fees: the commission comes back, less what the marketplace keeps for the work; pure.

The rule is dated data like any fee (class `administration_fee`, a share of the refunded commission with a cap); published
so for one marketplace: the lesser of a cap and 20% of the referral rate on item, shipping and wrap, tax excluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from finance.fee_amounts import NO_VATS, charge, of_fees
from finance.tariffs import Rule


def administration_fee(
    referral: Decimal, rule: Rule, currency: str, *, units: int = 1, fee_vats: Mapping[str, Decimal] = NO_VATS
) -> Decimal | None:
    """What is kept of a refunded commission (both positive); None where the VAT on top of it is not known."""
    return charge(rule, of_fees(rule, referral, fee_vats), units, currency, fee_vats=fee_vats)


def credit(referral: Decimal, rule: Rule | None, currency: str, *, units: int = 1) -> Decimal | None:
    """What the seller gets back of a refunded commission, positive; all of it where nothing is kept."""
    kept = Decimal(0) if rule is None else administration_fee(referral, rule, currency, units=units)
    return None if kept is None else referral - kept
