"""Our offers in each storefront: price, quantity, state, issues, and who else sells the product."""

from __future__ import annotations

from django.db import models

from catalog.models.products import Sku


class Listing(models.Model):
    """One offer of ours in one channel, as last read. Amounts are what the buyer sees."""

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="listings")
    channel = models.CharField(max_length=20, blank=True)
    external_id = models.CharField(max_length=160)
    remote_id = models.CharField(max_length=160)
    sku = models.ForeignKey(Sku, models.SET_NULL, null=True, blank=True, related_name="listings")
    product_ids = models.JSONField(default=list)
    title = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=12)
    status_raw = models.CharField(max_length=60, blank=True)
    fulfilment = models.CharField(max_length=12)
    price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    sale_price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    price_seen_at = models.DateTimeField(null=True, blank=True)
    quantity = models.IntegerField(null=True, blank=True)
    image_url = models.URLField(max_length=500, blank=True)
    extra = models.JSONField(default=dict)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "channel", "external_id"], name="listing_once")]
        indexes = [
            models.Index(fields=["account", "remote_id"], name="listing_remote"),
            models.Index(fields=["sku", "channel"], name="listing_sku"),
            models.Index(fields=["status", "id"], name="listing_status"),
        ]

    def __str__(self) -> str:
        return f"{self.remote_id} {self.channel}"


class ListingIssue(models.Model):
    """A problem the marketplace reports on a listing; `is_open` False keeps its history."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="issues")
    code = models.CharField(max_length=80)
    severity = models.CharField(max_length=10)
    message = models.TextField(blank=True)
    attributes = models.JSONField(default=list)
    is_blocking = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "code"], name="listing_issue_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.severity}"


class ListingPrice(models.Model):
    """The price of a listing from a moment on: why was this price so three weeks ago?"""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="prices")
    price = models.DecimalField(max_digits=19, decimal_places=4)
    sale_price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "since"], name="listing_price_once")]

    def __str__(self) -> str:
        return f"{self.price} {self.currency} since {self.since:%Y-%m-%d}"


class OfferSnapshot(models.Model):
    """Who sold the product at a moment and who was featured; `is_featured_own` None: nobody was."""

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="offer_snapshots")
    channel = models.CharField(max_length=20, blank=True)
    remote_id = models.CharField(max_length=160)
    observed_at = models.DateTimeField()
    is_featured_own = models.BooleanField(null=True)
    featured_price = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    lowest_price = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    offer_count = models.PositiveIntegerField(null=True)
    competitors = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "channel", "remote_id", "observed_at"], name="offer_snapshot_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.remote_id} {self.channel} {self.observed_at:%Y-%m-%d %H:%M}"
