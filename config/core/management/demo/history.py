"""Ninety days through the real pipeline: the clock moves in steps, the work goes through the queue like any other."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as midnight
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from config.core import clock, files, jobs, schedule, tenancy, work
from config.core.management.demo import bank, clients, masters, parcels, publishing, reviews, stock, supply
from config.core.models import WorkItem, WorkState
from finance.fx import services as rates
from marketplaces import registry
from marketplaces.contract import Flow, Resource
from marketplaces.models import Account, AccountStatus
from marketplaces.sandbox.world import World

RACE = 900
PACE = 30
REVOKED_AT, AUTHORISED_AT = 60.5, 61.5
STEPS = (*(float(day) for day in range(7, 57, 7)), REVOKED_AT, AUTHORISED_AT, 63.0, 70.0, 77.0, 84.0, 87.0, 89.0, 90.0)
SNAPSHOTS = frozenset({"Listing", "Price", "Stock", "StockHealth", "Fee", "Offer"})
REMEMBERED = frozenset({"Stock"})
REMEMBERED_AT = frozenset({7.0, 49.0, 84.0})
JUDGED_AT = frozenset({28.0, REVOKED_AT, 63.0, 84.0})
SHIPPED_AT = frozenset({87.0, 89.0, 90.0})
"""Stops at which the client ships by itself: bought, printed and told within one; what leaves first has arrived at the end."""
TRACK = ("inventory.track",)
STEP_LIMIT_S = 120
LOOK_EVERY_S = 0.2
PATIENCE = timedelta(minutes=40)
LOOK_AGAIN = "marketplaces.look_again"
SWEEP_EVERY_S = 0.5

AFTER_PULL = ("marketplaces.find_gaps", "marketplaces.ask_to_fill_gaps")
OFFER = ("inventory.compute_buffers", "inventory.offer")
JUDGE = ("finance.reconcile_open", "tickets.drain")
MEASURE = ("inventory.measure_cover",)
HEALTH = ("tickets.measure_health",)
JUDGE_ALL = ("finance.judge_all", "tickets.sweep.all")

Report = Callable[[str, float, int], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the history is played; `is_done` when it has been pulled, reconciled and judged."""

    day: float = 0.0
    is_done: bool = False


def file() -> Path:
    return Path(settings.DATA_DIR) / "history.json"


def mark() -> Mark:
    """Where a former run stopped."""
    return Mark(**json.loads(file().read_text())) if file().exists() else Mark()


def play(origin: date, worlds: Mapping[str, World], report: Report) -> None:
    """Play what is left of the history for these clients; each step is marked, and a killed run goes on from there."""
    found = list(worlds)
    for day in steps(mark().day):
        _step(origin, day, worlds, report)
        _keep(Mark(day))
    _drain(found, report, "judging", settings.DEMO_DAYS)
    for client, world in worlds.items():
        with tenancy.in_tenant(client):
            bank.receive(world, clock.now())
            supply.expect(world)
    _catch_up(found, report)
    for client in found:
        with tenancy.in_tenant(client):
            stock.publish()
            publishing.wish()
            masters.leave_a_sheet()
            parcels.misaddress()
    for keys in ((*AFTER_PULL, *OFFER, *JUDGE, *MEASURE), HEALTH, JUDGE_ALL):
        _ask(found, keys)
        _drain(found, report, "judging", settings.DEMO_DAYS)
    for client in found:
        with tenancy.in_tenant(client):
            reviews.hold()
    schedule.count_from_last_runs()
    _keep(Mark(float(settings.DEMO_DAYS), is_done=True))


def _catch_up(found: list[str], report: Report) -> None:
    """Read what the last step raced past, at the pace that stays, so that nothing is judged by an old reading."""
    set_clock(clock.now(), PACE)
    for client in found:
        with tenancy.in_tenant(client):
            _pull(
                lambda resource: (
                    _is_remembered(resource) or (resource.flow == Flow.PAGES and not _is_snapshot(resource))
                )
            )
    _drain(found, report, "pulling", settings.DEMO_DAYS)


def steps(after: float) -> list[float]:
    """The days at which the history stops to be pulled; a shortened one leaves out what comes later."""
    wanted = [*(step for step in STEPS if step < settings.DEMO_DAYS), float(settings.DEMO_DAYS)]
    return [step for step in wanted if step > after]


def _step(origin: date, day: float, worlds: Mapping[str, World], report: Report) -> None:
    found = list(worlds)
    set_clock(max(at(origin, day), clock.now()), RACE)
    rates.refresh()
    for client, world in worlds.items():
        with tenancy.in_tenant(client):
            stock.receive(world, int(day))
            if day > REVOKED_AT:
                clients.authorise_again(client)
            _pull(lambda resource: _is_due(resource, day))
    _drain(found, report, "pulling", day)
    is_shipped = day in SHIPPED_AT
    if is_shipped:
        _each(found, parcels.pack)
    _ask(found, (*AFTER_PULL, *TRACK) if is_shipped else AFTER_PULL)
    _drain(found, report, "completing", day)
    if is_shipped:
        _each(found, parcels.hand_over)
    if day in JUDGED_AT:
        _ask(found, JUDGE)
        _drain(found, report, "judging", day)


def _each(found: list[str], act: Callable[[], int]) -> None:
    for client in found:
        with tenancy.in_tenant(client):
            act()


def at(origin: date, day: float) -> datetime:
    """A moment of the history; days of the world begin at midnight UTC."""
    return datetime.combine(origin, midnight(), UTC) + timedelta(days=day)


def _pull(is_wanted: Callable[[Resource], bool]) -> None:
    with transaction.atomic():
        for account in Account.objects.filter(status=AccountStatus.ACTIVE):
            for resource in filter(is_wanted, registry.get(account.marketplace).resources):
                work.later(f"pull.{account.marketplace}.{resource.key}", account_id=account.pk)


def _is_due(resource: Resource, day: float) -> bool:
    """What is remembered is read at a few stops, and when the history is caught up with; other snapshots at its end."""
    if _is_remembered(resource):
        return day in REMEMBERED_AT
    return day == settings.DEMO_DAYS or not _is_snapshot(resource)


def _is_remembered(resource: Resource) -> bool:
    """Whether something is made of how things stood, so that a few readings of the past are worth their time."""
    return set(resource.rows) <= REMEMBERED


def _is_snapshot(resource: Resource) -> bool:
    """Whether it tells only how things stand now, so that reading it for each past week would say nothing more."""
    return resource.is_snapshot or set(resource.rows) <= SNAPSHOTS


def _ask(found: list[str], keys: tuple[str, ...]) -> None:
    known = [key for key in keys if key in jobs.JOBS]
    for client in found:
        with tenancy.in_tenant(client), transaction.atomic():
            for key in known:
                work.later(key)


def _drain(found: list[str], report: Report, doing: str, day: float) -> None:
    """Wait until every queue is empty, sending again what is due; a step that hangs is left to the next."""
    until, swept = time.monotonic() + STEP_LIMIT_S, 0.0
    while left := sum(_open_items(found)):
        report(doing, day, left)
        if time.monotonic() > until:
            return
        if time.monotonic() - swept > SWEEP_EVERY_S:
            _sweep(found)
            swept = time.monotonic()
        time.sleep(LOOK_EVERY_S)


def _open_items(found: list[str]) -> Iterator[int]:
    """Work under way or due soon; what was put off for longer, and later looks at what is confirmed, come in their time."""
    for client in found:
        with tenancy.in_tenant(client):
            near = Q(state=WorkState.READY, due_at__lte=clock.now() + PATIENCE)
            again = Q(job=LOOK_AGAIN, due_at__gt=clock.now())
            yield WorkItem.objects.filter(near | Q(state=WorkState.LEASED)).exclude(again).count()


def _sweep(found: list[str]) -> None:
    for client in found:
        with tenancy.in_tenant(client):
            work.sweep()
    connection.close_if_unusable_or_obsolete()


def set_clock(moment: datetime, speed: float) -> None:
    """Move the product's clock. After a pause it must be set again: it raced on while nothing ran."""
    simulated = clock.simulated()
    if simulated is None:
        raise RuntimeError("the demo needs SIMULATED=true, so that its clock can be moved")
    simulated.set(moment, speed=speed)


def _keep(reached: Mark) -> None:
    files.write_private(file(), json.dumps({"day": reached.day, "is_done": reached.is_done}))
