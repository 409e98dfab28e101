"""What the demo's clients agreed: the prices of their supplier and the fees of their accounts, as the world has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from catalog.models import Sku
from finance.models import Cost
from finance.services import costs, tariffs
from finance.services.costs import Entry
from marketplaces.canonical import FeeTariff, Fulfilment, LineClass
from marketplaces.contract import Store
from marketplaces.models import Account
from marketplaces.sandbox import tariffs as world_tariffs
from marketplaces.sandbox.stage import Stage
from marketplaces.sandbox.world import World

BY = "demo"
SOURCE = "agreement of the demo"
VENDOR = "Harbour Supplies"
HEAVIEST_G = 4000
FORGOTTEN_EVERY = 60
"""Of so many products, one has no cost: somebody must be asked for it."""


def enter_costs(world: World) -> int:
    """One landed cost in EUR from the first day for each registered product but the forgotten ones; safe to repeat."""
    if Cost.objects.exists():
        return 0
    ids = dict(Sku.objects.values_list("code", "pk"))
    known = (p for p in world.products if p.sku in ids and p.serial % FORGOTTEN_EVERY)
    entries = [
        Entry(sku_id=ids[p.sku], currency="EUR", valid_from=world.origin, purchase=p.unit_cost, vendor=VENDOR)
        for p in known
    ]
    return len(costs.record(entries, by=BY, source=SOURCE))


def agree_fees(stage: Stage, account: Account) -> None:
    """The whole schedule of an account; a fee of another class was not agreed. Safe to repeat."""
    rows = [*(row for store in stage.stores for row in _of_store(stage, store)), *_of_account(stage)]
    tariffs.agree(account.pk, rows, by=BY, is_complete=True)


def _of_account(stage: Stage) -> Iterator[FeeTariff]:
    """The plan. What storing costs is left to its screen: the stock of the past is read too seldom here to judge it."""
    if stage.says(LineClass.SUBSCRIPTION):
        plan = world_tariffs.in_currency(world_tariffs.SUBSCRIPTION_EUR, stage.currencies[0])
        yield FeeTariff(
            line_class=LineClass.SUBSCRIPTION, valid_from=stage.origin, source=SOURCE, per_line=plan.amount,
            currency=plan.currency,
        )  # fmt: skip


def _of_store(stage: Stage, store: Store) -> Iterator[FeeTariff]:
    """Commission per category, fulfilment per weight, and the fee for handling refunds."""
    place = FeeTariff(
        line_class=None, valid_from=stage.origin, source=SOURCE, channel=store.code, currency=store.currency
    )
    for category, rate in world_tariffs.COMMISSION.items():
        yield replace(place, line_class=LineClass.COMMISSION, category=category, basis="item", rate=Decimal(rate))
    if stage.account.pool and stage.says(LineClass.FULFILMENT):
        step = world_tariffs.FULFILMENT_STEP_G
        for grams in range(0, HEAVIEST_G, step):
            fee = world_tariffs.in_currency(world_tariffs.fulfilment_eur(grams), store.currency)
            yield replace(
                place, line_class=LineClass.FULFILMENT, programme=Fulfilment.MARKETPLACE, per_unit=fee.amount,
                weight_from_g=grams, weight_below_g=grams + step,
            )  # fmt: skip
    if stage.says(LineClass.ADMINISTRATION_FEE):
        most = world_tariffs.in_currency(world_tariffs.ADMINISTRATION_MOST_EUR, store.currency).amount
        share = world_tariffs.ADMINISTRATION_SHARE
        yield replace(place, line_class=LineClass.ADMINISTRATION_FEE, basis="commission", rate=share, maximum=most)
