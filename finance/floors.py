"""Below which price a sale loses money for certain: what the goods cost today, told to whoever sets prices."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from catalog import selectors as catalog
from config.core import clock
from config.core.money import Money
from finance.fx import convert
from finance.models import Cost
from finance.selectors import costs


def landed(listing_ids: Collection[int]) -> dict[int, tuple[Decimal, str]]:
    """By listing the lowest landed cost that holds today for its SKU, in the listing's currency; none where no rate is."""
    listings = list(catalog.listings().filter(pk__in=listing_ids, sku__isnull=False).exclude(currency=""))
    now = clock.now()
    found = costs.valid(Cost.objects.filter(sku__in={each.sku_id for each in listings}), on=now.date(), known_at=now)
    held: dict[int, list[Money]] = {}
    for cost in found:
        held.setdefault(cost.sku_id, []).append(Money(cost.landed, cost.currency))
    currencies = {each.currency for each in listings} | {money.currency for some in held.values() for money in some}
    rates = convert.load(currencies, since=now.date(), until=now.date())
    floors = {}
    for each in listings:
        amounts = [amount for money in held.get(each.sku_id or 0, ()) if (amount := _in(rates, money, each.currency))]
        if amounts:
            floors[each.pk] = (min(amounts), "what the goods cost, before tax and fees")
    return floors


def _in(rates: convert.Rates, money: Money, currency: str) -> Decimal | None:
    try:
        return rates.convert(money, currency, on=clock.now().date()).money.amount
    except convert.MissingRate:
        return None
