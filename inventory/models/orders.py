"""Orders, their lines, and every event of their lives. No buyer's name or address is kept here."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku


class Order(models.Model):
    """An order as last read. `business_on` is its day in the store's zone; `total` is what the buyer pays."""

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="orders")
    external_id = models.CharField(max_length=120)
    channel = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20)
    status_raw = models.CharField(max_length=60, blank=True)
    ordered_at = models.DateTimeField()
    business_on = models.DateField()
    changed_at = models.DateTimeField()
    fulfilment = models.CharField(max_length=12)
    currency = models.CharField(max_length=3, blank=True)
    total = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    ship_by = models.DateTimeField(null=True, blank=True)
    deliver_by = models.DateTimeField(null=True, blank=True)
    ship_to_country = models.CharField(max_length=2, blank=True)
    is_business = models.BooleanField(default=False)
    is_premium = models.BooleanField(default=False)
    replacement_of = models.CharField(max_length=120, blank=True)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="order_once")]
        indexes = [
            models.Index(fields=["-ordered_at", "-id"], name="order_newest"),
            models.Index(fields=["external_id"], name="order_external"),
            models.Index(
                fields=["ship_by"], condition=Q(status__in=["to_ship", "partially_shipped"]), name="order_to_ship"
            ),
            models.Index(fields=["business_on", "account", "channel"], name="order_day"),
        ]

    def __str__(self) -> str:
        return self.external_id


class OrderLine(models.Model):
    """One position. Shipped + cancelled + open = ordered, held by the database.

    Amounts are for the whole line in the order's currency, positive; `expected_fee` is negative.
    `order_ref` and `account` repeat the order's, so that statements join without a detour.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="+", db_index=False)
    order_ref = models.CharField(max_length=120)
    external_id = models.CharField(max_length=120)
    remote_id = models.CharField(max_length=160, blank=True)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="order_lines", db_index=False)
    title = models.CharField(max_length=300, blank=True)
    quantity = models.PositiveIntegerField()
    quantity_shipped = models.PositiveIntegerField(default=0)
    quantity_cancelled = models.PositiveIntegerField(default=0)
    quantity_open = models.GeneratedField(
        expression=F("quantity") - F("quantity_shipped") - F("quantity_cancelled"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    currency = models.CharField(max_length=3, blank=True)
    unit_price = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    item_total = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    shipping = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    gift_wrap = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    tax = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    discount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    shipping_discount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    expected_fee = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    shipped_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "order_ref", "external_id"], name="order_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("quantity_shipped") + F("quantity_cancelled")),
                name="order_line_not_beyond_ordered",
            ),
        ]
        indexes = [
            models.Index(fields=["sku", "order"], name="order_line_sku"),
            models.Index(fields=["account", "remote_id"], condition=Q(sku=None), name="order_line_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.order_ref} / {self.external_id}"


class OrderEvent(models.Model):
    """Something that happened to an order, from any source; the same event is kept once."""

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")
    order = models.ForeignKey(Order, models.CASCADE, null=True, blank=True, related_name="events")
    order_ref = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    kind_raw = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=40)
    event_id = models.CharField(max_length=160)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="order_event_once")]
        indexes = [models.Index(fields=["account", "order_ref", "happened_at"], name="order_event_timeline")]

    def __str__(self) -> str:
        return f"{self.order_ref} {self.kind}"
