"""What is known about each flow (an account's resource), read in one query for the detectors of `sync`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from marketplaces import registry, selectors
from marketplaces.models import AccountStatus

GOODS = frozenset({"orders", "order_changes", "stock"})
MONEY = frozenset({"settlements", "fees"})
_FLOWS = """
SELECT account.id, account.key, account.label, account.marketplace, account.status, flow.resource, flow.last_ok_at,
       coalesce(flow.last_ok_at, account.connected_at, account.created_at), flow.failures_in_a_row, flow.last_code,
       flow.last_error, flow.is_paused, newest.id, newest.state, newest.started_at, newest.error, runs.ok, gaps.open,
       gaps.oldest, rejected.open, rejected.newest
FROM marketplaces_syncstate flow
JOIN marketplaces_account account ON account.id = flow.account_id
JOIN unnest(%s::bigint[], %s::text[]) AS wanted(account_id, resource)
  ON wanted.account_id = flow.account_id AND wanted.resource = flow.resource
LEFT JOIN LATERAL (
    SELECT id, state, started_at, error FROM marketplaces_syncrun run
    WHERE run.account_id = flow.account_id AND run.resource = flow.resource AND run.state IN ('ok', 'failed', 'stopped')
    ORDER BY started_at DESC, id DESC LIMIT 1
) newest ON TRUE
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE place < coalesce(bad, 99)) AS ok FROM (
        SELECT place, min(place) FILTER (WHERE state <> 'ok') OVER () AS bad FROM (
            SELECT state, row_number() OVER (ORDER BY started_at DESC, id DESC) AS place FROM marketplaces_syncrun run
            WHERE run.account_id = flow.account_id AND run.resource = flow.resource
              AND run.state IN ('ok', 'failed', 'stopped')
            ORDER BY started_at DESC, id DESC LIMIT 10
        ) AS latest
    ) AS marked
) runs ON TRUE
LEFT JOIN LATERAL (
    SELECT count(*) AS open, min(found_at) AS oldest FROM marketplaces_gap gap
    WHERE gap.account_id = flow.account_id AND gap.resource = flow.resource AND gap.state = 'open'
) gaps ON TRUE
LEFT JOIN LATERAL (
    SELECT count(*) AS open, max(last_seen_at) AS newest FROM marketplaces_rejectedrow piece
    WHERE piece.account_id = flow.account_id AND piece.resource = flow.resource AND piece.state = 'open'
) rejected ON TRUE
ORDER BY account.id, flow.resource
"""


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow with its newest finished run, the good runs since its last failure, gaps and rejected rows."""

    account_id: int
    account_key: str
    account_label: str
    marketplace: str
    account_status: str
    resource: str
    last_ok_at: datetime | None
    alive_since: datetime
    failures: int
    code: str
    error: str
    is_paused: bool
    run_id: int | None
    run_state: str | None
    run_at: datetime | None
    run_error: str | None
    ok_runs: int
    gaps: int
    oldest_gap_at: datetime | None
    rejected: int
    newest_rejected_at: datetime | None

    @property
    def subject(self) -> str:
        return f"{self.account_id}:{self.resource}"

    @property
    def is_stopped_on_purpose(self) -> bool:
        """A person paused it: silence is what they asked for."""
        return self.is_paused or self.account_status == AccountStatus.PAUSED

    @property
    def budget(self) -> timedelta:
        """The age at which its marketplace's declaration calls it stale."""
        return budget(self.marketplace, self.resource)

    def facts(self) -> dict[str, Decimal | None]:
        age = clock.now() - self.alive_since
        return {
            "age_minutes": Decimal(int(age.total_seconds() // 60)),
            "ok_runs": Decimal(self.ok_runs),
            "open_gaps": Decimal(self.gaps),
            "is_goods": Decimal(self.resource in GOODS),
            "is_money": Decimal(self.resource in MONEY),
        }

    def about(self) -> dict[str, Any]:
        """What every measure of this flow says alike."""
        links: list[dict[str, Any]] = [{"kind": "flow", "account": self.account_id, "resource": self.resource}]
        if self.run_id:
            links.append({"kind": "run", "id": self.run_id, "label": self.run_state})
        return {
            "subject": self.subject,
            "account_id": self.account_id,
            "scope": f"flow:{self.account_key}/{self.resource}",
            "facts": self.facts(),
            "as_of": {"last_good_run": self.last_ok_at, "newest_run": self.run_at, "clock": clock.now()},
            "links": links,
            "params": {"account_id": self.account_id, "resource": self.resource},
        }


def budget(marketplace: str, resource: str) -> timedelta:
    """How old a resource may be, by its declaration; a day where the marketplace or resource is not known any more."""
    if not registry.known(marketplace):
        return timedelta(hours=24)
    declared = {each.key: each.fresh_for for each in registry.get(marketplace).resources}
    return declared.get(resource, timedelta(hours=24))


def read(subjects: Sequence[str]) -> list[Flow]:
    """The flows of subjects `<account id>:<resource>`, those that exist."""
    pairs = [subject.partition(":")[::2] for subject in subjects]
    with connection.cursor() as cursor:
        cursor.execute(_FLOWS, [[int(account) for account, _ in pairs], [resource for _, resource in pairs]])
        return [Flow(*row) for row in cursor.fetchall()]


def every_flow() -> Iterable[str]:
    pairs = selectors.flows().values_list("account_id", "resource")
    return (f"{account}:{resource}" for account, resource in pairs)


def every_account() -> Iterable[str]:
    return map(str, selectors.accounts().order_by("pk").values_list("pk", flat=True))
