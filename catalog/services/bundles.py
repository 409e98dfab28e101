"""What a bundle is made of."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import BundlePart, Sku, SkuChange, SkuKind
from catalog.signals import skus_changed
from config.core import clock, work
from config.core.events import announce

MOST = 10_000


@transaction.atomic
def compose(sku: Sku, parts: Mapping[str, int], *, by: str) -> int:
    """Say which SKUs (by code) and how many pieces of each make one bundle; without any it is an item again.

    Returns the number of components. A component is an item that is sold; bundles in bundles raise ValidationError.
    """
    sku = Sku.objects.select_for_update().get(pk=sku.pk)
    components = {each.code: each for each in Sku.objects.filter(code__in=parts)}
    _check(sku, parts, components)
    before = _told(sku)
    BundlePart.objects.filter(bundle=sku).delete()
    BundlePart.objects.bulk_create(
        BundlePart(bundle=sku, component=components[code], quantity=count) for code, count in parts.items()
    )
    sku.kind = SkuKind.BUNDLE if parts else SkuKind.ITEM
    sku.save(update_fields=["kind", "updated_at"])
    SkuChange.objects.create(
        sku=sku, field="components", before=before, after=_told(sku), changed_at=clock.now(), changed_by=by
    )
    announce(skus_changed, ids=[sku.pk])
    work.later("inventory.recompose", sku_id=sku.pk)
    return len(parts)


def _check(sku: Sku, parts: Mapping[str, int], components: Mapping[str, Sku]) -> None:
    if sku.kind == SkuKind.PARENT:
        raise ValidationError(f"{sku.code} carries variants and is never sold itself; it cannot be a bundle")
    if parts and BundlePart.objects.filter(component=sku).exists():
        raise ValidationError(f"{sku.code} is part of a bundle; a bundle holds items only")
    for code, count in parts.items():
        if code not in components:
            raise ValidationError(f"no SKU is called {code!r}")
        if components[code].kind != SkuKind.ITEM or components[code].is_retired or code == sku.code:
            raise ValidationError(f"{code} cannot be in a bundle: it must be another item that is sold")
        if not 0 < count <= MOST:
            raise ValidationError(f"{count} pieces of {code} make no bundle")


def _told(sku: Sku) -> str:
    parts = BundlePart.objects.filter(bundle=sku).select_related("component").order_by("component__code")
    return ", ".join(f"{part.quantity} × {part.component.code}" for part in parts)
