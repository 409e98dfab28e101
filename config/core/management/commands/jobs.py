"""`jobs`: every job with cadence, last outcome and next run; `jobs compile`; `jobs run KEY [--tenant] [--account]`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import runner, schedule, tenancy, work
from config.core.jobs import JOBS, SCOPES, Job, Scope, Target
from config.core.models import JobOverride, JobRun
from config.core.registry import UnknownKey


class Command(BaseCommand):
    help = "List the job catalogue, compile it into the schedule, or run one job now."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action")
        actions.add_parser("list", help="every job (the default)")
        actions.add_parser("compile", help="write the schedule rows")
        now = actions.add_parser("run", help="run one job now, in this process")
        now.add_argument("key")
        now.add_argument("--tenant", default="", help="the client; all of them when left out")
        now.add_argument("--account", type=int, help="the id of one account")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "compile":
            done = schedule.compile_schedule()
            self.stdout.write(f"{len(JOBS)} jobs; {done.created} rows new, {done.switched_off} switched off")
        elif options["action"] == "run":
            self._run(options)
        else:
            self._list()

    def _list(self) -> None:
        last = schedule.last_runs()
        with tenancy.in_public():
            overrides = {o.job: o for o in JobOverride.objects.all()}
        for key, job in JOBS:
            ran = last.get(key)
            every, cadence = _cadence(job, overrides.get(key))
            self.stdout.write(
                f"{key:44} {cadence:>14} {job.scope:8} {job.queue:10} "
                f"{f'{ran.outcome} {ran.started_at:%Y-%m-%d %H:%M}' if ran else 'never':24} "
                f"{_next(every, ran):18} {job.why}"
            )
        self.stdout.write(f"{len(JOBS)} jobs")

    def _run(self, options: dict[str, Any]) -> None:
        try:
            job = JOBS.get(options["key"])
        except UnknownKey as error:
            raise CommandError(str(error)) from error
        for schema in _schemas(job, options["tenant"]):
            for outcome in _run_in(job, schema, options["account"]):
                self.stdout.write(f"{schema}: {outcome}")


def _cadence(job: Job, override: JobOverride | None) -> tuple[timedelta | None, str]:
    """How often a job runs by the operator's word or its declaration, and the same in words."""
    if override and not override.is_enabled:
        return None, "off"
    seconds = override.every_seconds if override else None
    every = timedelta(seconds=seconds) if seconds else job.every
    return every, str(every) if every else "on demand"


def _next(every: timedelta | None, ran: JobRun | None) -> str:
    following = schedule.next_run(every, ran.started_at if ran else None)
    return f"{following:%Y-%m-%d %H:%M}" if following else "due now" if every else "–"


def _schemas(job: Job, tenant: str) -> list[str]:
    if job.scope is Scope.PUBLIC:
        return ["public"]
    return [tenant] if tenant else [found.schema_name for found in tenancy.every_tenant()]


def _run_in(job: Job, schema: str, account: int | None) -> list[str]:
    """Queue the work of one client as usual, and run it here instead of waiting for a worker."""
    with tenancy.in_public() if schema == "public" else tenancy.in_tenant(schema):
        targets = SCOPES.get("account")(job) if job.scope is Scope.ACCOUNT else [Target(account)]
        wanted = [target for target in targets if account in (None, target.account_id)]
        items = [work.enqueue(job, account_id=target.account_id, kwargs=target.kwargs) for target in wanted]
    return [runner.run(schema, item) if item else "open already" for item in items]
