"""What goes into which parcel, and how the marketplace is told of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from catalog.models import BundlePart, Product, Sku
from config.core import clock
from config.core.money import Money
from inventory import sinks
from inventory.carriers.contract import Address
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, Order, OrderLine, Parcel, ParcelItem
from inventory.services import addresses, labels, packing, planning
from inventory.services.planning import Piece
from marketplaces import registry
from marketplaces.contract import Capability
from marketplaces.models import Command
from marketplaces.services import carriage
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

NUMBER = "00340434161094022115"
HOME = Address(name="Erika Beispiel", street="Musterweg", house="7b", postal_code="20095", city="Hamburg")


def strict():
    """A marketplace that takes a parcel only with the number of its return label."""
    return next(adapter for adapter in registry.all_adapters() if adapter.carriers and adapter.carriers.needs_return)


def placed(key="shop", *, adapter=None, total="39.90", **line):
    adapter = adapter or registry.with_capability(Capability.CONFIRM_SHIPMENT)[0]
    account = factories.account(key, marketplace=adapter.key, stores=[adapter.stores[0].code], stage="act")
    if not Sku.objects.exists():
        Sku.objects.create(code="MUG", product=Product.objects.create(title="Mug"), weight_g=400)
    told = factories.order(
        lines=(factories.order_line(**{"quantity": 3, **line}),), ordered_at=NOON - timedelta(days=1),
        total=Money(Decimal(total), "EUR"),
    )  # fmt: skip
    sinks.orders([told], factories.source(account))
    OrderLine.objects.update(sku=Sku.objects.get())
    return Order.objects.get(account=account)


def plan(order, *pieces, address=HOME):
    with clock.frozen(NOON):
        return planning.plan(order, [Piece(lines=lines) for lines in pieces], by="anna", address=address)


def bought(parcel, number=NUMBER, back="", kind=LabelKind.OUTBOUND):
    contract, _ = CarrierAccount.objects.get_or_create(key="dhl", carrier="dhl", label="DHL")
    return Label.objects.create(
        parcel=parcel, account=contract, ref=labels.new_ref(), product="V01PAK", format="pdf", ship_on=NOON.date(),
        kind=kind, state=LabelState.BOUGHT, tracking_number=number, return_tracking_number=back, bought_at=NOON,
    )  # fmt: skip


def confirm(parcel):
    with clock.frozen(NOON):
        return planning.confirm(Parcel.objects.get(pk=parcel.pk), by="anna")


def test_an_order_is_split_into_parcels_each_with_the_weight_of_its_goods():
    shipment = plan(placed(), {"L1": 2}, {"L1": 1})
    assert list(shipment.parcels.order_by("number").values_list("number", "weight_g")) == [(1, 920), (2, 520)]


def test_units_that_are_planned_are_not_planned_again():
    order = placed()
    plan(order, {"L1": 2})
    with pytest.raises(ValidationError, match="2 units are more than the 1 left to pack"):
        plan(order, {"L1": 2})
    plan(order, {"L1": 1})
    assert sum(ParcelItem.objects.values_list("quantity", flat=True)) == 3


def test_a_cancelled_parcel_gives_its_units_back():
    order = placed()
    planning.cancel(plan(order, {"L1": 3}).parcels.get())
    assert plan(order, {"L1": 3}).parcels.count() == 1


def test_a_weight_that_nobody_knows_is_asked_for():
    order = placed()
    Sku.objects.update(weight_g=None)
    with pytest.raises(ValidationError, match="the weight of MUG-BLUE is not known; weigh the parcel"):
        plan(order, {"L1": 1})
    weighed = planning.plan(order, [Piece(lines={"L1": 1}, weight_g=700)], by="anna", address=HOME)
    assert weighed.parcels.get().weight_g == 700


def test_a_parcel_is_told_with_the_numbers_of_its_label_and_told_once():
    parcel = plan(placed(), {"L1": 2}).parcels.get()
    bought(parcel, back="999900000011")
    first = confirm(parcel)
    assert (first.payload["carrier"], first.payload["tracking_number"]) == ("DHL", NUMBER)
    assert first.payload["return_tracking_number"] == "999900000011"
    assert (first.payload["lines"], confirm(parcel).pk) == ({"L1": 2}, first.pk)
    assert Command.objects.count() == 1


def test_a_parcel_that_came_to_nothing_is_told_anew():
    parcel = plan(placed(), {"L1": 2}).parcels.get()
    bought(parcel)
    Command.objects.filter(pk=confirm(parcel).pk).update(state="rejected")
    again = confirm(parcel)
    assert (again.state, Command.objects.count()) == ("planned", 2)


def test_a_parcel_without_a_label_is_not_told():
    with pytest.raises(ValidationError, match="no label that is bought"):
        confirm(plan(placed(), {"L1": 1}).parcels.get())


def test_a_marketplace_that_fines_missing_returns_is_told_nothing_without_a_return_label():
    parcel = plan(placed(adapter=strict()), {"L1": 1}).parcels.get()
    bought(parcel)
    with pytest.raises(ValidationError, match="takes a parcel only with the number of its return label, or fines it"):
        confirm(parcel)
    assert not Command.objects.exists()
    bought(parcel, number="999900000011", back="999900000011", kind=LabelKind.RETURN)
    payload = confirm(parcel).payload
    assert (payload["return_tracking_number"], payload["return_carrier"]) == ("999900000011", "DHL")


def test_the_same_sale_through_another_connection_gets_no_second_label():
    first = plan(placed("shop"), {"L1": 3})
    second = plan(placed("mirror"), {"L1": 3})
    assert (first.is_doubled, second.is_doubled) == (False, True)
    assert addresses.twin(second) == first
    contract, _ = CarrierAccount.objects.get_or_create(key="dhl", carrier="dhl", label="DHL")
    wish = labels.Wish(account=contract, product="V01PAK", asked_by="anna")
    with pytest.raises(ValidationError, match="the same sale came through another connection already"):
        labels.want(second.parcels.get(), wish)
    addresses.release(second)
    assert labels.want(second.parcels.get(), wish).state == LabelState.WANTED


def test_another_total_or_another_postcode_is_another_sale():
    plan(placed("shop"), {"L1": 3})
    assert plan(placed("mirror", total="41.90"), {"L1": 3}).is_doubled is False
    elsewhere = Address(name="Erika", street="Musterweg", house="7b", postal_code="20097", city="Hamburg")
    assert plan(placed("third"), {"L1": 3}, address=elsewhere).is_doubled is False


def test_the_hash_of_a_sale_cannot_be_made_without_the_key_of_the_installation(settings):
    order = placed()
    told = addresses.fingerprint(order, HOME)
    settings.FIELD_KEYS = ["other:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="]
    assert addresses.fingerprint(order, HOME) != told


def test_an_order_whose_buyer_nobody_tells_is_packed_and_waits_for_its_address():
    order = placed()
    order.account.status = "paused"
    order.account.save()
    shipment = plan(order, {"L1": 1}, address=None)
    assert (shipment.ship_to, shipment.fingerprint) == (None, "")
    addresses.correct(shipment, HOME)
    assert "Musterweg" in shipment.ship_to


def test_an_address_that_was_not_told_is_asked_for_again_when_the_label_is_wanted(monkeypatch):
    monkeypatch.setattr(addresses, "ask", lambda order: None)
    parcel = plan(placed(), {"L1": 1}, address=None).parcels.get()
    contract = CarrierAccount.objects.create(key="dhl", carrier="dhl", label="DHL")
    with pytest.raises(ValidationError, match="address of this shipment is not known"):
        packing.want(parcel, packing.Choice(account=contract), by="anna")
    monkeypatch.setattr(addresses, "ask", lambda order: HOME)
    assert packing.want(parcel, packing.Choice(account=contract), by="anna").state == LabelState.WANTED
    assert "Musterweg" in parcel.shipment.ship_to


def test_a_label_of_a_carrier_that_the_marketplace_does_not_take_is_not_wanted(monkeypatch):
    parcel = plan(placed(), {"L1": 1}).parcels.get()
    contract = CarrierAccount.objects.create(key="dhl", carrier="dhl", label="DHL")
    monkeypatch.setattr(carriage, "codes", lambda account: ["GLS"])
    with pytest.raises(ValidationError, match="takes no parcels of DHL; choose another carrier's contract"):
        packing.want(parcel, packing.Choice(account=contract), by="anna")
    assert not Label.objects.exists()


def wanted(order, **settings):
    parcel = plan(order, {"L1": 1}).parcels.get()
    contract = CarrierAccount.objects.create(key="dhl", carrier="dhl", label="DHL", settings=settings)
    return lambda **changes: packing.want(parcel, packing.Choice(account=contract, **changes), by="anna")


def test_goods_of_a_category_with_an_age_get_its_check_without_anybody_thinking_of_it():
    order = placed()
    Product.objects.update(category="Spirits")
    want = wanted(order, age_18="knives, spirits", age_16="wine")
    assert want(services={"minimum_age": 16, "named_person": True}).services == {
        "minimum_age": 18,
        "named_person": True,
    }


def test_an_age_check_in_a_bundle_holds_for_all_of_it_and_forbids_what_cannot_check():
    order = placed()
    gin = Sku.objects.create(code="GIN", product=Product.objects.create(title="Gin", category="Spirits"))
    BundlePart.objects.create(bundle=Sku.objects.get(code="MUG"), component=gin, quantity=1)
    want = wanted(order, age_18="Spirits")
    with pytest.raises(ValidationError, match="excludes minimum age; choose another product"):
        want(product="V62KP")
    assert want().services == {"minimum_age": 18}


def test_goods_of_other_categories_get_no_check():
    assert wanted(placed(), age_18="Spirits")().services == {}
