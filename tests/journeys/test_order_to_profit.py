"""From the marketplace's own words to profit: for every order line, what we compute is what the world earned."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import requests
from django.db.models import Sum

from catalog.services import products
from config.core import clock, transport
from config.core.management.demo import agreements, bank, clients
from config.core.money import Money, quantise
from finance.fx import convert, sources, store
from finance.models import Deposit, Discrepancy, LineProfit, Match, Settlement
from finance.services import fees, profit, reconcile
from inventory.models import OrderLine, Return
from marketplaces.sandbox import earnings, mount, statements
from marketplaces.sandbox.overlay import Overlay
from marketplaces.sandbox.server import Sandbox
from tests import worlds
from tests.finance.test_simulated_world import KINDS, ORIGIN, SOON, TODAY, Shop, injected, shops

EVERY = 99
"""Accounts of one marketplace: more than there are."""
OF_FEES = {
    "fee_overcharge": ("fee_overcharge", 1),
    "plan_overcharge": ("fee_overcharge", 1),
    "unexpected_fee": ("unexpected_fee", 1),
}


@pytest.fixture(scope="module")
def all_worlds():
    return worlds.since(ORIGIN)


def play(shop, world):
    """Everything the account says in ninety days, its costs and its schedule, matched, expected and summed up."""
    products.import_master(clients.master(product) for product in world.products if product.is_registered)
    store.add(sources.simulated(ORIGIN - timedelta(days=10), TODAY.date()))
    agreements.enter_costs(world)
    agreements.agree_fees(world.stages[shop.account.key], shop.account)
    shop.read()
    lines = OrderLine.objects.filter(account=shop.account)
    fees.expect(shop.account.pk, list(lines.values_list("pk", flat=True)))
    reconcile.reconcile_open()
    bank.receive(world, TODAY + statements.DEPOSIT_AFTER)
    days = lines.values_list("order__business_on", flat=True).distinct()
    profit.rebuild(shop.account.pk, [day.isoformat() for day in days])


def serial_of(external_id, serials):
    """The world's serial that an id ends with; ids are made of it, in each marketplace's own way."""
    tails = (external_id[place:].lstrip("0") for place in range(len(external_id)))
    return next((tail for tail in tails if tail in serials), None)


@pytest.mark.django_db
@pytest.mark.parametrize(("adapter", "simulated"), shops(EVERY))
def test_it_earns_to_the_cent_what_the_world_earned(adapter, simulated, all_worlds, monkeypatch):
    world = all_worlds[simulated.client]
    with clock.frozen(TODAY):
        session = requests.Session()
        mount.mount(session, Sandbox(all_worlds, Overlay(), is_limited=False))
        monkeypatch.setattr(transport, "_session", lambda *_: session)
        play(Shop(adapter, simulated), world)
    truth = {str(told.line_serial): told for told in earnings.earned(world, simulated.key, TODAY)}
    rates = convert.load({"EUR", *(told.currency for told in truth.values())}, since=ORIGIN, until=TODAY.date())
    different, said = [], returned()
    for row in LineProfit.objects.select_related("order_line__order", "cost").order_by("pk"):
        serial = serial_of(row.order_line.external_id, truth)
        told = truth.pop(serial) if serial else None
        if told is None:
            assert row.units == 0, "a line that the world does not know, or knows as cancelled"
        elif row.gross is None:
            assert (row.missing[0], row.order_line.order.status) == ("no_price", "pending"), "nobody told its price yet"
        elif ours(row) != (wanted := theirs(row, told, rates, row.order_line.order_ref in said)):
            different.append((row.order_line.order_ref, ours(row), wanted))
    assert different == []
    assert found() == injected(world, simulated.key, KINDS | OF_FEES)
    assert settled() == totals() == paid()
    late = {told.order_serial for told in truth.values()}
    assert all(any(at >= SOON for at in world.story(simulated.key, serial).moments()) for serial in late)


def found():
    return Counter(Discrepancy.objects.filter(state="open").values_list("kind", "amount"))


def settled():
    """What was matched, on statements that are whole."""
    whole = Match.objects.exclude(settlement_line__settlement__state="inconsistent")
    return dict(whole.values_list("settlement_line__settlement__currency").annotate(Sum("amount")))


def totals():
    whole = Settlement.objects.exclude(state="inconsistent")
    return dict(whole.values_list("currency").annotate(Sum("total")))


def paid():
    whole = Deposit.objects.filter(settlement__isnull=False).exclude(settlement__state="inconsistent")
    return dict(whole.values_list("currency").annotate(Sum("amount")))


def ours(row):
    """The steps of a line; a discount is told inside the price or beside it, as the marketplace likes."""
    sold = row.gross + row.discounts
    return row.is_settled, sold, row.vat, row.refunds, row.net_revenue, row.goods, row.fees, row.fulfilment, row.cm1


def returned():
    """The orders whose marketplace says that goods came back, and whether they can be sold again."""
    return set(Return.objects.filter(is_sellable__isnull=False).values_list("order_ref", flat=True))


def theirs(row, told, rates, is_told):
    """What the world says; costs by the rate of the day, and unknown where nobody registered or costed the product.

    Goods that came back count as gone for as long as the marketplace does not say that they can be sold again.
    """
    gone = told.units_consumed if is_told else told.units
    goods = None
    if row.cost or not gone:
        cost = rates.convert(Money(told.unit_cost * gone, "EUR"), told.currency, on=row.day).money
        goods = -quantise(cost.amount, told.currency)
    is_strange = not told.is_settled and row.sku_id is None
    fees = None if is_strange and row.fees is None else told.fees
    fulfilment = None if is_strange and row.fulfilment is None else told.fulfilment
    cm1 = None if goods is None else told.net_revenue + goods
    sold = told.gross + told.discounts
    return told.is_settled, sold, told.vat, told.refunds, told.net_revenue, goods, fees, fulfilment, cm1
