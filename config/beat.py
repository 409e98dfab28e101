"""The one process that fires scheduled jobs: rows of the public schema, one beat at a time, alive by its ticks."""

from django.db import connection
from django_celery_beat.schedulers import DatabaseScheduler

from config.core import tasks

BEAT_LOCK = 0x9F01D_BEA7


class Scheduler(DatabaseScheduler):
    """Ticks only while it holds the session lock, so that a second beat waits instead of doubling every job."""

    def tick(self, *args: object, **kwargs: object) -> float:
        if not self._alone():
            return float(self.max_interval)
        delay = super().tick(*args, **kwargs)
        tasks.beat("beat")
        return min(delay, float(self.max_interval))

    def _alone(self) -> bool:
        """Taking a lock that this session holds already succeeds again; a lost session lost its lock with it."""
        connection.set_schema_to_public()
        connection.close_if_unusable_or_obsolete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [BEAT_LOCK])
            return bool(cursor.fetchone()[0])
