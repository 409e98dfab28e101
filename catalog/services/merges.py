"""Two SKUs, or two products, that turn out to be one: merged with a journal, and parted again by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from catalog import merging
from catalog.models import BundlePart, Identifier, Listing, Merge, Product, RemoteProduct, Sku, SkuKind
from catalog.signals import products_linked, skus_changed
from config.core import clock
from config.core.events import announce

NAMES: dict[str, tuple[type[models.Model], str]] = {
    "identifiers": (Identifier, "sku"), "names": (RemoteProduct, "sku"), "listings": (Listing, "sku"),
    "components": (BundlePart, "component"),
}  # fmt: skip
"""Rows that say which SKU a name means. History (orders, costs, the ledger of stock) keeps the id it was booked with."""


@transaction.atomic
def merge(kept: Sku, gone: Sku, *, by: str, reason: str) -> Merge:
    """From now on every name of `gone` means `kept`; `gone` is retired, keeps its id, and comes back by `undo`."""
    _say(reason)
    kept, gone = _locked(Sku, kept.pk, gone.pk)
    told = [merging.obstacle(kept, gone), *(guard(gone.pk) for _, guard in merging.GUARDS)]
    if any(told):
        raise ValidationError([each for each in told if each])
    if BundlePart.objects.filter(component=gone, bundle__parts__component=kept).exists():
        raise ValidationError(f"a bundle holds both {kept.code} and {gone.code}; take one out first")
    moved = {name: _move(model, field, gone.pk, kept.pk) for name, (model, field) in NAMES.items()}
    gone.is_retired, gone.merged_into = True, kept
    gone.save(update_fields=["is_retired", "merged_into", "updated_at"])
    _tell([kept.pk, gone.pk], moved["names"])
    return _remember("sku", kept, gone, moved, by=by, reason=reason)


@transaction.atomic
def merge_products(kept: Product, gone: Product, *, by: str, reason: str) -> Merge:
    """All SKUs of `gone` become variants of `kept`; they keep their ids and codes."""
    _say(reason)
    kept, gone = _locked(Product, kept.pk, gone.pk)
    mine, theirs = list(kept.skus.all()), list(gone.skus.all())
    if not theirs:
        raise ValidationError(f"{gone} has no SKU left")
    if sum(sku.kind == SkuKind.PARENT for sku in [*mine, *theirs]) > 1:
        raise ValidationError("both products have a parent SKU; merge or retire one of the two first")
    taken = {frozenset(sku.options.items()): sku.code for sku in mine if sku.options}
    for sku in theirs:
        if sku.options and frozenset(sku.options.items()) in taken:
            raise ValidationError(
                f"{sku.code} and {taken[frozenset(sku.options.items())]} are the same variant; merge them"
            )
    moved = {"skus": _move(Sku, "product", gone.pk, kept.pk)}
    _tell(moved["skus"], [])
    return _remember("product", kept, gone, moved, by=by, reason=reason)


@transaction.atomic
def undo(merge: Merge, *, by: str) -> Merge:
    """Part again what was merged: every row that moved and still means `kept` gets its former id back."""
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        raise ValidationError("this merge was undone already")
    if merge.kind == "product":
        _back(Sku, "product", merge, merge.moved["skus"])
        _tell(merge.moved["skus"], [])
    else:
        for name, (model, field) in NAMES.items():
            _back(model, field, merge, merge.moved.get(name, []))
        Sku.objects.filter(pk=merge.gone_id).update(is_retired=False, merged_into=None, updated_at=clock.now())
        _tell([merge.kept_id, merge.gone_id], merge.moved["names"])
    merge.undone_at, merge.undone_by = clock.now(), by
    merge.save(update_fields=["undone_at", "undone_by"])
    return merge


def _say(reason: str) -> None:
    if not reason.strip():
        raise ValidationError("say why they are one; whoever looks later will ask")


def _locked(model: type[Any], *ids: int) -> list[Any]:
    rows = {row.pk: row for row in model.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    return [rows[pk] for pk in ids]


def _move(model: type[Any], field: str, before: int, after: int) -> list[int]:
    ids = list(model.objects.filter(**{field: before}).order_by("pk").values_list("pk", flat=True))
    model.objects.filter(pk__in=ids).update(**{field: after})
    return ids


def _back(model: type[Any], field: str, merge: Merge, ids: Iterable[int]) -> None:
    model.objects.filter(pk__in=list(ids), **{field: merge.kept_id}).update(**{field: merge.gone_id})


def _tell(sku_ids: Iterable[int], names: Iterable[int]) -> None:
    announce(skus_changed, ids=sorted(sku_ids))
    for account_id in RemoteProduct.objects.filter(pk__in=list(names)).values_list("account", flat=True).distinct():
        announce(products_linked, account_id=account_id, ids=sorted(names))


def _remember(kind: str, kept: Any, gone: Any, moved: dict[str, list[int]], *, by: str, reason: str) -> Merge:
    return Merge.objects.create(
        kind=kind, kept_id=kept.pk, gone_id=gone.pk, kept_name=str(kept)[:300], gone_name=str(gone)[:300], moved=moved,
        reason=reason[:200], merged_at=clock.now(), merged_by=by,
    )  # fmt: skip
