"""Jobs of the catalogue."""

from datetime import timedelta

from config.core.jobs import Job, Scope

JOBS = (
    Job(
        key="catalog.relink",
        call="catalog.services.remote.relink",
        every=timedelta(hours=1),
        scope=Scope.ACCOUNT,
        why="link names that wait to SKUs and identifiers that were added since",
    ),
)
