"""Jobs of the exchange rates."""

from datetime import timedelta

from config.core.jobs import Job, Scope

JOBS = (
    Job(
        key="fx.refresh",
        call="finance.fx.services.refresh",
        every=timedelta(hours=6),
        scope=Scope.PUBLIC,
        queue="pull_slow",
        why="bring reference rates up to today",
    ),
)
