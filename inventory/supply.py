"""Questions about cover and goods on their way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from inventory.models import Coverage, SupplyPolicy, Warehouse

OWN = "own"


def policy() -> SupplyPolicy:
    """What the client wants to have; the product's defaults until somebody says otherwise."""
    return SupplyPolicy.objects.order_by("pk").first() or SupplyPolicy()


def cover() -> QuerySet[Coverage]:
    """SKUs in pools with how long they last."""
    return Coverage.objects.select_related("sku__product__brand", "warehouse")


def pool_label(row: Coverage) -> str:
    """The place's name; all our own places together have one."""
    return row.warehouse.label if row.warehouse else "our own places"


def subjects(**only: object) -> Iterable[str]:
    """SKU and pool (0: our own) of rows, as one text."""
    found = Coverage.objects.filter(**only).order_by("days", "pk").values_list("sku_id", "warehouse_id")
    return (f"{sku_id}:{pool or 0}" for sku_id, pool in found)


def of_subjects(given: Sequence[str]) -> list[Coverage]:
    """The rows that such texts name."""
    pairs = {(int(sku), int(pool)) for sku, _, pool in (text.partition(":") for text in given)}
    found = cover().filter(Q(sku__in={sku for sku, _ in pairs})).order_by("pk")
    return [row for row in found if (row.sku_id, row.warehouse_id or 0) in pairs]


def pools() -> list[tuple[str, str]]:
    """What a pool is chosen from: our own places together, and each marketplace's."""
    theirs = Warehouse.objects.filter(account__isnull=False, fulfilment="marketplace").order_by("label")
    return [(OWN, "our own places"), *theirs.values_list("code", "label")]
