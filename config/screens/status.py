"""The whole installation on one page, as plain data: what `manage.py status` prints and `/status` shows."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from catalog.models import Listing
from config.core import clock, tenancy
from config.core.management.demo import history
from finance.models import Settlement, SettlementLine
from finance.selectors.statements import statement_status
from inventory.models import Order, OrderLine, StockLevel
from marketplaces import registry
from marketplaces.models import (
    Account,
    Gap,
    GapKind,
    GapState,
    RejectedRow,
    RejectedState,
    RunState,
    SyncRun,
    SyncState,
)
from tickets.selectors import counts

FETCHED_WITHIN = timedelta(minutes=15)
_KINDS = {
    "orders": Order,
    "order_lines": OrderLine,
    "listings": Listing,
    "stock_levels": StockLevel,
    "settlements": Settlement,
    "settlement_lines": SettlementLine,
}


def installation() -> dict[str, Any]:
    """Every active client; `ready` once each has been pulled, reconciled and judged."""
    clients = []
    for tenant in tenancy.every_tenant():
        with tenancy.in_tenant(tenant.schema_name):
            clients.append({"key": tenant.schema_name, **client()})
    return {"ready": _is_ready(clients), "as_of": _iso(clock.now()), "clients": clients}


def client() -> dict[str, Any]:
    """The current client: accounts with their flows, rows per kind, open tickets per type, statements."""
    return {
        "accounts": _accounts(),
        "rows": {kind: model.objects.count() for kind, model in _KINDS.items()},
        "tickets": {_slug(row.type.label): {"open": row.open} for row in counts()},
        "statements": statement_status(),
    }


def _accounts() -> list[dict[str, Any]]:
    flows = {(flow.account_id, flow.resource): flow for flow in SyncState.objects.all()}
    gaps = _per_flow(_standing_gaps())
    rejected = _per_flow(RejectedRow.objects.filter(state=RejectedState.OPEN))
    confirmed = _confirmed()
    return [
        {
            "key": account.key,
            "marketplace": account.marketplace,
            "status": account.status,
            "flows": [
                _flow(resource.key, flows.get(place), gaps[place], rejected[place], confirmed.get(place, 0))
                for resource in registry.get(account.marketplace).resources
                for place in [(account.pk, resource.key)]
            ],
        }
        for account in Account.objects.order_by("key")
    ]


def _standing_gaps() -> QuerySet[Gap]:
    """Missing time, and records that were spoken of and not fetched within the fifteen minutes allowed for it."""
    overdue = Q(found_at__lte=clock.now() - FETCHED_WITHIN)
    return Gap.objects.filter(Q(kind=GapKind.TIME) | overdue, state=GapState.OPEN)


def _per_flow(rows: Any) -> Counter[tuple[int, str]]:
    found = rows.order_by().values_list("account_id", "resource").annotate(Count("pk"))
    return Counter({(account, resource): count for account, resource, count in found})


def _confirmed() -> dict[tuple[int, str], int]:
    """Rows that the newest good run of each flow read: what a flow that only confirms known rows has to show."""
    newest = SyncRun.objects.filter(state=RunState.OK, rows_read__gt=0).order_by("account", "resource", "-started_at")
    found = newest.distinct("account", "resource").values_list("account_id", "resource", "rows_read")
    return {(account, resource): rows for account, resource, rows in found}


def _flow(resource: str, state: SyncState | None, gaps: int, rejected: int, confirmed: int) -> dict[str, Any]:
    last = state.last_ok_at if state else None
    return {
        "resource": resource,
        "last_ok": _iso(last),
        "lag_s": round((clock.now() - last).total_seconds()) if last else None,
        "rows": (state.rows_total if state else 0) or confirmed,
        "rejected": rejected,
        "gaps": gaps,
    }


def _is_ready(clients: list[dict[str, Any]]) -> bool:
    if settings.SIMULATED:
        return history.mark().is_done
    flows = [flow for one in clients for account in one["accounts"] for flow in account["flows"]]
    pending = any(row["state"] == "imported" for one in clients for row in one["statements"])
    return bool(flows) and all(flow["last_ok"] for flow in flows) and not pending


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _slug(label: str) -> str:
    return label.lower().replace(" ", "_")
