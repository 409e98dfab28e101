"""What really happened, for tests that compare it with what was found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from marketplaces.canonical import LineClass
from marketplaces.sandbox import belated, scenarios, shelf_troubles, statements
from marketplaces.sandbox.facts import Fault
from marketplaces.sandbox.stage import Stage
from marketplaces.sandbox.world import World


def faults(world: World, until: datetime) -> list[Fault]:
    """Every injected trouble that shows by a moment, oldest first."""
    found = [*_client_wide(world), *(f for stage in world.stages.values() for f in _of_account(world, stage, until))]
    return sorted((f for f in found if f.at and f.at <= until), key=lambda f: (f.at, f.account, f.kind, f.subjects))


def summary(world: World, until: datetime) -> dict[str, object]:
    """Counts, statement totals and faults of one client as plain JSON values."""
    return {
        "client": world.client,
        "until": until.isoformat(),
        "accounts": {key: _account(world, stage, until) for key, stage in world.stages.items()},
        "faults": [_as_json(fault) for fault in faults(world, until)],
    }


def _account(world: World, stage: Stage, until: datetime) -> dict[str, object]:
    account = stage.account.key
    placed = [s for s in world.stories_of_days(account, 0, stage.day_of(until)) if s.placed_at <= until]
    return {
        "orders": len(placed),
        "order_serials": [story.serial for story in placed],
        "order_lines": sum(len(story.lines) for story in placed),
        "statements": [
            {"serial": s.serial, "currency": s.currency, "total": str(s.total.amount), "lines": len(s.lines)}
            for period in world.periods(account, until)
            if world.is_published(account, period) and (s := world.statement(account, period))
        ],
    }


def _client_wide(world: World) -> Iterator[Fault]:
    for stage in list(world.stages.values())[:1]:
        skus = tuple(product.sku for product in world.products if not product.is_registered)
        yield Fault("unregistered_product", "", skus, at=stage.start_of(0))


def _of_account(world: World, stage: Stage, until: datetime) -> Iterator[Fault]:
    account = stage.account.key
    if world.plan.revoked == account:
        yield Fault("token_revoked", account, at=stage.start_of(scenarios.REVOKED_DAYS[0]))
    for key, serial in sorted(world.plan.hidden):
        story = world.story(account, serial) if key == account else None
        if story:
            yield Fault("hidden_order", account, (str(serial),), at=story.placed_at)
    for serial, kind in shelf_troubles.placed(stage).items():
        product = world.products[serial - 1]
        yield Fault(kind, account, (product.sku,), at=shelf_troubles.begins(stage))
    yield from _unpaid(world, account)
    yield from _misbooked(world, account, until)
    yield from _late(world, stage, until)
    for period in world.periods(account, until):
        yield from _of_statement(world, stage, period)


def _unpaid(world: World, account: str) -> Iterator[Fault]:
    for key, line_serial in world.plan.unsettled:
        story = world.story(account, line_serial // 10) if key == account else None
        for line in story.lines if story else ():
            if line.serial == line_serial and line.shipped_at:
                due = line.unit_price * (line.quantity - line.cancelled)
                at = line.shipped_at + scenarios.PAID_AFTER
                yield Fault("missing_payment", account, (str(line_serial // 10), str(line_serial)), due, at)


def _misbooked(world: World, account: str, until: datetime) -> Iterator[Fault]:
    """Told with the statement on which the line stands last: its sale, or the refund where that is what is wrong."""
    stage = world.stages[account]
    for (key, line_serial), trouble in world.plan.misbooked.items():
        if key != account:
            continue
        is_refund = trouble.kind.startswith("refund")
        for period in world.periods(account, until):
            rows = [row for row in world.due(account, period) if row.line_serial == line_serial]
            if any(row.is_refund == is_refund for row in rows):
                subjects = (str(statements.serial_of(stage, period)), str(line_serial // 10), str(line_serial))
                at = stage.start_of(period.end_day) + statements.ISSUED_AFTER
                yield Fault(trouble.kind, account, subjects, trouble.owed, at)


def _late(world: World, stage: Stage, until: datetime) -> Iterator[Fault]:
    for story in world.stories_of_days(stage.account.key, belated.LATE_DAYS.start, stage.day_of(until)):
        if story.is_late:
            yield Fault(
                "late_shipment", stage.account.key, (str(story.serial),), at=story.ship_by + timedelta(seconds=1)
            )


def _of_statement(world: World, stage: Stage, period: statements.Period) -> Iterator[Fault]:
    account, serial = stage.account.key, statements.serial_of(stage, period)
    at = stage.start_of(period.end_day) + statements.ISSUED_AFTER
    if not world.is_published(account, period):
        yield Fault("statement_gap", account, (str(serial),), at=at)
    if world.plan.overpriced == (account, serial):
        plan = next(row for row in world.due(account, period) if row.line_class == LineClass.SUBSCRIPTION)
        yield Fault("plan_overcharge", account, (str(serial),), scenarios.surcharge(plan), at)
    bent = world.bent(account, period)
    if bent:
        subject = tuple(str(part) for part in (serial, bent.subject.order_serial, bent.subject.line_serial) if part)
        yield Fault(world.plan.statements[account, serial], account, subject, bent.amount, at)


def _as_json(fault: Fault) -> dict[str, object]:
    return {
        "kind": fault.kind,
        "account": fault.account,
        "subjects": list(fault.subjects),
        "amount": str(fault.amount.amount) if fault.amount else None,
        "currency": fault.amount.currency if fault.amount else None,
        "at": fault.at.isoformat() if fault.at else None,
    }
