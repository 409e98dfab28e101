"""Goods that came back, one row per piece of news."""

from __future__ import annotations

from django.db import models

from catalog.models import Sku


class Return(models.Model):
    """One returned position; `line_ref` may be blank where the marketplace does not say which line it was.

    `is_sellable`: the goods can be sold again; None while nobody has said so.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="returns")
    external_id = models.CharField(max_length=200)
    order_ref = models.CharField(max_length=120)
    line_ref = models.CharField(max_length=120, blank=True)
    remote_id = models.CharField(max_length=160, blank=True)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="returns")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=120, blank=True)
    disposition = models.CharField(max_length=60, blank=True)
    is_handled = models.BooleanField(null=True)
    is_sellable = models.BooleanField(null=True)
    fulfilment = models.CharField(max_length=12)
    returned_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="return_once")]
        indexes = [
            models.Index(fields=["account", "order_ref"], name="return_order"),
            models.Index(fields=["-returned_at", "-id"], name="return_newest"),
        ]

    def __str__(self) -> str:
        return self.external_id
