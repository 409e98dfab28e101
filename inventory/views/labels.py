"""Labels with their papers and scans, and the end of the day at the carrier."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from config.core.buttons import Button, allowed, chosen, press
from config.core.permissions import Action, may
from config.core.screens import Column, Listing, listing, page, require
from inventory import shipping
from inventory.models import CarrierAccount, CarrierCall, Label, LabelPaper, Manifest
from inventory.services import labels as buying
from inventory.services import manifests as closing
from inventory.services import printing, purchases
from inventory.shipping_filters import LabelFilter, ManifestFilter
from inventory.views.papers import paper, pdf

MEDIA = {"pdf": "application/pdf", "zpl": "text/plain; charset=utf-8"}

LABELS = Listing(
    title="Labels",
    subtitle="Every label that was wanted, bought or refused, and where its parcel is by now.",
    queryset=lambda request: shipping.labels(),
    filterset=LabelFilter,
    columns=(
        Column("Number", lambda row: row.tracking_number or row.ref),
        Column("Order", "parcel.shipment.order.external_id"),
        Column("Account", "parcel.shipment.order.account.label", is_wide_only=True),
        Column("Product", "product"),
        Column("State", "state", "badge", sort="state"),
        Column("Where", lambda row: row.tracking_state if row.bought_at else "", "badge"),
        Column("Bought (UTC)", "bought_at", "moment", sort="bought_at"),
        Column("First scan (UTC)", "first_scan_at", "moment", sort="first_scan_at", is_wide_only=True),
        Column("Printed (UTC)", "printed_at", "moment", is_wide_only=True),
        Column("Reason", "reason", is_wide_only=True),
    ),
    order_by=("-bought_at", "-pk"),
    link=lambda row: reverse("inventory:label", args=[row.pk]),
    actions={"print": "Print", "zpl": "Take for the label printer (ZPL)", "large": "Print customs papers (A4)"},
    action_permission=Action.SHIP,
    template="inventory/labels.html",
    empty="No label fits. Buy one on the page of an order, or for many on the shipments board.",
)
MANIFESTS = Listing(
    title="Manifests",
    subtitle="The end of the day at a carrier: what was closed, its sheet, and what the carrier did not take.",
    queryset=lambda request: shipping.manifests(),
    filterset=ManifestFilter,
    columns=(
        Column("Sheet", "sheet_no"),
        Column("Contract", "account.label"),
        Column("Closed (UTC)", "closed_at", "moment", sort="closed_at"),
        Column("Labels", "labels_closed", "number", sort="labels_closed"),
        Column("Not taken", lambda row: len(row.refused), "number"),
        Column("Closed by", "closed_by"),
    ),
    order_by=("-closed_at", "-pk"),
    link=lambda row: reverse("inventory:manifest_paper", args=[row.pk]),
    template="inventory/manifests.html",
    empty="No day was closed yet.",
)


def labels(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _print(request)
    waiting = printing.unprinted().aggregate(unprinted=Count("pk"), in_zpl=Count("pk", filter=Q(format="zpl")))
    return listing(request, LABELS, waiting | {"may_print": may(request.user, Action.SHIP)})


def _print(request: HttpRequest) -> HttpResponse:
    """The ticked labels, or all of the day that nobody printed, as one file in the order of the pick list."""
    require(request, Action.SHIP)
    try:
        action, _, day = request.POST.get("action", "").partition("_")
        found = printing.of_the_day() if day else printing.picked(Label.objects.filter(pk__in=chosen(request)))
        if action == "zpl":
            return paper(printing.zpl(found), "labels.zpl", MEDIA["zpl"])
        return pdf(
            printing.merged(found, kinds=printing.LARGE_KINDS if action == "large" else printing.KINDS), "labels"
        )
    except ValidationError as error:
        messages.error(request, "; ".join(error.messages))
        return redirect(request.get_full_path())


def label(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(shipping.labels(), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    about = {
        "label": found, "order": found.parcel.shipment.order, "papers": found.papers.order_by("pk"),
        "scans": found.scans.order_by("-at", "-pk"), "can": allowed(request, BUTTONS),
        "calls": CarrierCall.objects.filter(ref=found.ref).order_by("-at", "-pk")[:20],
    }  # fmt: skip
    return page(request, "inventory/label.html", f"Label {found}", about)


def _cancel(request: HttpRequest, found: Label) -> str:
    buying.cancel(found)
    return f"The label {found} is cancelled"


def _resolve(request: HttpRequest, found: Label) -> str:
    told = purchases.resolve(found.pk)
    words = {"found": "It was bought; its number and paper are here", "absent": "It was never bought"}
    return words.get(next(iter(told)), "The carrier does not show it yet; it is looked up again")


BUTTONS = {"cancel": Button(Action.SHIP, _cancel), "resolve": Button(Action.SHIP, _resolve)}


def document(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One paper, for those who ship: an address stands on it."""
    require(request, Action.SHIP)
    found = get_object_or_404(LabelPaper.objects.select_related("label"), label=pk, kind=kind)
    return paper(buying.content(found), f"{found.label}-{kind}.{found.format}", MEDIA[found.format])


def manifests(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, {"close_day": Button(Action.SHIP, _close)})
    waiting = [(each, closing.open_labels(each).count()) for each in CarrierAccount.objects.filter(is_active=True)]
    can = allowed(request, {"close_day": Button(Action.SHIP, _close)})
    return listing(request, MANIFESTS, {"waiting": waiting, "may_close": bool(can)})


def _close(request: HttpRequest) -> str:
    account = get_object_or_404(CarrierAccount, key=request.POST.get("contract", ""))
    made = closing.close(account, by=request.user.get_username())
    return f"{sum(each.labels_closed for each in made)} labels of {account.label} are closed"


def manifest_paper(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.SHIP)
    found = get_object_or_404(Manifest.objects, pk=pk)
    body = closing.paper(found)
    if body is None:
        raise Http404("the paper of this sheet was not given, or is past its retention")
    return pdf(body, f"manifest-{found.pk}")
