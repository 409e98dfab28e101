"""A client's contract with a carrier, its secrets, and what was said on the wire."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import models

from config.core.models import Stamped
from config.core.secrets import EncryptedTextField
from inventory.carriers import registry

KEEP_DAYS = 90
"""Carriers tell of a parcel for about as long; after that nobody needs the address either."""


class CarrierAccount(Stamped):
    """One contract. `endpoint` replaces the carrier's host (the simulated world).

    `keep_days` after a label was bought its papers and the address of its parcel are deleted.
    """

    key = models.SlugField(max_length=60, unique=True)
    carrier = models.CharField(max_length=40)
    label = models.CharField(max_length=120)
    settings = models.JSONField(default=dict, blank=True)
    endpoint = models.URLField(blank=True)
    is_active = models.BooleanField(default=True)
    keep_days = models.PositiveSmallIntegerField(default=KEEP_DAYS)

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if not registry.known(self.carrier):
            raise ValidationError({"carrier": f"no carrier is called {self.carrier!r}"})


class CarrierSecret(models.Model):
    """One secret of a contract, encrypted for this row alone."""

    account = models.ForeignKey(CarrierAccount, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=60)
    sealed_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    value = EncryptedTextField()
    rotated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="carrier_secret_once")]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.name}"


class CarrierCall(models.Model):
    """One exchange with a carrier, redacted: no address, no credential, no paper."""

    account = models.ForeignKey(CarrierAccount, models.CASCADE, related_name="calls")
    ref = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    operation = models.CharField(max_length=80)
    method = models.CharField(max_length=8)
    url = models.CharField(max_length=600)
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField()
    request_body = models.BinaryField(default=bytes)
    response_body = models.BinaryField(default=bytes)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["ref", "at"], name="carrier_call_ref")]

    def __str__(self) -> str:
        return f"{self.method} {self.operation} {self.status}"
