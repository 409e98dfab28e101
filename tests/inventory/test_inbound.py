"""Goods on their way, and proposals that become such."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Product, Sku
from inventory.models import (
    Coverage,
    Holding,
    InboundReceipt,
    InboundShipment,
    InboundState,
    MoveKind,
    StockMove,
    Warehouse,
)
from inventory.services import inbound, proposals, stock
from inventory.services.inbound import Draft
from inventory.services.stock import Move
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
D = Decimal


@pytest.fixture
def mug(noon, db):
    return Sku.objects.create(code="MUG", product=Product.objects.create(title="Mug"), supplier="Kiln Ltd")


@pytest.fixture
def main(db):
    return Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")


@pytest.fixture
def pool(db):
    account = factories.account()
    return Warehouse.objects.create(code="shop:eu", label="EU", account=account, pool="eu", fulfilment="marketplace")


def planned(destination, *skus, units=100, **changes):
    return inbound.plan(
        Draft(destination=destination, units=dict.fromkeys((s.pk for s in skus), units), **changes), by="me"
    )


def ordered(*given, **changes):
    return inbound.order(planned(*given, **changes), on=TODAY, expected_on=TODAY + timedelta(days=20))


def held(sku):
    return list(Holding.objects.filter(sku=sku).values_list("warehouse__code", "on_hand"))


def test_it_receives_in_parts_and_closes_when_all_has_come(main, mug):
    shipment = ordered(main, mug)
    shipment = inbound.receive(shipment, {mug.pk: 30}, key="a", by="me")
    assert (shipment.state, held(mug)) == (InboundState.RECEIVING, [("main", 30)])
    inbound.receive(shipment, {mug.pk: 30}, key="a", by="me")
    assert (held(mug), InboundReceipt.objects.count()) == ([("main", 30)], 1)
    shipment = inbound.receive(shipment, {mug.pk: 75}, key="b", by="me")
    assert (shipment.state, shipment.closed_on, held(mug)) == (InboundState.CLOSED, TODAY, [("main", 105)])
    assert set(StockMove.objects.values_list("kind", "reference")) == {("receipt", shipment.reference)}


def test_it_leaves_a_marketplaces_pool_to_count_for_itself(pool, mug):
    inbound.receive(ordered(pool, mug), {mug.pk: 30}, key="a", by="me")
    assert (StockMove.objects.count(), InboundReceipt.objects.count()) == (0, 1)


def test_it_takes_a_transfer_from_our_shelves_when_it_leaves(main, pool, mug):
    opening = Move(warehouse_id=main.pk, sku_id=mug.pk, kind=MoveKind.OPENING, quantity=120, key="opening")
    stock.move([opening], by="me")
    shipment = inbound.send(ordered(pool, mug, origin=main), by="me")
    assert (shipment.kind, shipment.state, held(mug)) == ("transfer", InboundState.IN_TRANSIT, [("main", 20)])
    second = ordered(pool, mug, origin=main, units=21)
    with pytest.raises(ValidationError, match="20 units"):
        inbound.send(second, by="me")
    second.refresh_from_db()
    assert (second.state, held(mug)) == (InboundState.ORDERED, [("main", 20)])


@pytest.mark.parametrize("wrong", [{"units": 0}, {"reference": "PO-1"}])
def test_it_refuses_what_cannot_come(main, mug, wrong):
    planned(main, mug, reference="PO-1")
    with pytest.raises(ValidationError):
        planned(main, mug, **wrong)
    assert InboundShipment.objects.count() == 1


def test_it_follows_the_table_of_states(main, mug):
    shipment = ordered(main, mug)
    with pytest.raises(ValidationError, match="cannot become"):
        inbound.order(shipment, on=TODAY, expected_on=None)
    inbound.send(shipment, by="me")
    with pytest.raises(ValidationError, match="it cannot become Cancelled"):
        inbound.cancel(shipment)
    assert inbound.close(shipment).state == InboundState.CLOSED
    with pytest.raises(ValidationError, match="it cannot become Receiving"):
        inbound.receive(shipment, {mug.pk: 1}, key="late", by="me")
    assert held(mug) == []


def proposal(sku, pool, units, **changes):
    values = {
        "state": "short", "computed_at": NOON, "lead_days": 20, "velocity": D(4), "days": D(9), "ordered": 5, **changes,
    }  # fmt: skip
    return Coverage.objects.create(sku=sku, warehouse=pool, proposed=units, **values)


def test_it_plans_one_purchase_per_supplier_and_place(main, pool, mug, noon):
    cup = Sku.objects.create(code="CUP", product=mug.product, supplier="Kiln Ltd", options={"size": "S"})
    vase = Sku.objects.create(code="VASE", product=Product.objects.create(title="Vase"), supplier="Glass Ltd")
    rows = [proposal(mug, None, 276), proposal(cup, None, 24), proposal(vase, None, 10), proposal(mug, pool, 60)]
    made = proposals.approve([row.pk for row in rows], by="me")
    told = {
        (s.supplier, s.destination.code, tuple(s.lines.order_by("pk").values_list("sku__code", "quantity")))
        for s in made
    }
    assert told == {
        ("Kiln Ltd", "main", (("MUG", 276), ("CUP", 24))), ("Glass Ltd", "main", (("VASE", 10),)),
        ("Kiln Ltd", "shop:eu", (("MUG", 60),)),
    }  # fmt: skip
    assert {(s.state, s.expected_on) for s in made} == {(InboundState.PLANNED, TODAY + timedelta(days=20))}
    assert made[0].lines.first().why["velocity"] == "4.0000"


def test_it_approves_a_proposal_once(main, mug, noon):
    row = proposal(mug, None, 276)
    proposals.approve([row.pk], by="me")
    row.refresh_from_db()
    assert (row.proposed, row.ordered, row.proposal_why) == (0, 281, "enough")
    with pytest.raises(ValidationError, match="nothing of this is proposed"):
        proposals.approve([row.pk], by="me")
    assert InboundShipment.objects.count() == 1


def test_it_takes_first_what_lies_idle_elsewhere(main, pool, mug, noon):
    row = proposal(mug, pool, 60, transfer=48)
    transfer, purchase = sorted(proposals.approve([row.pk], by="me"), key=lambda made: made.kind, reverse=True)
    assert (transfer.kind, transfer.origin, transfer.destination, transfer.lines.get().quantity) == (
        "transfer", main, pool, 48,
    )  # fmt: skip
    assert (purchase.kind, purchase.destination, purchase.lines.get().quantity) == ("purchase", pool, 12)
