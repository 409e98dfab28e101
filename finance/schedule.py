"""Jobs of finance."""

from datetime import timedelta

from config.core.jobs import Job

JOBS = (
    Job(
        key="finance.reconcile_open",
        call="finance.services.reconcile.reconcile_open",
        every=timedelta(hours=2),
        queue="math",
        why="match new settlement lines, check their statements and find what was paid too little",
    ),
    Job(
        key="finance.judge_all",
        call="finance.services.reconcile.judge_all",
        every=timedelta(hours=24),
        queue="math",
        why="judge every statement again, because orders change after they are settled",
    ),
    Job(
        key="finance.book",
        call="finance.services.journals.book_open",
        every=timedelta(hours=2),
        queue="math",
        why="book statements that were checked again, and bank bookings that have no entry yet",
    ),
)
