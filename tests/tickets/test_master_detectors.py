"""SKUs in use without mandatory data, and sheets that wait for a second person, open tickets that close themselves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import Listing
from catalog.services import masters, policy, products, uploads
from inventory.models import SkuDay
from tests import factories
from tests.factories import NOON
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db
WHOLE = {"weight_g": "300", "vat_class": "standard", "gtin": "4006381333931"}


@pytest.fixture
def mug(north, noon):
    policy.want(list(WHOLE), by="owner")
    account = factories.account("shop")
    sku = products.create(code="MUG", title="Mug", brand="Kiln")
    Listing.objects.create(
        account=account, channel="DE", external_id="1", remote_id="MUG", sku=sku, status="active", currency="EUR",
        fulfilment="merchant", price=Decimal(20),
    )  # fmt: skip
    return sku


def sell(sku, units=3):
    SkuDay.objects.create(
        account=Listing.objects.get().account, channel="DE", day=NOON.date() - timedelta(days=1), sku=sku,
        currency="EUR", units=units, revenue=Decimal(20) * units,
    )  # fmt: skip


def tickets():
    return list(Ticket.objects.order_by("pk").values_list("type", "severity", "state", "title"))


def test_one_ticket_lists_all_gaps_of_a_sku_that_is_offered(mug):
    products.create(code="IDLE", title="Offered nowhere")
    engine.sweep("catalog")
    assert tickets() == [("missing_sku_data", "S4", "open", "MUG lacks GTIN, VAT class, weight")]


def test_it_is_urgent_when_a_process_stops_now(mug):
    sell(mug)
    engine.sweep("catalog")
    ((_, severity, _, _),) = tickets()
    assert severity == "S2"


def test_it_is_less_urgent_when_the_gap_stops_nothing(mug):
    sell(mug)
    masters.describe(mug, {"vat_class": "standard"}, by="owner")
    engine.sweep("catalog")
    assert tickets() == [("missing_sku_data", "S3", "open", "MUG lacks GTIN, weight")]


def test_it_resolves_when_every_field_is_filled_in(mug, django_capture_on_commit_callbacks):
    engine.sweep("catalog")
    with django_capture_on_commit_callbacks(execute=True):
        masters.describe(mug, WHOLE, by="owner")
    engine.drain()
    ((_, _, state, _),) = tickets()
    assert state == "resolved"


def test_a_sheet_that_moves_much_money_waits_with_a_ticket_until_it_is_decided(mug, django_capture_on_commit_callbacks):
    masters.describe(mug, WHOLE, by="owner")
    sell(mug, units=30)
    with django_capture_on_commit_callbacks(execute=True):
        content = b"account;store;sku;price\nshop;DE;MUG;15,00\n"
        sheet = uploads.upload("prices", content, name="prices.csv", by="ann")[0]
    engine.drain()
    assert tickets() == [
        ("data_upload", "S2", "open", "prices.csv: 1 of 1 rows of prices wait for a second person"),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        uploads.approve(sheet, by="bob")
    engine.drain()
    ((_, _, state, _),) = tickets()
    assert state == "resolved"
