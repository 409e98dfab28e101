"""The menu as data: what it says, where it leads, and the permission it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django_tenants.utils import get_public_schema_name

from config.core.permissions import Action, may
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu; `address` is a URL name."""

    title: str
    icon: str
    address: str
    needs: Action = Action.VIEW
    badge: str = ""


MENU: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Day",
        (
            Entry("Home", "space_dashboard", "home"),
            Entry("Tickets", "inbox", "tickets:inbox", badge="config.screens.navigation.open_tickets"),
            Entry("Sales", "monitoring", "sales"),
            Entry("Channel health", "vital_signs", "tickets:health"),
        ),
    ),
    (
        "Goods",
        (
            Entry("Orders", "receipt_long", "inventory:orders"),
            Entry("Shipments", "local_shipping", "inventory:board"),
            Entry("Labels", "label", "inventory:labels"),
            Entry("Manifests", "task", "inventory:manifests"),
            Entry("Returns", "assignment_return", "inventory:returns"),
            Entry("Stock", "inventory_2", "inventory:stock"),
            Entry("Own shelves", "shelves", "inventory:levels"),
            Entry("Stock cover", "hourglass_bottom", "inventory:coverage"),
            Entry("Storage rates", "warehouse", "inventory:storage_rates"),
            Entry("Replenishment", "add_shopping_cart", "replenishment"),
            Entry("Inbound", "local_shipping", "inventory:inbound"),
            Entry("Listings", "storefront", "catalog:listings"),
            Entry("Publishing", "publish", "catalog:publishing"),
            Entry("Products", "category", "catalog:skus"),
            Entry("Unlinked products", "link_off", "unlinked"),
            Entry("Mapping", "account_tree", "catalog:mappings"),
            Entry("Sheets", "upload_file", "catalog:uploads"),
        ),
    ),
    (
        "Money",
        (
            Entry("Reconciliation", "checklist", "finance:work", Action.VIEW_MONEY),
            Entry("Statements", "account_balance", "finance:statements", Action.VIEW_MONEY),
            Entry("Discrepancies", "difference", "finance:discrepancies", Action.VIEW_MONEY),
            Entry("Claims", "gavel", "finance:claims", Action.VIEW_MONEY),
            Entry("Bank", "savings", "finance:bank_bookings", Action.VIEW_MONEY),
            Entry("Costs", "sell", "finance:costs", Action.VIEW_MONEY),
            Entry("Margins", "stacked_bar_chart", "finance:margins", Action.VIEW_MONEY),
            Entry("Fees", "percent", "finance:fees", Action.VIEW_MONEY),
            Entry("Month close", "lock_clock", "finance:months", Action.VIEW_MONEY),
            Entry("Journals", "menu_book", "finance:journals", Action.VIEW_MONEY),
            Entry("Account map", "account_tree", "finance:ledger", Action.VIEW_MONEY),
            Entry("Exchange rates", "currency_exchange", "finance:rates", Action.VIEW_MONEY),
        ),
    ),
    (
        "Machine room",
        (
            Entry("Sync health", "sync", "sync_health"),
            Entry("Rejected rows", "rule", "marketplaces:rejected"),
            Entry("Gaps", "data_alert", "marketplaces:gaps"),
            Entry("Traffic", "swap_horiz", "marketplaces:traffic"),
            Entry("Outbox", "outbox", "marketplaces:commands"),
            Entry("Carriers", "local_post_office", "inventory:carriers", Action.ADMINISTER),
            Entry("Jobs", "schedule", "jobs"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu for this user; on the installation's own host, only what operators administer."""
    if connection.schema_name == get_public_schema_name():
        return _marked([{"title": "Installation", "items": _operator_items()}])
    groups = [{"title": title, "separator": True, "items": _items(request, entries)} for title, entries in MENU]
    if may(request.user, Action.ADMINISTER):
        groups.append({"title": "Settings", "separator": True, "items": _admin_items()})
    return _marked(groups)


def _items(request: HttpRequest, entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    shown = [(entry, _link(entry.address)) for entry in entries if may(request.user, entry.needs)]
    return [_item(entry.title, entry.icon, link, entry.badge) for entry, link in shown if link]


def _item(title: str, icon: str, link: str, badge: str = "") -> dict[str, Any]:
    item: dict[str, Any] = {"title": title, "icon": icon, "link": link}
    return {**item, "badge": badge, "badge_variant": "primary"} if badge else item


def _marked(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups that have entries, each entry able to say whether the page belongs to it."""
    links = [item["link"] for group in groups for item in group["items"]]
    for item in (item for group in groups for item in group["items"]):
        item["active"] = partial(_is_here, item["link"], links)
    return [group for group in groups if group["items"]]


def _is_here(link: str, links: list[str], request: HttpRequest) -> bool:
    """Whether the page belongs to this entry and to none whose address fits better; the home page is only itself."""
    fits = [each for each in links if request.path == each or (each != "/" and request.path.startswith(each))]
    return link == max(fits, key=len, default="")


def _admin_items() -> list[dict[str, Any]]:
    wanted = (
        ("Accounts", "key", "admin:marketplaces_account_changelist"),
        ("Thresholds", "tune", "admin:tickets_threshold_changelist"),
        ("Users", "group", "admin:auth_user_changelist"),
        ("API tokens", "vpn_key", "admin:api_apitoken_changelist"),
        ("Everything", "apps", "admin:index"),
    )
    return [_item(title, icon, link) for title, icon, name in wanted if (link := _link(name))]


def _operator_items() -> list[dict[str, Any]]:
    wanted = (
        ("Clients", "apartment", "admin:tenants_tenant_changelist"),
        ("Jobs", "schedule", "jobs"),
        ("Schedule", "calendar_clock", "admin:django_celery_beat_periodictask_changelist"),
        ("Overrides", "edit_calendar", "admin:core_joboverride_changelist"),
        ("Operators", "group", "admin:auth_user_changelist"),
    )
    return [_item(title, icon, link) for title, icon, name in wanted if (link := _link(name))]


def _link(name: str) -> str:
    """The address behind a name, or nothing where this host does not have it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def open_tickets(request: HttpRequest) -> str:
    """How many tickets wait, for the menu."""
    count: int = Ticket.objects.filter(state="open").count()
    return str(count) if count else ""
