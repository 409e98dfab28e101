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
    Job(
        key="catalog.publish",
        call="catalog.publishing.deltas.publish",
        queue="push",
        why="write what offers should say and do not say yet",
    ),
    Job(
        key="catalog.sweep_offers",
        call="catalog.publishing.drift.sweep",
        every=timedelta(minutes=5),
        why="take up wishes whose work item was lost, and settle what others changed",
    ),
    Job(
        key="catalog.compare",
        call="catalog.publishing.parity.compare",
        every=timedelta(hours=6),
        scope=Scope.ACCOUNT,
        why="compare everything live with everything intended",
    ),
    Job(
        key="catalog.place",
        call="catalog.services.mappings.place_all",
        every=timedelta(hours=6),
        scope=Scope.TENANT,
        why="put products in place where they or the rules of a marketplace changed",
    ),
)
