"""Flows that fail, stall, stop or leave holes; credentials, parked work, refused writes; and blind detectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Max

from config.core import clock
from config.core.models import WorkItem, WorkState
from marketplaces import selectors
from marketplaces.models import AccountStatus
from tickets.detectors import flows, pushes
from tickets.detectors.base import DETECTORS, Measure, detector, hours
from tickets.rules import freshness
from tickets.types import TECHNICAL_ISSUE

LATEST_COMMANDS = timedelta(hours=24)
HABIT_LEAST, CHANGES_LEAST = 20, 5


@detector("sync.failing", subject="flow", opens=TECHNICAL_ISSUE, candidates=flows.every_flow, action="open_sync_health")
def failures_in_a_row(subjects: Sequence[str]) -> Iterator[Measure]:
    """How often each flow failed since it last went well."""
    for flow in flows.read(subjects):
        what = f"{flow.account_label}: {flow.resource} failed {flow.failures} times in a row"
        shows = {"error": flow.error[:500], "code": flow.code}
        yield Measure(**flow.about(), value=Decimal(flow.failures), title=what, shows=shows)


@detector("sync.freshness", subject="flow", opens=TECHNICAL_ISSUE, candidates=flows.every_flow, action="run_now")
def age_over_budget(subjects: Sequence[str]) -> Iterator[Measure]:
    """The age of each flow's last good run, as a multiple of its freshness budget. Paused flows are left out."""
    for flow in flows.read(subjects):
        if flow.is_stopped_on_purpose:
            continue
        age = clock.now() - flow.alive_since
        since = f"{flow.last_ok_at:%d %b %H:%M} UTC" if flow.last_ok_at else "it was connected"
        yield Measure(
            **flow.about(),
            value=(Decimal(age.total_seconds()) / Decimal(flow.budget.total_seconds())).quantize(Decimal("0.01")),
            title=f"{flow.account_label}: no good run of {flow.resource} since {since}",
            shows={"budget_minutes": int(flow.budget.total_seconds() // 60)},
        )


@detector("sync.poisoned", subject="flow", opens=TECHNICAL_ISSUE, candidates=flows.every_flow, action="replay_rows")
def stopped_by_a_page(subjects: Sequence[str]) -> Iterator[Measure]:
    """1 where the newest finished run of a flow was stopped because too much of a page could not be read, else 0."""
    for flow in flows.read(subjects):
        yield Measure(
            **flow.about(),
            value=Decimal(flow.run_state == "stopped"),
            title=f"{flow.account_label}: {flow.resource} stopped at a page that cannot be read",
            shows={"error": (flow.run_error or "")[:500]},
        )


@detector("sync.rejected", subject="flow", opens=TECHNICAL_ISSUE, candidates=flows.every_flow, action="replay_rows")
def rejected_rows(subjects: Sequence[str]) -> Iterator[Measure]:
    """Rows of each flow that could not be taken and wait for a fix and a replay."""
    for flow in flows.read(subjects):
        about = flow.about() | {"scope": f"rejected:{flow.account_key}/{flow.resource}"}
        about["as_of"] = about["as_of"] | {"newest_rejected": flow.newest_rejected_at}
        what = f"{flow.account_label}: {flow.rejected} rows of {flow.resource} could not be read"
        yield Measure(**about, value=Decimal(flow.rejected), title=what)


@detector("sync.gaps", subject="flow", opens=TECHNICAL_ISSUE, candidates=flows.every_flow, action="open_sync_health")
def oldest_gap(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours that the oldest open gap of each flow has waited; flows without one are left out."""
    for flow in flows.read(subjects):
        if flow.oldest_gap_at is None:
            continue
        about = flow.about() | {"scope": f"gap:{flow.account_key}/{flow.resource}"}
        what = f"{flow.account_label}: {flow.gaps} gaps in {flow.resource} are not filled"
        yield Measure(**about, value=hours(clock.now(), flow.oldest_gap_at), title=what)


def _accounts_with_a_date() -> Iterable[str]:
    dated = selectors.accounts().filter(credentials_expire_on__isnull=False)
    return map(str, dated.values_list("pk", flat=True))


@detector(
    "sync.credentials", subject="account", opens=TECHNICAL_ISSUE, candidates=_accounts_with_a_date, action="reauthorise"
)
def days_of_validity(subjects: Sequence[str]) -> Iterator[Measure]:
    """Days until the credentials of each account expire, where the day is known."""
    today = clock.now().date()
    for account in selectors.accounts().filter(pk__in=subjects, credentials_expire_on__isnull=False):
        yield Measure(
            subject=str(account.pk),
            account_id=account.pk,
            scope=f"credentials:{account.key}",
            value=Decimal((account.credentials_expire_on - today).days),
            title=f"{account.label}: the credentials expire on {account.credentials_expire_on:%d %b %Y}",
            as_of={"account": account.updated_at, "clock": clock.now()},
            links=({"kind": "account", "id": account.pk, "label": account.label},),
            params={"account_id": account.pk},
        )


@detector(
    "sync.refused", subject="account", opens=TECHNICAL_ISSUE, candidates=flows.every_account, action="reauthorise"
)
def hours_refused(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours since an account stopped because the marketplace refuses it; accounts that work are left out."""
    for account in selectors.accounts().filter(pk__in=subjects, status=AccountStatus.BROKEN):
        since = account.paused_at or account.updated_at
        yield Measure(
            subject=str(account.pk),
            account_id=account.pk,
            scope=f"credentials:{account.key}",
            value=hours(clock.now(), since),
            title=f"{account.label} is refused: {account.status_reason}"[:300],
            as_of={"account": since, "clock": clock.now()},
            links=({"kind": "account", "id": account.pk, "label": account.label},),
            params={"account_id": account.pk},
            shows={"code": account.status_code, "reason": account.status_reason},
        )


@detector(
    "sync.commands", subject="account", opens=TECHNICAL_ISSUE, candidates=flows.every_account, action="open_sync_health"
)
def failed_commands(subjects: Sequence[str]) -> Iterator[Measure]:
    """Writes of each account that were refused or parked within 24 hours."""
    failed = selectors.failed_commands(since=clock.now() - LATEST_COMMANDS).filter(account__in=subjects)
    counts = failed.values("account_id", "account__key", "account__label")
    for row in counts.annotate(count=Count("pk"), newest=Max("planned_at"), newest_id=Max("pk")).order_by("account_id"):
        yield Measure(
            subject=str(row["account_id"]),
            account_id=row["account_id"],
            scope=f"commands:{row['account__key']}",
            value=Decimal(row["count"]),
            title=f"{row['account__label']}: {row['count']} writes were refused",
            as_of={"command": row["newest"], "clock": clock.now()},
            links=({"kind": "command", "id": row["newest_id"], "label": "newest"},),
        )


@detector(
    "sync.pushes", subject="account", opens=TECHNICAL_ISSUE, candidates=flows.every_account, action="open_sync_health"
)
def share_of_pushed_changes(subjects: Sequence[str]) -> Iterator[Measure]:
    """How many order changes of two hours were pushed to us, as a part of this account's habit over the week before.

    Accounts that were told of fewer than 20 changes in that week have no habit and are left out.
    """
    for heard in pushes.read(subjects):
        if heard.told_before < HABIT_LEAST:
            continue
        is_known = heard.changed >= CHANGES_LEAST
        yield Measure(
            subject=str(heard.account_id),
            account_id=heard.account_id,
            scope=f"pushes:{heard.account_key}",
            value=heard.of_habit if is_known else None,
            why="" if is_known else "too few orders changed within two hours to judge",
            samples=heard.changed,
            title=f"{heard.account_label}: {heard.told} of {heard.changed} order changes were pushed within two hours",
            as_of={"event": heard.newest_at, "clock": clock.now()},
            links=({"kind": "account", "id": heard.account_id, "label": heard.account_label},),
            shows={"pushed_before": heard.told_before, "changed_before": heard.changed_before},
        )


def _jobs_with_parked_work() -> Iterable[str]:
    return WorkItem.objects.filter(state=WorkState.DEAD).order_by("job").values_list("job", flat=True).distinct()


@detector(
    "sync.parked_work", subject="job", opens=TECHNICAL_ISSUE, candidates=_jobs_with_parked_work, action="replay_work"
)
def parked_work(subjects: Sequence[str]) -> Iterator[Measure]:
    """Work of each job that gave up and waits for a person. Pulls are left to the detectors of their flow."""
    parked = WorkItem.objects.filter(job__in=subjects, state=WorkState.DEAD).exclude(job__startswith="pull.")
    for row in parked.values("job").annotate(count=Count("pk"), newest=Max("finished_at")).order_by("job"):
        yield Measure(
            subject=row["job"],
            scope=f"job:{row['job']}",
            value=Decimal(row["count"]),
            title=f"{row['count']} runs of {row['job']} gave up",
            as_of={"work": row["newest"], "clock": clock.now()},
            links=({"kind": "job", "job": row["job"]},),
            params={"job": row["job"]},
        )


def _detectors_that_read() -> Iterable[str]:
    return [name for name, each in DETECTORS if each.reads]


@detector(
    "sync.blind", subject="detector", opens=TECHNICAL_ISSUE, candidates=_detectors_that_read, action="open_sync_health"
)
def blind_accounts(subjects: Sequence[str]) -> Iterator[Measure]:
    """Accounts for which a detector is blind because what it reads is too old; paused ones are left out."""
    for name in subjects:
        stale = [each for each in freshness.stale(DETECTORS.get(name)) if not each.is_on_purpose]
        if not stale:
            continue
        accounts = sorted({each.account_key for each in stale})
        yield Measure(
            subject=name,
            scope=f"blind:{name}",
            value=Decimal(len(accounts)),
            title=f"{name} judges nothing for {', '.join(accounts)}: its input is too old"[:300],
            as_of={f"{each.account_key}/{each.resource}": each.last_ok_at for each in stale},
            links=[{"kind": "flow", "account": each.account_id, "resource": each.resource} for each in stale],
            params={"detector": name},
        )
