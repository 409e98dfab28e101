"""The life of a client: ordered, created, suspended, resumed, removed after a time of grace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from psycopg import sql

from config.core import clock, secrets, tenancy
from config.core.permissions import Role
from config.core.work import later
from config.tenants.models import Domain, Tenant, TenantStatus

GRACE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A client that an operator wants, and its first person, who may add the others."""

    key: str
    name: str
    domain: str
    owner: str
    password: str
    reporting_currency: str = "EUR"


def order(wanted: Order) -> Tenant:
    """Note a new client and have a worker set it up; it refuses its people until then. Raises ValidationError.

    Its schema stands at once, empty, so that a migration of all clients meets it; the password travels sealed.
    """
    validate_password(wanted.password)
    tenant = _checked(wanted.key, wanted.name, wanted.domain, wanted.reporting_currency)
    tenant.status, tenant.auto_create_schema = TenantStatus.CREATING, False
    sealed = secrets.seal(make_password(wanted.password), _place(wanted.key))
    with tenancy.in_public(), transaction.atomic():
        tenant.save(verbosity=0)
        Domain.objects.create(domain=wanted.domain, tenant=tenant, is_primary=True)
        with tenancy.connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(wanted.key)))
        later("tenants.build", tenant_id=tenant.pk, owner=wanted.owner, sealed_password=sealed.token)
    return tenant


def build(tenant_id: int, owner: str, sealed_password: str) -> dict[str, int]:
    """Make the tables of an ordered client, its defaults and its owner, then let its people in; safe to run again."""
    tenant = Tenant.objects.get(pk=tenant_id)
    if tenant.status != TenantStatus.CREATING:
        return {"skipped": 1}
    key = tenant.schema_name
    password = secrets.unseal(secrets.Sealed(sealed_password), _place(key))
    with tenancy.in_public():
        call_command("migrate_schemas", tenant=True, schema_name=key, interactive=False, verbosity=0)
    with tenancy.in_public(), transaction.atomic():
        Tenant.objects.filter(pk=tenant.pk).update(status=TenantStatus.ACTIVE)
        seed_defaults(tenant)
        with tenancy.in_tenant(key):
            _first_person(get_user_model()(username=owner, password=password, is_staff=True))
    return {"built": 1}


def _place(key: str) -> str:
    return f"tenants.build.{key}"


def _checked(key: str, name: str, domain: str, reporting_currency: str) -> Tenant:
    tenant = Tenant(schema_name=key, name=name, reporting_currency=reporting_currency)
    tenant.full_clean()
    if Domain.objects.filter(domain=domain).exists():
        raise ValidationError(f"the host name {domain!r} leads to another client already")
    return tenant


def create(key: str, name: str, *, domain: str, reporting_currency: str = "EUR") -> Tenant:
    """Make the client, its schema and its defaults; a key or domain that is taken raises ValidationError."""
    tenant = _checked(key, name, domain, reporting_currency)
    with tenancy.in_public():
        tenant.save(verbosity=0)
        Domain.objects.create(domain=domain, tenant=tenant, is_primary=True)
    seed_defaults(tenant)
    return tenant


def seed_defaults(tenant: Tenant) -> None:
    """Give the client what every app declared for new clients (thresholds, roles); safe to run again."""
    with tenancy.in_tenant(tenant.schema_name):
        bring_defaults()


def bring_defaults() -> dict[str, int]:
    """Give the client we work for the defaults that came after it was created; what it has already stays as it is."""
    with transaction.atomic():
        seeds = [seed for _, seed in tenancy.TENANT_DEFAULTS]
        for seed in seeds:
            seed()
    return {"looked_at": len(seeds)}


def _first_person(owner: Any) -> None:
    owner.save()
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
    if tenant.status == TenantStatus.CREATING:
        raise ValidationError(f"{tenant.name} is being set up; wait until that is done")
    tenant.status, tenant.status_reason = status, reason
    tenant.remove_after = remove_after
    with tenancy.in_public():
        tenant.save(update_fields=["status", "status_reason", "remove_after"], verbosity=0)
    return tenant
