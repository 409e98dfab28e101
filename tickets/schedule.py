"""Jobs of the tickets."""

from datetime import timedelta

from config.core.jobs import Job, Peak

SWEEPS = {
    "catalog": timedelta(hours=1),
    "finance": timedelta(hours=1),
    "health": timedelta(hours=1),
    "inventory": timedelta(minutes=4),
    "pool": timedelta(hours=6),
    "publishing": timedelta(minutes=15),
    "supply": timedelta(hours=6),
    "sync": timedelta(minutes=10),
}
"""Time alone makes orders late and flows stale, so these two families are looked at more often: an order is told of
within five minutes of the moment at which its hours run out."""
PEAKS = {"catalog": Peak.LESS, "finance": Peak.LESS}
"""Families that may be looked at less often in a peak."""

JOBS = (
    Job(
        key="tickets.drain",
        call="tickets.rules.engine.drain",
        every=timedelta(minutes=1),
        queue="detect",
        why="judge what changed since the last look",
    ),
    *(
        Job(
            key=f"tickets.sweep.{family}",
            call="tickets.rules.engine.sweep",
            every=every,
            queue="detect",
            peak=PEAKS.get(family, Peak.NEVER),
            kwargs={"family": family},
            why=f"judge everything that the detectors of {family} may find, in case a signal was lost",
        )
        for family, every in SWEEPS.items()
    ),
    Job(
        key="tickets.sweep.all",
        call="tickets.rules.engine.sweep",
        every=timedelta(hours=24),
        queue="detect",
        limit=timedelta(minutes=30),
        peak=Peak.LEAST,
        why="judge everything once a day: the net beneath all signals",
    ),
    Job(
        key="tickets.follow_pushes",
        call="tickets.services.pushes.follow",
        every=timedelta(minutes=10),
        queue="detect",
        why="read orders more often where pushed events thin out, until they come again",
    ),
    Job(
        key="tickets.measure_health",
        call="tickets.services.health.measure",
        every=timedelta(hours=1),
        queue="detect",
        limit=timedelta(minutes=10),
        why="measure every metric of every account for the day, and days that were never measured",
    ),
    Job(
        key="tickets.wake_due",
        call="tickets.services.tickets.wake_due",
        every=timedelta(minutes=5),
        queue="detect",
        why="end the snoozes whose time has come",
    ),
)
