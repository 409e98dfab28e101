"""The demo's clients with their people, their catalogue and their simulated accounts; safe to run again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from catalog.services import products
from config.core import tenancy
from config.core.management.demo import agreements, masters, parcels, stock, supply
from config.core.permissions import Role
from config.tenants import services
from config.tenants.models import Tenant
from finance.selectors import journals
from finance.services import books
from marketplaces import registry
from marketplaces.contract import Adapter, SandboxAccount
from marketplaces.models import Account, AccountStage
from marketplaces.sandbox.facts import WorldProduct
from marketplaces.sandbox.world import World
from marketplaces.services import accounts

NAMES = {"north": "North Goods", "south": "South Trading"}
OPERATOR = "operator"
BOOKS = {"home_country": "DE", "datev_consultant": 1001, "datev_client": 55003}
PEOPLE = (Role.OWNER, Role.FINANCE, Role.OPERATIONS, Role.ADS)


def wanted(worlds: Mapping[str, World]) -> dict[str, World]:
    """The worlds of the clients that have an account in the demo."""
    return {client: world for client, world in worlds.items() if any(map(_is_wanted, world.stages))}


def _is_wanted(account: str) -> bool:
    return not settings.DEMO_ACCOUNTS or account in settings.DEMO_ACCOUNTS


def ensure(worlds: Mapping[str, World]) -> None:
    """Make what is missing: every client of the worlds, and the operator of the installation."""
    with tenancy.in_public():
        _person(OPERATOR, is_superuser=True)
    for client, world in worlds.items():
        if not Tenant.objects.filter(schema_name=client).exists():
            services.create(client, NAMES.get(client, client.title()), domain=f"{client}.localhost")
        with tenancy.in_tenant(client):
            _furnish(client, world)


def _furnish(client: str, world: World) -> None:
    """People, how its books are kept, the client's own products, its accounts, and what lies in its warehouses."""
    _people()
    if not journals.books().home_country:
        books.set_books(BOOKS)
    products.import_master(master(product) for product in world.products if product.is_registered)
    for adapter in registry.all_adapters():
        for declared in (a for a in adapter.sandbox_accounts if a.client == client):
            _account(adapter, declared, world)
    supply.describe(world)
    agreements.enter_costs(world)
    for account in Account.objects.filter(key__in=world.stages):
        agreements.agree_fees(world.stages[account.key], account)
    masters.furnish(world)
    stock.open_warehouses(world)
    parcels.contract(client)


def authorise_again(client: str) -> int:
    """What a person does after a token was revoked: give the account its credentials anew. Returns how many."""
    declared = {a.key: a for adapter in registry.all_adapters() for a in adapter.sandbox_accounts if a.client == client}
    broken = Account.objects.filter(status="broken", key__in=declared)
    return len([accounts.rotate(account, declared[account.key].credentials) for account in broken])


def _people() -> None:
    """One login per role; password and name are the role, as it is printed at the start."""
    for role in PEOPLE:
        person = _person(role.value, is_superuser=False)
        person.groups.add(Group.objects.get_or_create(name=role.value)[0])


def _person(name: str, *, is_superuser: bool) -> Any:
    users = get_user_model().objects
    person = users.filter(username=name).first()
    return person or users.create_user(
        name, f"{name}@example.com", name, is_staff=True, is_superuser=is_superuser, first_name=name.title()
    )


def master(product: WorldProduct) -> dict[str, str]:
    return {
        "code": product.sku,
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "weight_g": str(product.weight_g),
        "gtin": product.ean,
    }


def _expiry(declared: SandboxAccount, world: World) -> date | None:
    days = declared.credentials_last_days
    return None if days is None else world.origin + timedelta(days=days)


def _account(adapter: Adapter, declared: SandboxAccount, world: World) -> None:
    if not _is_wanted(declared.key) or Account.objects.filter(key=declared.key).exists():
        return
    where = f"{declared.client}/{declared.key}"
    extra: dict[str, str] = {}
    if declared.has_event_queue:
        extra = {
            "queue_endpoint": f"{settings.SANDBOX_URL}/_queue",
            "queue_url": f"{settings.SANDBOX_URL}/_queue/{where}",
        }
    if declared.has_webhooks:
        extra = {"webhook_url": f"http://127.0.0.1:{settings.PORT}/hooks/{where}/"}
    accounts.connect(
        accounts.Connection(
            key=declared.key,
            marketplace=adapter.key,
            label=declared.label,
            stores=declared.stores,
            settings={**declared.settings, **extra},
            credentials=declared.credentials,
            endpoint=f"{settings.SANDBOX_URL}/{where}",
            stage=AccountStage.ACT,
            history_from=datetime.combine(world.origin, time(), UTC),
            credentials_expire_on=_expiry(declared, world),
        )
    )
