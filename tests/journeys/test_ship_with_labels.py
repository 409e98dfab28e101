"""An order of a marketplace that wants a return label: packed, labelled, told, from one page."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from catalog.models import Product, Sku
from config.core import clock
from config.core.permissions import Role
from inventory import sinks
from inventory.carriers import requests
from inventory.models import Label, LabelPaper, LabelState, Order, OrderLine, Shipment
from marketplaces import registry
from marketplaces.models import Command
from tests import factories
from tests.inventory.carriers.conftest import Depot, depot, enter

__all__ = ["depot"]
pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def order(depot: Depot) -> Order:
    """Two mugs for a marketplace that takes no parcel without a return label, and that cannot be asked for the address."""
    adapter = next(a for a in registry.all_adapters() if a.carriers and a.carriers.needs_return)
    account = factories.account(
        "strict", marketplace=adapter.key, stores=[adapter.stores[0].code], stage="act", endpoint="http://127.0.0.1:9"
    )
    Sku.objects.create(code="MUG", product=Product.objects.create(title="Mug"), weight_g=400)
    told = factories.order(ordered_at=clock.now() - timedelta(hours=3), ship_by=clock.now() + timedelta(hours=20))
    sinks.orders([told], factories.source(account))
    OrderLine.objects.update(sku=Sku.objects.get())
    enter(depot)
    return Order.objects.get()


def paper(page: Page, label: Label, kind: str) -> str:
    """What stands on a paper, as the person's browser gets it."""
    answer = page.evaluate(
        "url => fetch(url).then(async told => [told.headers.get('content-type'), [...new Uint8Array(await told.arrayBuffer())]])",
        f"/labels/{label.pk}/{kind}/",
    )
    assert answer[0] == "application/pdf"
    return "\n".join(each.extract_text() for each in PdfReader(io.BytesIO(bytes(answer[1]))).pages)


def test_an_order_leaves_with_its_label_and_return_label(order, depot, desk):
    depot.at = clock.real_now()
    page = desk(Role.OPERATIONS)
    page.goto("/shipments/")
    expect(page.locator("#table")).to_contain_text("O-1")
    page.get_by_role("link", name="O-1").click()
    page.get_by_role("button", name="Plan a parcel").click()
    expect(page.get_by_text("its address is not told by the marketplace")).to_be_visible()
    for name, told in (("Name", "Erika Beispiel"), ("Street", "Musterweg"), ("House", "7b"), ("Postcode", "20095"),
                       ("City", "Hamburg")):  # fmt: skip
        page.get_by_label(name, exact=True).fill(told)
    page.get_by_role("button", name="Keep the address").click()
    expect(page.get_by_text("The address is kept with the shipment")).to_be_visible()
    expect(page.get_by_label("return label")).to_be_checked()
    page.get_by_role("button", name="Buy the label").click()
    expect(page.get_by_text("is bought, return number")).to_be_visible()
    label = Label.objects.get(kind="outbound")
    assert (label.state, list(depot.sold())) == (LabelState.BOUGHT, [label.tracking_number])
    assert sorted(LabelPaper.objects.values_list("kind", flat=True)) == ["label", "return_label"]
    outbound, back = (paper(page, label, kind) for kind in ("label", "return_label"))
    for words in ("DHL PAKET", "Erika Beispiel", "Musterweg 7b", "20095 Hamburg", label.tracking_number):
        assert words in outbound
    assert ("DHL RETOURE" in back, label.return_tracking_number in back) == (True, True)
    page.get_by_role("button", name="Tell the marketplace").click()
    expect(page.get_by_text("is on its way to be told")).to_be_visible()
    payload = Command.objects.get().payload
    assert (payload["tracking_number"], payload["return_tracking_number"]) == (
        label.tracking_number, label.return_tracking_number,
    )  # fmt: skip
    assert requests.address(Shipment.objects.get().ship_to).city == "Hamburg"
