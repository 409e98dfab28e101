"""Time that should have been read and was not: covered spans against what should be covered."""

from __future__ import annotations

from datetime import timedelta

from config.core import clock, multirange
from marketplaces import registry
from marketplaces.contract import Resource
from marketplaces.models import Account, Gap, GapKind, GapState, SyncState
from marketplaces.sync import window as windows

SHORTEST = timedelta(seconds=1)


def find(account: Account) -> list[int]:
    """Note each hole before the last covered moment of the account's flows (what follows is lag); returns new ids."""
    flows = {flow.resource: flow for flow in SyncState.objects.filter(account=account)}
    found: list[int] = []
    for resource in registry.get(account.marketplace).resources:
        flow = flows.get(resource.key)
        if flow and not resource.is_snapshot:
            found += _note(account, resource, flow)
    return found


def _note(account: Account, resource: Resource, flow: SyncState) -> list[int]:
    now = clock.now()
    if not flow.covered:
        return []
    first = windows.oldest(resource, account.connected_at or now, account.history_from or flow.covered[0][0])
    new = []
    for since, until in multirange.missing([(first, flow.covered[-1][1])], flow.covered):
        if until - since < SHORTEST:
            continue
        is_gone = until <= now - resource.history
        gap, is_new = Gap.objects.get_or_create(
            account=account, resource=resource.key, kind=GapKind.TIME, external_id="", since=since,
            defaults={
                "until": until, "found_at": now, "revealed_by": "coverage",
                "state": GapState.UNFILLABLE if is_gone else GapState.OPEN,
                "reason": f"the marketplace keeps {resource.history.days} days only" if is_gone else "",
            },
        )  # fmt: skip
        if is_new:
            new.append(gap.pk)
    return new


def left(gap: Gap) -> list[windows.Span]:
    """What of the missing time nobody has read yet; a long hole takes several rounds."""
    flow = SyncState.objects.filter(account=gap.account_id, resource=gap.resource).first()
    return multirange.missing([gap.span], flow.covered if flow else ())


def close_covered(account: Account) -> int:
    """Mark gaps in time as filled where the flow covers them by now; returns how many."""
    now, closed = clock.now(), 0
    covered = dict(SyncState.objects.filter(account=account).values_list("resource", "covered"))
    for gap in Gap.objects.filter(account=account, kind=GapKind.TIME, state=GapState.OPEN):
        spans = covered.get(gap.resource, ())
        if multirange.is_covered(gap.span, spans):
            gap.state, gap.filled_at = GapState.FILLED, now
            gap.save(update_fields=["state", "filled_at"])
            closed += 1
    return closed
