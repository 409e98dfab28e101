"""The tables of carriers: what holds when, and what each marketplace takes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from marketplaces import registry
from marketplaces.carrier_codes import CarrierCode, Carriers
from marketplaces.contract import Capability
from marketplaces.services import carriage
from marketplaces.services.writes import Parcel
from tests import factories

DAY = date(2026, 10, 2)
TELLING = [a for a in registry.all_adapters() if Capability.CONFIRM_SHIPMENT in a.capabilities]
each = pytest.mark.parametrize("adapter", TELLING, ids=lambda adapter: adapter.key)


def parcel(carrier, **changes):
    values = {"tracking_number": "00340434161094022115", "return_tracking_number": "999900000011", **changes}
    return Parcel(carrier=carrier, shipped_at=clock.now(), lines={"L1": 1}, **values)


def account(adapter):
    return factories.account(marketplace=adapter.key, stores=[adapter.stores[0].code])


@each
def test_no_two_rows_say_different_things_of_one_carrier_on_one_day(adapter):
    rows = adapter.carriers.rows
    edges = {row.since for row in rows} | {row.until for row in rows} | {DAY}
    for day in filter(None, edges):
        words = [row.word for row in rows if row.holds(day)]
        assert len(words) == len(set(words)), day
    assert all(row.word == carriage.word(row.word) and row.code for row in rows)


@each
@pytest.mark.django_db
def test_a_carrier_of_the_table_goes_in_the_marketplaces_own_word_and_free_text_does_not_go(adapter):
    shop = account(adapter)
    told = carriage.told(shop, parcel("dhl"))
    assert (told["carrier"], told["carrier_code"]) == ("DHL", adapter.carriers.on(DAY)["DHL"].code)
    with pytest.raises(ValidationError, match=r"does not know the carrier 'Pigeon Post'; it takes .*DHL"):
        carriage.told(shop, parcel("Pigeon Post"))
    assert "DHL" in carriage.codes(shop)


@each
@pytest.mark.django_db
def test_a_return_number_is_asked_for_first_where_the_marketplace_wants_one(adapter):
    shop, bare = account(adapter), parcel("DHL", return_tracking_number="")
    if not adapter.carriers.needs_return:
        assert "return_tracking_number" not in carriage.told(shop, bare)
        return
    with pytest.raises(ValidationError, match="takes a parcel only with the number of its return label, or fines it"):
        carriage.told(shop, bare)
    with pytest.raises(ValidationError, match="takes return labels of DHL, GLS, HERMES, not of DPD"):
        carriage.told(shop, parcel("DPD"))


def test_a_code_that_is_renamed_changes_on_its_day():
    change = date(2026, 11, 1)
    table = Carriers(rows=(
        CarrierCode(word="POST", code="OLD", until=change), CarrierCode(word="POST", code="NEW", since=change),
        CarrierCode(word="LATER", code="X", since=change),
    ))  # fmt: skip
    assert {word: row.code for word, row in table.on(date(2026, 10, 31)).items()} == {"POST": "OLD"}
    assert {word: row.code for word, row in table.on(change).items()} == {"POST": "NEW", "LATER": "X"}


@pytest.mark.django_db
def test_the_day_of_shipping_decides(monkeypatch):
    shop = account(next(registry.all_adapters()))
    adapter = registry.get(shop.marketplace)
    row = CarrierCode(word="DHL", code="DHL", until=date(2026, 10, 3))
    monkeypatch.setattr(
        registry, "get", lambda key: type("A", (), {"carriers": Carriers(rows=(row,)), "key": adapter.key})
    )
    with clock.frozen(datetime(2026, 10, 2, 23, tzinfo=UTC)):
        assert carriage.told(shop, parcel("DHL"))["carrier_code"] == "DHL"
    with clock.frozen(datetime(2026, 10, 3, 0, tzinfo=UTC)), pytest.raises(ValidationError, match="does not know"):
        carriage.told(shop, parcel("DHL"))
