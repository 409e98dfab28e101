"""For a time, and for an account or the whole client, some work runs less often or more often; it ends by itself.

What may be slowed is declared on each job (`Job.peak`). What buyers wait for (orders, stock, shipments) never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from config.core import clock
from config.core.jobs import Job, Peak, Target
from config.core.models import Pace, PaceKind

DEGRADED: Mapping[str, str] = {Peak.LESS: "4", Peak.LEAST: "12"}
"""How many times longer the interval of each class becomes in a peak, unless a person says otherwise."""
LONGEST = timedelta(days=14)
MOST = Decimal(48)
_LAST = """
    SELECT account_id, max(started_at) FROM core_jobrun
    WHERE job = %s AND started_at >= %s GROUP BY account_id
"""


def begin(
    kind: str, *, until: datetime, reason: str, by: str, account_id: int | None = None,
    factors: Mapping[str, str] | None = None,
) -> Pace:  # fmt: skip
    """Change the pace until a moment; one that runs for the same account takes over the new end, factors and reason."""
    now = clock.now()
    wanted = _checked(kind, factors if factors is not None else DEGRADED)
    if not now < until <= now + LONGEST:
        raise ValidationError(f"say an end within {LONGEST.days} days; a pace never stays for good")
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    with transaction.atomic():
        same = active().filter(kind=kind, account_id=account_id).select_for_update().order_by("pk").first()
        pace = same or Pace(kind=kind, account_id=account_id, begun_at=now)
        pace.factors, pace.until, pace.reason, pace.decided_by = wanted, until, reason[:300], by[:150]
        pace.save()
    return pace


def end(pace: Pace, *, by: str) -> Pace:
    """Let everything run as declared again, before the time that was set."""
    Pace.objects.filter(pk=pace.pk, ended_at=None).update(ended_at=clock.now(), ended_by=by[:150])
    pace.refresh_from_db()
    return pace


def active(*, at: datetime | None = None) -> QuerySet[Pace]:
    """What holds at a moment, by default now."""
    moment = at or clock.now()
    return Pace.objects.filter(begun_at__lte=moment, until__gt=moment).filter(Q(ended_at=None) | Q(ended_at__gt=moment))


def factor(job: Job, account_id: int | None, paces: Iterable[Pace]) -> Decimal:
    """By what the job's interval is multiplied for an account: the longest of the slow ones, else the shortest.

    A factor names a resource or a class. A job that is never slowed may only become faster.
    """
    names = [job.selects.get("resource", ""), str(job.peak)]
    mine = [pace for pace in paces if pace.account_id in (None, account_id)]
    found = [Decimal(pace.factors[name]) for pace in mine for name in names if name in pace.factors]
    if job.peak is Peak.NEVER:
        found = [each for each in found if each < 1]
    slow = [each for each in found if each > 1]
    return max(slow) if slow else min(found, default=Decimal(1))


def on_time(job: Job, targets: Iterable[Target]) -> Sequence[Target]:
    """The targets for which a firing of the job is due; a slowed one whose last run is too young is left out."""
    wanted = list(targets)
    paces = list(active())
    if not paces or job.every is None:
        return wanted
    factors = {each.account_id: factor(job, each.account_id, paces) for each in wanted}
    slowed = max(factors.values(), default=Decimal(1))
    if slowed <= 1:
        return wanted
    last = last_runs(job, job.every * float(slowed))
    return [each for each in wanted if is_due(job, factors[each.account_id], last.get(each.account_id))]


def is_due(job: Job, times: Decimal, last: datetime | None) -> bool:
    """Whether the interval, so many times as long, has passed since the last run; a tenth early counts as on time."""
    if job.every is None or last is None or times == 1:
        return True
    return clock.now() - last >= job.every * float(times) * 0.9


def last_runs(job: Job, within: timedelta) -> dict[int | None, datetime]:
    """When the job last began per account, as far as that lies within a span."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [job.key, clock.now() - within])
        return dict(cursor.fetchall())


def _checked(kind: str, factors: Mapping[str, str]) -> dict[str, str]:
    if kind not in PaceKind.values:
        raise ValidationError(f"no pace is called {kind!r}")
    try:
        numbers = {name: Decimal(value) for name, value in factors.items()}
    except DecimalException as error:
        raise ValidationError("a factor is a number, such as 4 or 0.2") from error
    is_fit = all((value > 1) == (kind == PaceKind.DEGRADED) and 0 < value <= MOST for value in numbers.values())
    if not numbers or not is_fit or (kind == PaceKind.DEGRADED and Peak.NEVER in numbers):
        raise ValidationError(
            f"slower is above 1 and at most {MOST}, faster between 0 and 1; what buyers wait for stays"
        )
    return {name: f"{value.normalize():f}" for name, value in numbers.items()}
