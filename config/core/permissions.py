"""Who may do what, as one table; the menu, the views, the API and the admin ask the same function."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """The groups of a client's users, in plain words."""

    VIEWER = "viewer"
    OPERATIONS = "operations"
    FINANCE = "finance"
    ADS = "ads"
    OWNER = "owner"


class Action(StrEnum):
    VIEW = "view"
    VIEW_MONEY = "view_money"
    RUN_SYNC = "run_sync"
    REPLAY = "replay"
    LINK_PRODUCTS = "link_products"
    EDIT_PRODUCTS = "edit_products"
    APPROVE_UPLOADS = "approve_uploads"
    PLAN_SUPPLY = "plan_supply"
    MANAGE_STOCK = "manage_stock"
    APPROVE_STOCK = "approve_stock"
    WORK_TICKETS = "work_tickets"
    RECONCILE = "reconcile"
    IMPORT_STATEMENTS = "import_statements"
    EDIT_BOOKS = "edit_books"
    PREPARE_MONTH = "prepare_month"
    CLOSE_MONTH = "close_month"
    EDIT_COSTS = "edit_costs"
    APPROVE_COSTS = "approve_costs"
    APPROVE_MONEY = "approve_money"
    EDIT_FEES = "edit_fees"
    WRITE_MARKETPLACE = "write_marketplace"
    SHIP = "ship"
    ADMINISTER = "administer"


_EVERYONE = frozenset(Role)
_DESK = frozenset({Role.OPERATIONS, Role.FINANCE, Role.ADS, Role.OWNER})
ALLOWED: dict[Action, frozenset[Role]] = {
    Action.VIEW: _EVERYONE,
    Action.VIEW_MONEY: _EVERYONE,
    Action.RUN_SYNC: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.REPLAY: frozenset({Role.OPERATIONS, Role.FINANCE, Role.OWNER}),
    Action.LINK_PRODUCTS: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.EDIT_PRODUCTS: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.APPROVE_UPLOADS: frozenset({Role.OPERATIONS, Role.FINANCE, Role.OWNER}),
    Action.PLAN_SUPPLY: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.MANAGE_STOCK: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.APPROVE_STOCK: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.WORK_TICKETS: _DESK,
    Action.RECONCILE: frozenset({Role.FINANCE, Role.OWNER}),
    Action.IMPORT_STATEMENTS: frozenset({Role.FINANCE, Role.OWNER}),
    Action.EDIT_BOOKS: frozenset({Role.FINANCE, Role.OWNER}),
    Action.PREPARE_MONTH: frozenset({Role.FINANCE, Role.OWNER}),
    Action.CLOSE_MONTH: frozenset({Role.FINANCE, Role.OWNER}),
    Action.EDIT_COSTS: frozenset({Role.OPERATIONS, Role.FINANCE, Role.OWNER}),
    Action.APPROVE_COSTS: frozenset({Role.FINANCE, Role.OWNER}),
    Action.APPROVE_MONEY: frozenset({Role.FINANCE, Role.OWNER}),
    Action.EDIT_FEES: frozenset({Role.FINANCE, Role.OWNER}),
    Action.WRITE_MARKETPLACE: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.SHIP: frozenset({Role.OPERATIONS, Role.OWNER}),
    Action.ADMINISTER: frozenset({Role.OWNER}),
}


def roles_of(user: Any) -> frozenset[Role]:
    """Roles a signed-in user holds through groups; a superuser holds all, an inactive or anonymous one none.

    Read once per user object, that is once per request: menu, page and buttons ask many times.
    """
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return _EVERYONE
    if not hasattr(user, "known_roles"):
        known = {role.value: role for role in Role}
        names = user.groups.values_list("name", flat=True)
        user.known_roles = frozenset(known[name] for name in names if name in known)
    roles: frozenset[Role] = user.known_roles
    return roles


def may(user: Any, action: Action) -> bool:
    return bool(roles_of(user) & ALLOWED[action])
