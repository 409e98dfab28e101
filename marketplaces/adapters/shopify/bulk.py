"""Bulk operations: asked for, polled, and downloaded as one object per line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from config.core.clock import now
from config.core.errors import RateLimited, Rejected
from marketplaces.adapters.shopify import actions, queries
from marketplaces.adapters.shopify.auth import Api
from marketplaces.adapters.shopify.rows.reading import text
from marketplaces.contract import ReportState, ReportStatus
from marketplaces.pieces import inner

QUERIES = {"listings": queries.LISTINGS_BULK}
WAITING = frozenset({"CREATED", "RUNNING", "CANCELING"})
BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
NAME = "bulkOperationRunQuery"


def start(api: Api, resource: str) -> str:
    """The id of the new operation; another one that is still running is waited for."""
    if resource not in QUERIES:
        raise Rejected(f"{resource} is not read in bulk; pull pages instead")
    data = api.data(queries.BULK_START, query=QUERIES[resource])
    code, reason = actions.refusal(data, NAME)
    if code in BUSY:
        raise RateLimited(f"{reason}; another bulk operation is running", until=now() + timedelta(minutes=2))
    if code:
        raise Rejected(f"the bulk operation was refused: {reason}", code=code.lower())
    return text(inner(inner(data, NAME), "bulkOperation"), "id")


def state(api: Api, remote_id: str) -> ReportState:
    return state_of(inner(api.data(queries.BULK_STATE, id=remote_id), "bulkOperation"))


def state_of(found: Mapping[str, Any]) -> ReportState:
    """A completed operation without an address found nothing; partial data is never taken for the whole."""
    told = text(found, "status")
    if told == "COMPLETED":
        url = text(found, "url")
        return ReportState(ReportStatus.READY if url else ReportStatus.EMPTY, document_id=url)
    if told in WAITING:
        return ReportState(ReportStatus.WAITING)
    is_refused = text(found, "errorCode") == "ACCESS_DENIED"
    reason = text(found, "errorCode") or told or "the operation is no longer known"
    return ReportState(ReportStatus.BAD_REQUEST if is_refused else ReportStatus.FAILED, reason=reason)
