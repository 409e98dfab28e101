"""Jobs of the installation itself."""

from datetime import timedelta

from config.core.jobs import Job, Scope

JOBS = (
    Job(
        key="tenants.build",
        call="config.tenants.services.build",
        limit=timedelta(minutes=10),
        scope=Scope.PUBLIC,
        why="set up a client that an operator ordered",
    ),
    Job(
        key="tenants.purge_removed",
        call="config.tenants.services.purge_removed",
        every=timedelta(hours=24),
        scope=Scope.PUBLIC,
        why="drop the data of clients whose time of grace is over",
    ),
    Job(
        key="tenants.bring_defaults",
        call="config.tenants.services.bring_defaults",
        every=timedelta(hours=24),
        why="give clients that exist the thresholds, account map and fee schedules that came after they were created",
    ),
)
