"""Jobs of finance."""

from datetime import timedelta

from config.core.jobs import Job, Peak

JOBS = (
    Job(
        key="finance.reconcile_open",
        call="finance.services.reconcile.reconcile_open",
        every=timedelta(hours=2),
        queue="math",
        peak=Peak.LESS,
        why="match new settlement lines, check their statements and find what was paid too little",
    ),
    Job(
        key="finance.reconcile_account",
        call="finance.services.reconcile.reconcile_account",
        queue="math",
        why="reconcile one account where many lines wait, as in a first import, so that all workers take part",
    ),
    Job(
        key="finance.judge_all",
        call="finance.services.reconcile.judge_all",
        every=timedelta(hours=24),
        queue="math",
        peak=Peak.LEAST,
        why="judge every statement again, because orders change after they are settled",
    ),
    Job(
        key="finance.book",
        call="finance.services.journals.book_open",
        every=timedelta(hours=2),
        queue="math",
        peak=Peak.LESS,
        why="book statements that were checked again, and bank bookings that have no entry yet",
    ),
    Job(
        key="finance.expect_fees_of_orders",
        call="finance.services.fees.expect_orders",
        queue="math",
        per_transaction=True,
        why="reckon what the fees of new and changed orders should be",
    ),
    Job(
        key="finance.expect_quoted_fees",
        call="finance.services.fees.expect_quoted",
        queue="math",
        per_transaction=True,
        why="reckon expected fees again where the marketplace quoted others",
    ),
    Job(
        key="finance.expect_fees_since",
        call="finance.services.fees.expect_since",
        queue="math",
        per_transaction=True,
        why="reckon expected fees again from the day on which a schedule changed",
    ),
    Job(
        key="finance.expect_recent_fees",
        call="finance.services.fees.expect_recent",
        every=timedelta(hours=24),
        queue="math",
        peak=Peak.LEAST,
        why="reckon expected fees again, because products get other categories and weights",
    ),
    Job(
        key="finance.publish_tariffs",
        call="finance.services.fees.publish",
        every=timedelta(hours=24),
        why="bring the published fee schedules of the marketplaces up to date",
    ),
    Job(
        key="finance.rebuild_profit",
        call="finance.services.profit.rebuild",
        queue="math",
        peak=Peak.LEAST,
        per_transaction=True,
        why="compute what the orders of the days touched earned",
    ),
    Job(
        key="finance.rebuild_open_profit",
        call="finance.services.profit.rebuild_open",
        every=timedelta(hours=6),
        queue="math",
        why="compute profit that waited for an exchange rate, or was never computed",
    ),
    Job(
        key="finance.expire_cost_sheets",
        call="finance.services.cost_sheets.expire",
        every=timedelta(hours=1),
        queue="default",
        why="close cost sheets that nobody applied within 72 hours, because what they were judged by is no longer so",
    ),
)
