"""How SKUs hang together: what a bundle is made of, and which SKUs or products were taken for one and by whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models.products import Sku


class BundlePart(models.Model):
    """So many pieces of an item in one bundle."""

    bundle = models.ForeignKey(Sku, models.CASCADE, related_name="parts")
    component = models.ForeignKey(Sku, models.PROTECT, related_name="bundles")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "component"], name="bundle_part_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & ~Q(bundle=F("component")), name="bundle_part_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.component_id}"


class Merge(models.Model):
    """Two SKUs, or two products, that were one: `kept` goes on, `gone` is retired and keeps its id.

    `moved` lists by table the rows that carried the id of `gone`, so that undoing gives each its former id back.
    """

    kind = models.CharField(max_length=7, choices=[("sku", "SKU"), ("product", "product")])
    kept_id = models.BigIntegerField()
    gone_id = models.BigIntegerField()
    kept_name = models.CharField(max_length=300)
    gone_name = models.CharField(max_length=300)
    moved = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    merged_at = models.DateTimeField()
    merged_by = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "gone_id"], condition=Q(undone_at=None), name="merged_into_one_only"
            ),
            models.CheckConstraint(condition=~Q(kept_id=F("gone_id")), name="merge_of_two"),
        ]
        indexes = [models.Index(fields=["-merged_at", "-id"], name="merge_newest")]

    def __str__(self) -> str:
        return f"{self.gone_name} into {self.kept_name}"
