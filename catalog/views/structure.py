"""Buttons of the master data page that change what a SKU is: its components, its merging, and its undoing."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from catalog.models import Merge, Sku
from catalog.services import bundles, merges
from config.core.buttons import text


def compose(request: HttpRequest, found: Sku) -> str:
    codes, counts = request.POST.getlist("component"), request.POST.getlist("count")
    parts = {code.strip(): _count(count) for code, count in zip(codes, counts, strict=True) if code.strip()}
    number = bundles.compose(found, parts, by=request.user.get_username())
    return f"{found.code} holds {number} components" if number else f"{found.code} is an item again"


def _count(told: str) -> int:
    if not told.strip().isdecimal() or len(told) > 5:
        raise ValidationError(f"{told!r} is not a number of pieces")
    return int(told)


def merge(request: HttpRequest, found: Sku) -> str:
    code = text(request, "into", missing="name the SKU that goes on")
    kept = Sku.objects.filter(code=code).select_related("product").first()
    if kept is None:
        raise ValidationError(f"no SKU is called {code!r}")
    reason = request.POST.get("reason", "")
    if request.POST.get("what") == "product":
        merges.merge_products(kept.product, found.product, by=request.user.get_username(), reason=reason)
        return f"the SKUs of {found.product} are variants of {kept.product} now"
    merges.merge(kept, found, by=request.user.get_username(), reason=reason)
    return f"every name of {found.code} means {kept.code} from now on"


def unmerge(request: HttpRequest, found: Sku) -> str:
    done = Merge.objects.filter(pk=text(request, "merge", missing="choose what to undo"), undone_at=None).first()
    if done is None:
        raise ValidationError("this merge was undone already")
    merges.undo(done, by=request.user.get_username())
    return f"parted again: {done.gone_name} has its names back"
