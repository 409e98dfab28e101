"""Injected troubles: where they lie, what they do, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import islice, takewhile

from config.core.money import Money
from marketplaces.canonical import LineClass
from marketplaces.sandbox import chance, misbookings, statements, tariffs
from marketplaces.sandbox.economy import Economy
from marketplaces.sandbox.facts import WorldStatementLine
from marketplaces.sandbox.misbookings import Misbooking
from marketplaces.sandbox.orders import OrderStory
from marketplaces.sandbox.stage import DAY, Stage

HIDDEN_DAYS = ((10, 17), (20, 27), (30, 37))
UNSETTLED_DAYS = range(44, 60)
REVOKED_DAYS = (60, 61)
STATEMENT_DAYS = (15, 83)
GAP_DAYS = (30, 74)
PAID_AFTER = 21 * DAY
PLAN_DEARER = Decimal("0.25")
STRANGE_LABEL = "Handling Surcharge"
STATEMENT_KINDS = (
    "missing_line", "duplicate_fee", "short_payment", "renamed_label", "missing_line", "duplicate_fee", "short_payment",
)  # fmt: skip
CHARGED = (LineClass.FULFILMENT, LineClass.COMMISSION)
OVERHEAD = (LineClass.STORAGE, LineClass.ADVERTISING, LineClass.SUBSCRIPTION)


@dataclass(frozen=True)
class Plan:
    """Which subjects of a client are in trouble; account keys with serials.

    Those of statements are looked for when the first document is asked for: they read all sales.
    """

    economy: Economy = field(repr=False)
    hidden: frozenset[tuple[str, int]]
    unsettled: frozenset[tuple[str, int]]
    misbooked: dict[tuple[str, int], Misbooking]
    gap: tuple[str, int] | None
    revoked: str

    @cached_property
    def statements(self) -> dict[tuple[str, int], str]:
        return _statement_kinds(self.economy, list(self.economy.stages.values()), self.gap)

    @cached_property
    def overpriced(self) -> tuple[str, int] | None:
        """The statement, sound but for this, on which the account's plan costs more than agreed."""
        stages = sorted(
            self.economy.stages.values(), key=lambda s: chance.number(self.economy.seed, s.account.key, "plan")
        )
        told = (found for stage in stages for found in _with_plan(self.economy, stage))
        return next((found for found in told if found not in self.statements and found != self.gap), None)


def plan(economy: Economy) -> Plan:
    """Place the troubles of one client; the same for the same seed, client and accounts."""
    stages = list(economy.stages.values())
    hidden = {(s.account.key, story.serial) for s in stages for story in _to_hide(economy, s)}
    frequent = sorted(stages, key=lambda s: (s.account.statement_days, -s.account.orders_per_day, s.account.key))
    unsettled = _to_leave_unpaid(economy, frequent[0]) if frequent else None
    gap = next((found for stage in reversed(frequent) if (found := _gap(stage))), None)
    avoid = {serial for _, serial in hidden} | ({unsettled[1] // 10} if unsettled else set())
    return Plan(
        economy=economy,
        hidden=frozenset(hidden),
        unsettled=frozenset({unsettled} if unsettled else ()),
        misbooked=misbookings.choose(economy, avoid),
        gap=gap,
        revoked=min(
            (s.account.key for s in stages), key=lambda key: chance.number(economy.seed, key, "revoked"), default=""
        ),
    )


def is_revoked(plan: Plan, stage: Stage, at: datetime) -> bool:
    first, last = (stage.start_of(day) for day in REVOKED_DAYS)
    return plan.revoked == stage.account.key and first <= at < last


def surcharge(row: WorldStatementLine) -> Money:
    """What a plan costs too much, positive."""
    return -tariffs.part(row.amount, PLAN_DEARER)


def overprice(rows: Iterable[WorldStatementLine]) -> Iterator[WorldStatementLine]:
    """The rows with a plan that costs more than agreed."""
    for row in rows:
        is_plan = row.line_class == LineClass.SUBSCRIPTION
        yield replace(row, amount=row.amount - surcharge(row)) if is_plan else row


@dataclass(frozen=True, slots=True)
class Bent:
    """Rows as the document shows them, the rows that make its total, and the row in trouble."""

    shown: list[WorldStatementLine]
    paid: list[WorldStatementLine]
    subject: WorldStatementLine
    amount: Money


def bend(kind: str, rows: list[WorldStatementLine], avoid: Iterable[int]) -> Bent | None:
    """Do one trouble to the rows of a statement, in its middle; None when no row can suffer it."""
    place = _victim(kind, rows, frozenset(avoid))
    if place is None:
        return None
    row = rows[place]
    before, after = rows[:place], rows[place + 1 :]
    gross = row.amount + row.vat
    if kind == "missing_line":
        return Bent([*before, *after], rows, row, gross)
    if kind == "duplicate_fee":
        twice = [*before, row, row, *after]
        return Bent(twice, twice, row, gross)
    if kind == "short_payment":
        short = tariffs.part(row.amount, Decimal("0.2"))
        less = [*before, replace(row, amount=row.amount - short), *after]
        return Bent(less, less, row, -short)
    renamed = [*before, replace(row, renamed_to=STRANGE_LABEL), *after]
    return Bent(renamed, renamed, row, gross)


def _victim(kind: str, rows: list[WorldStatementLine], avoid: frozenset[int]) -> int | None:
    places = [place for place, row in enumerate(rows) if row.order_serial not in avoid and _may_suffer(kind, row)]
    return places[len(places) // 2] if places else None


def _may_suffer(kind: str, row: WorldStatementLine) -> bool:
    if kind == "renamed_label":
        return row.line_class in OVERHEAD
    if kind == "short_payment":
        return row.line_class == LineClass.PRINCIPAL and row.amount.amount > 10
    return row.line_class in CHARGED and not row.is_refund


def _to_hide(economy: Economy, stage: Stage) -> Iterator[OrderStory]:
    wanted = HIDDEN_DAYS if stage.account.orders_per_day >= 5 else HIDDEN_DAYS[:1]
    for first, last in wanted:
        start = stage.pick(first, last, "hidden", first)
        days = range(start, last + 3)
        plain = (story for day in days for story in economy.stories(stage.account.key, day) if story.is_plain)
        yield from islice(plain, 1)


def _to_leave_unpaid(economy: Economy, stage: Stage) -> tuple[str, int] | None:
    for day in UNSETTLED_DAYS:
        for story in economy.stories(stage.account.key, day):
            if story.is_plain:
                return stage.account.key, story.lines[0].serial
    return None


def _statements_between(stage: Stage, first_day: int, end_day: int) -> list[statements.Period]:
    """Statements of an account that begin and end within the days, leaving out the short first one."""
    return [
        period
        for currency in stage.currencies
        for period in takewhile(lambda p: p.end_day <= end_day, statements.periods(stage, currency))
        if period.number and period.first_day >= first_day
    ]


def _with_plan(economy: Economy, stage: Stage) -> Iterator[tuple[str, int]]:
    for period in _statements_between(stage, *STATEMENT_DAYS):
        if any(row.line_class == LineClass.SUBSCRIPTION for row in economy.earned(stage.account.key, period)):
            yield stage.account.key, statements.serial_of(stage, period)


def _gap(stage: Stage) -> tuple[str, int] | None:
    if stage.account.statement_days > 15:
        return None
    found = _statements_between(stage, *GAP_DAYS)
    return (stage.account.key, statements.serial_of(stage, found[-1])) if found else None


def _statement_kinds(economy: Economy, stages: list[Stage], gap: tuple[str, int] | None) -> dict[tuple[str, int], str]:
    """At most one trouble per statement; shuffled over accounts, the rest stays sound."""
    places = [(s, period) for s in stages for period in _statements_between(s, *STATEMENT_DAYS)]
    chance.source(economy.seed, economy.client, "statement faults").shuffle(places)
    wanted, chosen = list(STATEMENT_KINDS), {}
    for stage, period in places[: len(places) // 2]:
        key = (stage.account.key, statements.serial_of(stage, period))
        classes = {row.line_class for row in economy.earned(stage.account.key, period)}
        fit = next((kind for kind in wanted if key != gap and classes & _needs(kind)), None)
        if fit:
            wanted.remove(fit)
            chosen[key] = fit
    return chosen


def _needs(kind: str) -> set[LineClass]:
    return set(OVERHEAD) if kind == "renamed_label" else {LineClass.PRINCIPAL}
