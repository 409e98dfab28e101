"""A seller's connection to a marketplace, and its secrets."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from config.core.models import Stamped
from config.core.secrets import EncryptedTextField
from marketplaces import registry


class AccountStatus(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"
    BROKEN = "broken", "needs attention"


class AccountStage(models.TextChoices):
    """How far we may go on our own: watch only, propose writes, or write."""

    OBSERVE = "observe"
    PROPOSE = "propose"
    ACT = "act"


class Account(Stamped):
    """One authorisation of one seller. `stores` are the storefront codes it sells in; the first one is its main one.

    `endpoint` replaces the marketplace's hosts (the simulated world). `marketplace` is checked against the registry,
    not against model choices, so that a new marketplace makes no migration.
    """

    key = models.SlugField(max_length=60, unique=True)
    marketplace = models.CharField(max_length=40)
    label = models.CharField(max_length=120)
    stores = ArrayField(models.CharField(max_length=20), default=list)
    settings = models.JSONField(default=dict, blank=True)
    endpoint = models.URLField(blank=True)
    status = models.CharField(max_length=10, choices=AccountStatus, default=AccountStatus.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True)
    status_code = models.CharField(max_length=60, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=10, choices=AccountStage, default=AccountStage.OBSERVE)
    connected_at = models.DateTimeField(null=True, blank=True)
    history_from = models.DateTimeField(null=True, blank=True)
    credentials_expire_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label

    @property
    def is_paused(self) -> bool:
        return self.status != AccountStatus.ACTIVE

    def zone(self, channel: str = "") -> str:
        """IANA zone of a storefront of this account; its main storefront's where the channel is not known."""
        adapter = registry.get(self.marketplace)
        store = adapter.store(channel) or next(filter(None, map(adapter.store, self.stores)), None)
        return store.zone if store else "UTC"

    def clean(self) -> None:
        if not registry.known(self.marketplace):
            raise ValidationError({"marketplace": f"no adapter is called {self.marketplace!r}"})
        unknown = [code for code in self.stores if registry.get(self.marketplace).store(code) is None]
        if unknown:
            raise ValidationError({"stores": f"unknown storefronts: {', '.join(unknown)}"})
        wrong = [each.label for each in registry.get(self.marketplace).settings if not each.fits(self.settings)]
        if wrong:
            raise ValidationError({"settings": f"this cannot be: {', '.join(wrong)}"})


class Credential(models.Model):
    """One secret of an account, encrypted for this row alone."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=60)
    sealed_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    value = EncryptedTextField()
    rotated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="credential_once")]

    def __str__(self) -> str:
        return f"{self.account_id}:{self.name}"
