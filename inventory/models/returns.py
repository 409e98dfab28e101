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


class ReturnCheck(models.Model):
    """What a person found of some returned units: back on the shelf by a stock move, or kept out, with the reason."""

    returned = models.ForeignKey(Return, models.CASCADE, related_name="checks")
    units = models.PositiveIntegerField()
    is_sellable = models.BooleanField()
    reason = models.CharField(max_length=40)
    note = models.CharField(max_length=200, blank=True)
    move = models.OneToOneField("inventory.StockMove", models.PROTECT, null=True, blank=True, related_name="+")
    checked_by = models.CharField(max_length=150)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(units__gte=1), name="return_check_has_units"),
            models.CheckConstraint(
                condition=models.Q(is_sellable=True) | models.Q(move=None), name="return_check_kept_out_moves_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.returned_id}: {self.reason}"
