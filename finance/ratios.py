"""Ratios of advertising and of its break-even; pure. A ratio is a fraction, and a roll-up is a ratio of sums.

Both sides are on one tax basis. None where a side is unknown or nothing was measured; spend without any sale is infinite.
"""

from __future__ import annotations

from decimal import Decimal

Amount = Decimal | None
INFINITE = Decimal("Infinity")


def acos(spend: Amount, sales: Amount) -> Amount:
    """Advertising cost of the sales attributed to it; infinite where money was spent and nothing sold."""
    if spend is None or sales is None:
        return None
    if sales:
        return spend / sales
    return INFINITE if spend else None


def roas(spend: Amount, sales: Amount) -> Amount:
    """Sales per unit of spend: the inverse of `acos`; None without spend."""
    return ratio(sales, spend)


def tacos(spend: Amount, total_sales: Amount) -> Amount:
    """Advertising cost of all sales, attributed or not."""
    return acos(spend, total_sales)


def click_rate(clicks: int | None, impressions: int | None) -> Amount:
    return ratio(_decimal(clicks), _decimal(impressions))


def conversion(orders: int | None, clicks: int | None) -> Amount:
    return ratio(_decimal(orders), _decimal(clicks))


def click_cost(spend: Amount, clicks: int | None) -> Amount:
    return ratio(spend, _decimal(clicks))


def ad_share(attributed: Amount, total_sales: Amount) -> Amount:
    """The part of all sales that advertising is credited with."""
    return ratio(attributed, total_sales)


def break_even(cm2: Amount, sales: Amount) -> Amount:
    """The ACOS at which advertising eats the whole CM2 of the same lines; `sales` on the basis the ACOS uses."""
    return ratio(cm2, sales)


def target_acos(breaking_even: Amount, wanted_cm3_share: Amount) -> Amount:
    """The ACOS that leaves the wanted share of CM3."""
    return None if breaking_even is None or wanted_cm3_share is None else breaking_even - wanted_cm3_share


def ratio(part: Amount, whole: Amount) -> Amount:
    return None if part is None or not whole else part / whole


def _decimal(count: int | None) -> Amount:
    return None if count is None else Decimal(count)
