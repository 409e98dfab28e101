"""Clients of the installation. Lives in `public`; users live in each client's own schema."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin
from django_tenants.postgresql_backend.base import _check_schema_name

SLUG = RegexValidator(r"^[a-z][a-z0-9_]{1,40}$", "lower case letters, digits and _; begin with a letter")


class TenantStatus(models.TextChoices):
    CREATING = "creating", "being set up"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVING = "removing"


class TenantQuerySet(models.QuerySet["Tenant"]):
    def active(self) -> TenantQuerySet:
        return self.filter(status=TenantStatus.ACTIVE).order_by("schema_name")


class Tenant(TenantMixin):
    """One client. `reporting_currency` is what totals over currencies are shown in; limits of None are unlimited."""

    schema_name = models.CharField(
        "key", max_length=41, unique=True, db_index=True, validators=[SLUG, _check_schema_name]
    )
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=TenantStatus, default=TenantStatus.ACTIVE)
    status_reason = models.CharField(max_length=200, blank=True)
    reporting_currency = models.CharField(max_length=3, default="EUR")
    account_limit = models.PositiveIntegerField(null=True, blank=True)
    remove_after = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet.as_manager()
    auto_create_schema = True
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == TenantStatus.ACTIVE


class Domain(DomainMixin):
    """A host name that leads to a client."""
