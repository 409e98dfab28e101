"""Which warehouse feeds which account, and how much of it each channel may offer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models import Sku
from inventory.models.stock import Warehouse
from inventory.offering import LABELS


class Feed(models.Model):
    """A warehouse of ours that an account sells from; the lowest `priority` is reserved from first.

    Orders placed before `starts_at` were supplied from elsewhere as far as they had shipped by then. `is_publishing`:
    quantities computed from it are written to the account's listings.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="feeds")
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="feeds")
    priority = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField()
    is_publishing = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "warehouse"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.warehouse_id} -> {self.account_id}"


class StaleOffer(models.Model):
    """A SKU whose offered quantities must be computed again; triggers of holdings write it, so that none is missed."""

    sku = models.OneToOneField(Sku, models.CASCADE, related_name="+", primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.sku_id)


class AllocationRule(models.Model):
    """One limit on what is offered. Blank account, channel, listing and SKU hold for all; the most specific one of a
    kind counts: listing before SKU before channel before account. Shares are whole percents, rounded down.
    """

    kind = models.CharField(max_length=16, choices=[(kind.value, label) for kind, label in LABELS.items()])
    value = models.PositiveIntegerField()
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=20, blank=True)
    sku = models.ForeignKey(Sku, models.CASCADE, null=True, blank=True, related_name="allocation_rules")
    listing = models.ForeignKey("catalog.Listing", models.CASCADE, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    set_by = models.CharField(max_length=150, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "account", "channel", "sku", "listing"],
                nulls_distinct=False,
                name="allocation_rule_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["percentage", "inbound"]) | Q(value__lte=100), name="allocation_rule_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Buffer(models.Model):
    """Units that one account must not offer of a SKU, because other channels sell `per_day` while a change takes
    `delay_s` seconds to show.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+", db_index=False)
    sku = models.ForeignKey(Sku, models.CASCADE, related_name="buffers")
    units = models.PositiveIntegerField()
    per_day = models.DecimalField(max_digits=12, decimal_places=4)
    delay_s = models.PositiveIntegerField()
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "sku"], name="buffer_once")]

    def __str__(self) -> str:
        return f"{self.units} of {self.sku_id}"


class StockPolicy(models.Model):
    """How a client treats its stock; one row. `oversell_target` is the chance of an oversell that a buffer leaves,
    `approve_from` the units of a document from which a second person must agree.
    """

    key = models.SlugField(max_length=20, unique=True, default="stock")
    oversell_target = models.DecimalField(max_digits=6, decimal_places=5, default="0.001")
    usual_delay_s = models.PositiveIntegerField(default=600)
    demand_days = models.PositiveSmallIntegerField(default=28)
    approve_from = models.PositiveIntegerField(default=50)
    hold_hours = models.PositiveIntegerField(default=168)

    class Meta:
        verbose_name_plural = "stock policy"
        constraints = [
            models.CheckConstraint(
                condition=Q(oversell_target__gt=0, oversell_target__lt=1, demand_days__gte=1),
                name="stock_policy_in_range",
            )
        ]

    def __str__(self) -> str:
        return self.key
