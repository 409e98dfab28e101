"""The master data of one SKU: what is known, what is missing, who changed what."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from catalog import master, selectors
from catalog.models import Sku
from catalog.services import masters
from catalog.views import structure
from config.core.buttons import Button, allowed, press
from config.core.permissions import Action
from config.core.screens import page, require


def _describe(request: HttpRequest, found: Sku) -> str:
    given = {name: request.POST.get(name, "") for name in master.FIELDS}
    count = masters.describe(found, given, by=request.user.get_username(), source="typed in")
    return f"{count} fields changed" if count else "nothing changed"


BUTTONS = {
    "describe": Button(Action.EDIT_PRODUCTS, _describe),
    "compose": Button(Action.EDIT_PRODUCTS, structure.compose),
    "merge": Button(Action.EDIT_PRODUCTS, structure.merge),
    "unmerge": Button(Action.EDIT_PRODUCTS, structure.unmerge),
}
SPARE = 2


def sku(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of the master data of a SKU, and the buttons on it."""
    found = get_object_or_404(selectors.skus(), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    known = selectors.master_of(sku_ids=[found.pk])[found.pk]
    context = {
        "sku": found, "can": allowed(request, BUTTONS), "changes": list(selectors.changes_of(sku_id=found.pk)),
        "fields": [(field, known[name]) for name, field in master.FIELDS.items()],
        "vat_classes": master.VAT_CLASSES, "variants": list(selectors.variants_of(sku=found)),
        "parts": list(selectors.parts_of(sku_id=found.pk)), "spare": range(SPARE),
        "merges": list(selectors.merges_of(sku=found)), "options": found.options.items(),
    }  # fmt: skip
    return page(request, "catalog/master.html", found.code, context)
