"""What leaves: shipments, their parcels, the labels bought for these, their papers and scans.

Orders keep no buyer. An address is read from the marketplace when a shipment is planned (or typed where it is not told),
kept encrypted with the shipment, and deleted with the papers `keep_days` after the label. A paper is stored encrypted
beside its label's number, in one transaction and in the client's own schema, so that neither is lost without the other.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from config.core.models import Stamped
from config.core.secrets import EncryptedTextField
from inventory.carriers.contract import DocumentKind, LabelFormat
from inventory.carriers.news import TrackingState
from inventory.models.carriers import CarrierAccount
from inventory.models.orders import Order, OrderLine
from marketplaces.models import Command


class Shipment(Stamped):
    """A plan to send some or all open units of an order to one address, as one parcel or several.

    `fingerprint` is a keyed hash of postcode, goods and total, by which the same sale is known when it comes twice.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="shipments")
    planned_by = models.CharField(max_length=150, blank=True)
    sealed_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    ship_to = EncryptedTextField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    is_doubled = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["fingerprint"], name="shipment_fingerprint")]

    def __str__(self) -> str:
        return f"shipment {self.pk} of {self.order_id}"


class Parcel(models.Model):
    """One piece. `weight_g` is with its packing; lengths are the outside, unknown ones stay empty.

    `command` is the write that told the marketplace of it; a parcel that is cancelled leaves its units to others.
    """

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="parcels")
    number = models.PositiveSmallIntegerField(default=1)
    weight_g = models.PositiveIntegerField()
    length_mm = models.PositiveIntegerField(null=True, blank=True)
    width_mm = models.PositiveIntegerField(null=True, blank=True)
    height_mm = models.PositiveIntegerField(null=True, blank=True)
    command = models.ForeignKey(Command, models.SET_NULL, null=True, blank=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "number"], name="parcel_once")]

    def __str__(self) -> str:
        return f"parcel {self.number} of shipment {self.shipment_id}"


class ParcelItem(models.Model):
    """Units of an order line in a parcel."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="items")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="parcel_items")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parcel", "line"], name="parcel_item_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="parcel_item_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"


class LabelKind(models.TextChoices):
    OUTBOUND = "outbound"
    RETURN = "return"


class LabelState(models.TextChoices):
    """ASKED is written before the call; UNKNOWN waits to be looked up; ABSENT was looked for and never bought."""

    WANTED = "wanted"
    ASKED = "asked", "asked for"
    UNKNOWN = "unknown", "in doubt"
    BOUGHT = "bought"
    REFUSED = "refused"
    ABSENT = "absent", "never bought"
    CANCELLED = "cancelled"


LIVE = (LabelState.WANTED, LabelState.ASKED, LabelState.UNKNOWN, LabelState.BOUGHT)


class Manifest(models.Model):
    """The end of a day at a carrier: from then on its labels can be neither cancelled nor fetched again."""

    account = models.ForeignKey(CarrierAccount, models.PROTECT, related_name="manifests")
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=150, blank=True)
    sheet_no = models.CharField(max_length=80, blank=True)
    labels_closed = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=dict)
    sealed_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    paper = EncryptedTextField(null=True)

    def __str__(self) -> str:
        return self.sheet_no or f"manifest {self.pk}"


class Label(Stamped):
    """One label of a parcel, wanted, bought or refused. `ref` is ours and finds it at the carrier after a lost answer.

    At most one live label of a kind per parcel, held by the database: nobody buys a second one beside it.
    """

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="labels")
    account = models.ForeignKey(CarrierAccount, models.PROTECT, related_name="labels")
    kind = models.CharField(max_length=10, choices=LabelKind, default=LabelKind.OUTBOUND)
    ref = models.CharField(max_length=35, unique=True)
    product = models.CharField(max_length=20)
    format = models.CharField(max_length=4, choices=[(each.value, each.value) for each in LabelFormat])
    ship_on = models.DateField()
    services = models.JSONField(default=dict)
    customs = models.JSONField(default=dict)
    with_return = models.BooleanField(default=False)
    is_routed = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=LabelState, default=LabelState.WANTED)
    reason = models.TextField(blank=True)
    wanted_by = models.CharField(max_length=150, blank=True)
    tracking_number = models.CharField(max_length=50, blank=True)
    return_tracking_number = models.CharField(max_length=50, blank=True)
    routing_code = models.CharField(max_length=50, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    bought_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveSmallIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    printed_at = models.DateTimeField(null=True, blank=True)
    manifest = models.ForeignKey(Manifest, models.SET_NULL, null=True, blank=True, related_name="labels")
    tracking_state = models.CharField(
        max_length=20, choices=[(each.value, each.value.replace("_", " ")) for each in TrackingState],
        default=TrackingState.UNKNOWN.value,
    )  # fmt: skip
    first_scan_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    next_track_at = models.DateTimeField(null=True, blank=True)
    weighed_g = models.PositiveIntegerField(null=True, blank=True, help_text="grams by the carrier's own scales")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "kind"], condition=Q(state__in=LIVE), name="label_one_live_per_parcel"
            ),
            models.UniqueConstraint(  # numbers come again after a long time
                fields=["account", "tracking_number", "ship_on"],
                condition=~Q(tracking_number=""),
                name="label_number_once",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_check_at"], name="label_open"),
            models.Index(
                fields=["next_track_at"], condition=Q(next_track_at__isnull=False), name="label_to_track"
            ),
            models.Index(fields=["tracking_number"], name="label_number"),
            models.Index(fields=["-bought_at", "-id"], name="label_newest"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.tracking_number or self.ref


class LabelPaper(models.Model):
    """One printable document, encrypted; deleted on schedule, never logged."""

    label = models.ForeignKey(Label, models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=20, choices=[(each.value, each.value) for each in DocumentKind])
    format = models.CharField(max_length=4, choices=[(each.value, each.value) for each in LabelFormat])
    sealed_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    body = EncryptedTextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "kind"], name="label_paper_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.label_id}"


class TrackingEvent(models.Model):
    """One scan, kept once however often it is told."""

    label = models.ForeignKey(Label, models.CASCADE, related_name="scans")
    at = models.DateTimeField()
    state = models.CharField(max_length=20)
    code = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "at", "code", "text"], name="tracking_event_once")]

    def __str__(self) -> str:
        return f"{self.label_id} {self.state}"
