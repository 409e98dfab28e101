"""What a marketplace account calls our products, and which SKU each name means."""

from __future__ import annotations

from django.db import models

from catalog.models.products import Sku
from config.core.models import Stamped


class RemoteState(models.TextChoices):
    OPEN = "open", "not linked"
    LINKED = "linked"
    AMBIGUOUS = "ambiguous", "several candidates"
    IGNORED = "ignored"


class RemoteProduct(Stamped):
    """One product id of one account, unique by construction: a name means at most one SKU.

    `remote_id` is the seller's SKU there, or `<kind>:<value>` of the first product id where there is none.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="remote_products")
    remote_id = models.CharField(max_length=160)
    title = models.CharField(max_length=300, blank=True)
    product_ids = models.JSONField(default=list)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="remote_products")
    state = models.CharField(max_length=10, choices=RemoteState, default=RemoteState.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    linked_by = models.CharField(max_length=150, blank=True)
    seen_in = models.CharField(max_length=40, blank=True)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="remote_product_once"),
            models.CheckConstraint(
                condition=models.Q(state="linked", sku__isnull=False) | ~models.Q(state="linked"),
                name="remote_product_linked_has_sku",
            ),
        ]
        indexes = [models.Index(fields=["state", "first_seen_at"], name="remote_product_open")]

    def __str__(self) -> str:
        return self.remote_id
