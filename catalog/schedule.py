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
    Job(
        key="catalog.expire.uploads",
        call="catalog.services.uploads.expire",
        every=timedelta(hours=1),
        scope=Scope.TENANT,
        why="close sheets that nobody applied within three days",
    ),
)
