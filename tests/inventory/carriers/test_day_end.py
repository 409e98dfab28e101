"""The end of a day: the labels printed as one file in the order of the shelves, and the day closed at the carrier."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from pypdf import PdfReader

from catalog.models import Product, Sku
from config.core import clock
from inventory import shipping, sinks
from inventory.carriers import requests
from inventory.carriers.contract import LabelFormat
from inventory.models import Label, LabelState, Manifest, Order, OrderLine, Parcel, ParcelItem, Shipment
from inventory.services import labels, manifests, printing, purchases
from tests import factories
from tests.inventory.carriers.conftest import HAMBURG, MORNING, wish

pytestmark = pytest.mark.django_db


def packed(contract, number, code, *, hours=20, **changes):
    """An order of one product with its label bought."""
    account = factories.Account.objects.filter(key="shop").first() or factories.account()
    told = factories.order(
        f"O-{number}", ordered_at=MORNING - timedelta(days=1), ship_by=MORNING + timedelta(hours=hours)
    )
    sinks.orders([told], factories.source(account))
    order = Order.objects.get(external_id=f"O-{number}")
    sku = Sku.objects.filter(code=code).first() or Sku.objects.create(
        code=code, product=Product.objects.create(title=code)
    )
    OrderLine.objects.filter(order=order).update(sku=sku)
    shipment = Shipment(order=order)
    shipment.ship_to = requests.kept(HAMBURG)
    shipment.save()
    parcel = Parcel.objects.create(shipment=shipment, weight_g=900)
    ParcelItem.objects.create(parcel=parcel, line=OrderLine.objects.get(order=order), quantity=2)
    label = labels.want(parcel, wish(contract, **changes))
    purchases.buy(label.pk)
    return Label.objects.get(pk=label.pk)


def pages(body):
    return [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]


def test_the_days_labels_are_one_file_in_the_order_of_the_pick_list_each_with_its_return_label(contract, depot):
    tray = packed(contract, 1, "TRAY", hours=2)
    late, soon = packed(contract, 2, "BOWL", hours=30, with_return=True), packed(contract, 3, "BOWL", hours=3)
    told = pages(printing.merged(printing.of_the_day()))
    assert [pick.code for pick in shipping.pick_list(Order.objects.values_list("pk", flat=True))] == ["BOWL", "TRAY"]
    numbers = [soon.tracking_number, late.tracking_number, late.return_tracking_number, tray.tracking_number]
    assert [number in page for number, page in zip(numbers, told, strict=True)] == [True] * 4
    assert printing.of_the_day() == []
    assert not Label.objects.filter(printed_at=None).exists()


def test_labels_of_another_day_cancelled_or_closed_ones_are_not_of_the_day(contract, depot):
    tomorrow = packed(contract, 1, "BOWL", ship_on=MORNING.date() + timedelta(days=1))
    labels.cancel(packed(contract, 2, "BOWL"))
    assert printing.of_the_day() == []
    with clock.frozen(MORNING + timedelta(days=1)):
        assert printing.of_the_day() == [tomorrow]


def test_papers_past_their_retention_are_said_and_not_printed_blank(contract, depot):
    label = packed(contract, 1, "BOWL")
    label.papers.all().delete()
    with pytest.raises(ValidationError, match="none of these labels has a PDF to print"):
        printing.merged([label])


def test_a_label_printer_gets_its_own_language_and_the_labels_in_pdf_wait_for_theirs(contract, depot):
    label = packed(contract, 1, "BOWL", format=LabelFormat.ZPL, with_return=True)
    other = packed(contract, 2, "TRAY")
    assert len(pages(printing.merged(printing.of_the_day()))) == 2
    assert printing.of_the_day() == [label]
    body = printing.zpl(printing.of_the_day())
    assert body.startswith(b"^XA")
    assert (label.tracking_number.encode() in body, other.tracking_number.encode() in body) == (True, False)
    assert printing.of_the_day() == []
    with pytest.raises(ValidationError, match="none of these labels is in ZPL"):
        printing.zpl([other])


def test_the_day_is_closed_with_its_sheet_and_closed_labels_stay_as_they_are(contract, depot):
    first, second = packed(contract, 1, "BOWL"), packed(contract, 2, "BOWL")
    made = manifests.close(contract, by="anna")
    assert [(each.labels_closed, each.refused, each.closed_by) for each in made] == [(2, {}, "anna")]
    sheet = pages(manifests.paper(Manifest.objects.get()))[0]
    assert (first.tracking_number in sheet, second.tracking_number in sheet) == (True, True)
    first.refresh_from_db()
    with pytest.raises(ValidationError, match="the day of this label is closed"):
        labels.cancel(first)
    with pytest.raises(ValidationError, match="no label that leaves today"):
        manifests.close(contract, by="anna")


def test_thirty_labels_go_into_one_call_and_a_second_call_takes_the_rest(contract, depot):
    label = packed(contract, 1, "BOWL")
    for number in range(30):
        parcel = Parcel.objects.create(shipment=label.parcel.shipment, number=2 + number, weight_g=500)
        Label.objects.create(
            parcel=parcel, account=contract, ref=labels.new_ref(), product="V01PAK", format="pdf", ship_on=MORNING,
            state=LabelState.BOUGHT, tracking_number=f"{number:020d}", bought_at=MORNING,
        )  # fmt: skip
    made = manifests.close(contract, by="anna")
    assert [(each.labels_closed, len(each.refused)) for each in made] == [(1, 29), (0, 1)]
    assert sum(request.method == "POST" for request, _ in depot.seen if request.path.endswith("/manifests")) == 2
    assert manifests.open_labels(contract).count() == 0


def test_what_the_carrier_closed_by_itself_is_marked_and_said(contract, depot):
    label = packed(contract, 1, "BOWL")
    depot.at = MORNING + timedelta(hours=9)
    made = manifests.close(contract, by="anna")
    assert [list(each.refused) for each in made] == [[label.tracking_number]]
