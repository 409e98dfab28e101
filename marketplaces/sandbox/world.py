"""The small economy of a client with the troubles that are put into it: what its marketplaces show, and its own truth."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from itertools import islice

from config.core.money import Money
from marketplaces.sandbox import events, scenarios, statements
from marketplaces.sandbox.economy import Economy
from marketplaces.sandbox.facts import WorldEvent, WorldStatement, WorldStatementLine
from marketplaces.sandbox.statements import Period


class World(Economy):
    """An economy in which some things go wrong, as planned from its seed."""

    @cached_property
    def _events(self) -> dict[tuple[str, int], list[WorldEvent]]:
        return {}

    @cached_property
    def _documents(self) -> dict[tuple[str, Period], tuple[WorldStatement, scenarios.Bent | None]]:
        return {}

    @cached_property
    def plan(self) -> scenarios.Plan:
        return scenarios.plan(self)

    def events_of(self, account: str, day: int) -> list[WorldEvent]:
        """All that is ever pushed about the orders placed on a day; hidden orders stay hidden."""
        if (account, day) not in self._events:
            open_ones = (s for s in self.stories(account, day) if (account, s.serial) not in self.plan.hidden)
            self._events[account, day] = events.events(self.stages[account], open_ones)
        return self._events[account, day]

    def statement(self, account: str, period: Period) -> WorldStatement:
        """The document as the marketplace shows it, troubles included."""
        return self._document(account, period)[0]

    def is_published(self, account: str, period: Period) -> bool:
        return self.plan.gap != (account, statements.serial_of(self.stages[account], period))

    def is_return_lost(self, account: str, line_serial: int) -> bool:
        """Whether the buyer was refunded and the marketplace never says that the goods came back."""
        trouble = self.plan.misbooked.get((account, line_serial))
        return trouble is not None and trouble.kind == "refund_without_return"

    def due(self, account: str, period: Period) -> list[WorldStatementLine]:
        """All rows of a period with reserves, without troubles except the line that is never paid."""
        rows = [row for row in self.earned(account, period) if (account, row.line_serial) not in self.plan.unsettled]
        return statements.with_reserves(
            self.stages[account],
            period,
            rows,
            released=self._held(account, period.number - 1, period.currency),
            held=self._held(account, period.number, period.currency),
        )

    def bent(self, account: str, period: Period) -> scenarios.Bent | None:
        return self._document(account, period)[1]

    def _document(self, account: str, period: Period) -> tuple[WorldStatement, scenarios.Bent | None]:
        if (account, period) not in self._documents:
            self._documents[account, period] = self._written(account, period)
        return self._documents[account, period]

    def _written(self, account: str, period: Period) -> tuple[WorldStatement, scenarios.Bent | None]:
        stage = self.stages[account]
        rows = self._booked(account, period)
        kind = self.plan.statements.get((account, statements.serial_of(stage, period)))
        avoid = {serial for key, serial in self.plan.hidden if key == account}
        avoid |= {line_serial // 10 for key, line_serial in self.plan.misbooked if key == account}
        bent = scenarios.bend(kind, rows, avoid) if kind else None
        paid: Money = statements.document_total(bent.paid if bent else rows, period.currency)
        return statements.document(stage, period, bent.shown if bent else rows, amount=paid), bent

    def _booked(self, account: str, period: Period) -> list[WorldStatementLine]:
        """What is due, but for the lines that are booked wrongly, and a plan that costs more than agreed."""
        rows: Iterable[WorldStatementLine] = self.due(account, period)
        if self.plan.overpriced == (account, statements.serial_of(self.stages[account], period)):
            rows = scenarios.overprice(rows)
        for (key, _), trouble in self.plan.misbooked.items():
            rows = trouble.rows(rows) if key == account else rows
        return list(rows)

    def _held(self, account: str, number: int, currency: str) -> Money:
        if number < 0:
            return Money(Decimal(0), currency)
        stage = self.stages[account]
        period = next(islice(statements.periods(stage, currency), number, None))
        return statements.reserve(stage, period, self.earned(account, period))
