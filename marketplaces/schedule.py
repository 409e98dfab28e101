"""Every adapter's resources as jobs, and the pipeline's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from config.core.jobs import Job, Peak, Scope
from marketplaces import registry
from marketplaces.contract import Adapter, Resource

PULL_LIMIT = timedelta(minutes=4)
PEAKS = {
    "Listing": Peak.LESS, "Price": Peak.LESS, "Return": Peak.LESS, "Review": Peak.LEAST, "Offer": Peak.LEAST,
    "Fee": Peak.LEAST, "Settlement": Peak.LEAST, "SettlementLine": Peak.LEAST,
    "TaxonomyNode": Peak.LEAST,
}  # fmt: skip
"""How far reading a kind of row may be slowed in a peak. What is not named here (orders, their changes, stock) never is."""


def jobs() -> list[Job]:
    """One pull per marketplace and resource, then the fixed ones; called once when Django starts."""
    return [*_pulls(), *JOBS]


def _pulls() -> Iterator[Job]:
    for adapter in registry.all_adapters():
        for resource in adapter.resources:
            yield _pull(adapter, resource)


def _peak(resource: Resource) -> Peak:
    """Of a resource that yields several kinds of rows, the one that may be slowed least."""
    classes = {PEAKS.get(row, Peak.NEVER) for row in resource.rows}
    return next((each for each in (Peak.NEVER, Peak.LESS) if each in classes), Peak.LEAST)


def _pull(adapter: Adapter, resource: Resource) -> Job:
    return Job(
        key=f"pull.{adapter.key}.{resource.key}",
        call="marketplaces.tasks.pull",
        every=resource.every,
        scope=Scope.ACCOUNT,
        queue=resource.queue,
        limit=PULL_LIMIT,
        kwargs={"resource": resource.key},
        peak=_peak(resource),
        selects={"marketplace": adapter.key, "resource": resource.key},
        why=resource.why or f"read {resource.key.replace('_', ' ')} of {adapter.label}",
    )


JOBS = (
    Job(
        key="marketplaces.find_gaps", call="marketplaces.tasks.find_gaps", every=timedelta(hours=1),
        why="compare the time that was read with the time that should have been",
    ),
    Job(
        key="marketplaces.ask_to_fill_gaps", call="marketplaces.tasks.ask_to_fill_gaps", every=timedelta(minutes=5),
        why="have missing time and missing records fetched",
    ),
    Job(
        key="marketplaces.fill_gaps", call="marketplaces.tasks.fill_gaps", queue="pull_fast",
        why="fetch what one account lacks",
    ),
    Job(
        key="marketplaces.backfill", call="marketplaces.tasks.backfill", queue="pull_slow", limit=PULL_LIMIT,
        why="read a span of a flow again because a person asked",
    ),
    Job(
        key="marketplaces.replay_flow", call="marketplaces.tasks.replay_flow", queue="pull_slow",
        why="map the archived pages of rejected rows again, because a person asked",
    ),
    Job(
        key="marketplaces.fetch_record", call="marketplaces.tasks.fetch_record", queue="pull_fast",
        why="read one record again because a person asked",
    ),
    Job(
        key="marketplaces.apply_events", call="marketplaces.tasks.apply_events", queue="pull_fast",
        why="store what a marketplace pushed",
    ),
    Job(
        key="marketplaces.sweep_events", call="marketplaces.tasks.sweep_events", every=timedelta(minutes=10),
        queue="pull_fast", why="store pushed events whose own work item was lost",
    ),
    Job(
        key="marketplaces.watch_webhooks", call="marketplaces.tasks.watch_webhooks", every=timedelta(hours=1),
        why="see that each marketplace still pushes its events to us",
    ),
    Job(
        key="marketplaces.send_command", call="marketplaces.tasks.send_command", queue="push",
        why="send one write to a marketplace",
    ),
    Job(
        key="marketplaces.confirm_command", call="marketplaces.tasks.confirm_command", queue="push",
        why="read back whether a write took effect",
    ),
    Job(
        key="marketplaces.send_planned", call="marketplaces.tasks.send_planned", queue="push",
        why="send the writes of a batch",
    ),
    Job(
        key="marketplaces.look_again", call="marketplaces.tasks.look_again", queue="push",
        why="read back the writes of a batch, and confirmed ones again after an hour and a day",
    ),
    Job(
        key="marketplaces.sweep_commands", call="marketplaces.tasks.sweep_commands", every=timedelta(minutes=5),
        why="take up writes whose work item was lost",
    ),
    Job(
        key="marketplaces.resume_due", call="marketplaces.tasks.resume_due", every=timedelta(minutes=5),
        why="resume accounts whose pause is over",
    ),
    Job(
        key="marketplaces.hurry", call="marketplaces.tasks.hurry", every=timedelta(minutes=1),
        why="read flows more often for which a faster pace is set",
    ),
    Job(
        key="marketplaces.check_expiry", call="marketplaces.tasks.check_expiry", every=timedelta(days=1),
        why="warn before credentials expire",
    ),
    Job(
        key="marketplaces.prune", call="marketplaces.tasks.prune", every=timedelta(days=1),
        why="delete pages, traffic and finished work past retention",
    ),
    Job(
        key="marketplaces.prune_shared", call="marketplaces.tasks.prune_shared", every=timedelta(days=1),
        scope=Scope.PUBLIC, why="delete finished shared work past retention",
    ),
)  # fmt: skip
