from datetime import timedelta

from config.core.jobs import Job

JOBS = (
    Job(
        key="api.prune_answers", call="config.api.idempotency.prune", every=timedelta(days=1),
        why="forget the answers to writes that nobody repeats any more",
    ),
)  # fmt: skip
