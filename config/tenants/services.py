"""The life of a client: created, suspended, resumed, removed after a time of grace."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock, tenancy
from config.core.permissions import Role
from config.tenants.models import Domain, Tenant, TenantStatus

GRACE = timedelta(days=30)


def create(key: str, name: str, *, domain: str, reporting_currency: str = "EUR") -> Tenant:
    """Make the client, its schema and its defaults; a key or domain that is taken raises ValidationError."""
    tenant = Tenant(schema_name=key, name=name, reporting_currency=reporting_currency)
    tenant.full_clean()
    if Domain.objects.filter(domain=domain).exists():
        raise ValidationError(f"the host name {domain!r} leads to another client already")
    with tenancy.in_public():
        tenant.save(verbosity=0)
        Domain.objects.create(domain=domain, tenant=tenant, is_primary=True)
    seed_defaults(tenant)
    return tenant


def seed_defaults(tenant: Tenant) -> None:
    """Give the client what every app declared for new clients (thresholds, roles); safe to run again."""
    with tenancy.in_tenant(tenant.schema_name), transaction.atomic():
        for _, seed in tenancy.TENANT_DEFAULTS:
            seed()


def add_owner(tenant: Tenant, *, username: str, password: str) -> None:
    """Give a client its first person, who may add the others; a weak password raises ValidationError."""
    validate_password(password)
    with tenancy.in_tenant(tenant.schema_name), transaction.atomic():
        owner = get_user_model().objects.create_user(username, password=password, is_staff=True)
        owner.groups.add(Group.objects.get_or_create(name=Role.OWNER.value)[0])


def suspend(tenant: Tenant, *, reason: str) -> Tenant:
    """Stop jobs and sign-in of the client; its data stays."""
    return _move(tenant, TenantStatus.SUSPENDED, reason)


def resume(tenant: Tenant) -> Tenant:
    """Let a suspended client, or one within its time of grace, work again."""
    return _move(tenant, TenantStatus.ACTIVE, "")


def remove(tenant: Tenant, *, reason: str) -> Tenant:
    """Close the client now and drop its data after 30 days; until then `resume` undoes it."""
    return _move(tenant, TenantStatus.REMOVING, reason, remove_after=clock.now() + GRACE)


def purge_removed() -> dict[str, int]:
    """Drop the schemas of clients whose time of grace is over."""
    due = Tenant.objects.filter(status=TenantStatus.REMOVING, remove_after__lte=clock.now())
    for tenant in due:
        tenant.delete(force_drop=True)
    return {"dropped": len(due)}


def _move(tenant: Tenant, status: str, reason: str, *, remove_after: datetime | None = None) -> Tenant:
    tenant.status, tenant.status_reason = status, reason
    tenant.remove_after = remove_after
    with tenancy.in_public():
        tenant.save(update_fields=["status", "status_reason", "remove_after"], verbosity=0)
    return tenant
