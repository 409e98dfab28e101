"""Each account in one line: what flows, what is late, what failed, and how much of its history is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.core import clock
from config.core.multirange import merged
from marketplaces import registry
from marketplaces.contract import Resource
from marketplaces.models import Account, AccountStatus, SyncState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealth:
    """`oldest_ok_at` is the last good read of the flow that is furthest behind."""

    account: Account
    state: str
    flows: int
    late: int
    failing: int
    paused: int
    oldest_ok_at: datetime | None
    history_wanted: timedelta
    history_read: timedelta


def strip() -> list[AccountHealth]:
    """All accounts in two queries, those in need of a person first."""
    flows: dict[int, list[SyncState]] = {}
    for flow in SyncState.objects.all():
        flows.setdefault(flow.account_id, []).append(flow)
    known = [a for a in Account.objects.order_by("marketplace", "label") if registry.known(a.marketplace)]
    found = [_health(account, flows.get(account.pk, [])) for account in known]
    return sorted(found, key=lambda each: (each.state == "ok", each.account.label))


def _health(account: Account, flows: list[SyncState]) -> AccountHealth:
    now = clock.now()
    declared = {resource.key: resource for resource in registry.get(account.marketplace).resources}
    mine = [flow for flow in flows if flow.resource in declared]
    late = [flow for flow in mine if _is_late(flow, declared[flow.resource], now)]
    failing = [flow for flow in mine if flow.failures_in_a_row]
    wanted = read = timedelta()
    for flow in mine:
        asked, done = _history(account, flow, declared[flow.resource], now)
        wanted, read = wanted + asked, read + done
    return AccountHealth(
        account=account,
        state=_state(account, late=len(late), failing=len(failing)),
        flows=len(mine),
        late=len(late),
        failing=len(failing),
        paused=sum(flow.is_paused for flow in mine),
        oldest_ok_at=min((flow.last_ok_at for flow in mine if flow.last_ok_at), default=None),
        history_wanted=wanted,
        history_read=read,
    )


def _state(account: Account, *, late: int, failing: int) -> str:
    if account.status != AccountStatus.ACTIVE:
        return str(account.status)
    return "failing" if failing else "late" if late else "ok"


def _is_late(flow: SyncState, resource: Resource, now: datetime) -> bool:
    return flow.last_ok_at is None or now - flow.last_ok_at > max(resource.fresh_for, resource.every * 3)


def _history(account: Account, flow: SyncState, resource: Resource, now: datetime) -> tuple[timedelta, timedelta]:
    """Time that should have been read since the account's history begins, and how much of it was."""
    if resource.is_snapshot or account.history_from is None:
        return timedelta(), timedelta()
    start, end = max(account.history_from, now - resource.history), now - resource.lag
    spans = [(max(a, start), min(b, end)) for a, b in flow.covered]
    read = sum((b - a for a, b in merged((a, b) for a, b in spans if a < b)), timedelta())
    return max(end - start, timedelta()), read
