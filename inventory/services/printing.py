"""Many papers as one file: a day's labels in the order in which their goods are picked."""

from __future__ import annotations

import io
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from pypdf import PdfWriter

from config.core import clock
from inventory.carriers.contract import return_ref
from inventory.models import Label, LabelKind, LabelPaper, LabelState, ParcelItem
from inventory.services import labels

MOST = 500
ZONE = "Europe/Berlin"
KINDS = ("label", "return_label")
LARGE_KINDS = ("customs", "cash_on_delivery")
"""These come in A4 alone, whatever the label is printed on: they go to another printer."""


def unprinted() -> QuerySet[Label]:
    """Outbound labels that leave today or should have left before, and that nobody printed."""
    today = clock.business_day(clock.now(), ZONE)
    waiting = Label.objects.filter(state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND, printed_at=None, manifest=None)
    return waiting.filter(ship_on__lte=today, first_scan_at=None)


def of_the_day() -> list[Label]:
    """The same in the order of the pick list."""
    return picked(unprinted())


def picked(found: QuerySet[Label]) -> list[Label]:
    """Labels as their goods come from the shelves: by the first product of each parcel, then the nearest deadline."""
    items = ParcelItem.objects.filter(parcel=OuterRef("parcel")).annotate(
        code=Coalesce("line__sku__code", "line__remote_id")
    )
    first = Subquery(items.order_by("code").values("code")[:1])
    return list(found.annotate(shelf=first).order_by("shelf", "parcel__shipment__order__ship_by", "pk")[:MOST])


def merged(found: Sequence[Label], *, kinds: Sequence[str] = KINDS) -> bytes:
    """One PDF of all PDF papers, each label followed by its return label, and the labels marked as printed.

    Raises ValidationError where there is nothing to print: papers are deleted after their time.
    """
    papers = [paper for paper in labels.papers(found[:MOST], kinds=kinds) if paper.format == "pdf"]
    if not papers:
        raise ValidationError("none of these labels has a PDF to print; take those in ZPL for the label printer")
    body = _joined(papers)
    _mark(papers)
    return body


def _mark(papers: Sequence[LabelPaper]) -> None:
    """A label is printed with its own paper, in its own language; what only goes with it does not count."""
    own = [paper.label.ref for paper in papers if paper.kind in KINDS and paper.format == paper.label.format]
    refs = {name for ref in own for name in (ref, return_ref(ref))}
    Label.objects.filter(ref__in=refs).update(printed_at=clock.now())


def _joined(papers: Sequence[LabelPaper]) -> bytes:
    writer, file = PdfWriter(), io.BytesIO()
    for paper in papers:
        writer.append(io.BytesIO(labels.content(paper)))
    writer.write(file)
    return file.getvalue()


def zpl(found: Sequence[Label]) -> bytes:
    """What a label printer takes, one after another, and these labels marked as printed; raises ValidationError for none."""
    papers = [paper for paper in labels.papers(found[:MOST], kinds=KINDS) if paper.format == "zpl"]
    if not papers:
        raise ValidationError("none of these labels is in ZPL")
    body = b"\n".join(labels.content(paper) for paper in papers)
    _mark(papers)
    return body
