"""The screens of a packing day: the board, labels, their papers, and the end of the day."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from inventory.carriers.contract import LabelFormat
from inventory.models import Label, Manifest, Order
from tests.inventory.carriers.conftest import contract, depot
from tests.inventory.carriers.test_day_end import packed

__all__ = ["contract", "depot"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def day(contract):
    """Two orders of one product and one of another, with their labels bought."""
    return [
        packed(contract, 1, "TRAY", hours=2),
        packed(contract, 2, "BOWL", hours=30),
        packed(contract, 3, "BOWL", hours=3),
    ]


def numbers(answer):
    assert answer["content-type"] == "application/pdf"
    assert answer["cache-control"] == "no-store, private"
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    known = Label.objects.values_list("tracking_number", flat=True)
    return [next(number for number in known if number in text) for text in texts]


def test_the_days_labels_are_printed_with_one_button(owner, day, budget):
    tray, late, soon = day
    with budget("labels"):
        page = owner.get("/labels/").content.decode()
    assert "3 labels that leave today are not printed" in page
    printed = owner.post("/labels/", {"action": "print_day"})
    assert numbers(printed) == [soon.tracking_number, late.tracking_number, tray.tracking_number]
    assert "not printed" not in owner.get("/labels/").content.decode()
    assert "none of these labels" in owner.post("/labels/", {"action": "print_day"}, follow=True).content.decode()


def test_labels_for_the_label_printer_and_large_papers_are_taken_apart(owner, day, contract):
    label = packed(contract, 4, "CUP", format=LabelFormat.ZPL)
    assert "Take 1 for the label printer" in owner.get("/labels/").content.decode()
    taken = owner.post("/labels/", {"action": "zpl_day"})
    assert (taken["content-type"], taken.content[:3]) == ("text/plain; charset=utf-8", b"^XA")
    assert label.tracking_number.encode() in taken.content
    assert "for the label printer</button>" not in owner.get("/labels/").content.decode()
    large = owner.post("/labels/", {"action": "large", "pk": [label.pk]}, follow=True)
    assert "none of these labels has a PDF to print" in large.content.decode()


def test_chosen_orders_are_printed_from_the_board_in_the_order_of_the_shelves(owner, day, budget):
    tray, late, soon = day
    with budget("board"):
        page = owner.get("/shipments/").content.decode()
    assert "label bought" in page
    pks = list(Order.objects.values_list("pk", flat=True))
    printed = owner.post("/shipments/", {"action": "print", "pk": pks})
    assert numbers(printed) == [soon.tracking_number, late.tracking_number, tray.tracking_number]


def test_the_day_is_closed_on_the_screen_and_its_sheet_opens(owner, day, contract, budget):
    with budget("manifests"):
        assert "3 labels that leave today and are not closed" in owner.get("/manifests/").content.decode()
    told = owner.post("/manifests/", {"action": "close_day", "contract": contract.key}, follow=True)
    assert "3 labels of dhl are closed" in told.content.decode()
    sheet = owner.get(f"/manifests/{Manifest.objects.get().pk}/")
    assert sheet.content[:5] == b"%PDF-"


def test_a_label_shows_its_story_and_can_be_given_back(owner, day, budget):
    label = day[0]
    with budget("label"):
        assert label.tracking_number in owner.get(f"/labels/{label.pk}/").content.decode()
    told = owner.post(f"/labels/{label.pk}/", {"action": "cancel"}, follow=True).content.decode()
    assert f"The label {label.tracking_number} is cancelled" in told
