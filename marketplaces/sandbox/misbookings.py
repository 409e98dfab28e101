"""Injected troubles of single order lines: what is booked for them differs from what is due, and the statement adds up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from config.core.money import Money
from marketplaces.canonical import Fulfilment, LineClass
from marketplaces.sandbox import statements, tariffs
from marketplaces.sandbox.economy import Economy
from marketplaces.sandbox.facts import WorldStatementLine
from marketplaces.sandbox.orders import LineStory, OrderStory
from marketplaces.sandbox.stage import Stage

DAYS = range(3, 24)
BOOKED_BEFORE_DAY = 28
TIMES = 2
NEXT_ROUND = 2
KINDS = ("fee_overcharge", "refund_without_credit", "unexpected_fee", "overpaid", "refund_without_return")
OVERCHARGE, OVERPAYMENT = Decimal("0.3"), Decimal("0.1")
STRANGE_FEE_EUR = Decimal("1.80")


@dataclass(frozen=True, slots=True)
class Misbooking:
    """One trouble of one line; `owed` is what it costs us (plus: the marketplace owes it)."""

    kind: str
    line_serial: int
    owed: Money

    def rows(self, due: Iterable[WorldStatementLine]) -> Iterator[WorldStatementLine]:
        """The rows as they are booked, of those that are due."""
        for row in due:
            yield from self._booked(row) if row.line_serial == self.line_serial else (row,)

    def _booked(self, row: WorldStatementLine) -> Iterator[WorldStatementLine]:
        is_bent = {
            "fee_overcharge": LineClass.COMMISSION, "overpaid": LineClass.PRINCIPAL,
            "refund_without_credit": LineClass.FEE_REVERSAL, "unexpected_fee": LineClass.COMMISSION,
        }.get(self.kind) == row.line_class  # fmt: skip
        if not is_bent:
            yield row
        elif self.kind == "unexpected_fee":
            yield from (row, replace(row, line_class=LineClass.CLOSING, amount=-self.owed))
        elif self.kind != "refund_without_credit":
            yield replace(row, amount=row.amount - self.owed)


def choose(economy: Economy, avoid: Iterable[int]) -> dict[tuple[str, int], Misbooking]:
    """The troubles of one client by account and line: each kind some times, on accounts in turn, one per order.

    Where there are as many accounts as kinds, the next round begins further on, so that no account has a kind twice.
    """
    taken, found = set(avoid), {}
    stages = list(economy.stages.values())
    skip = NEXT_ROUND if stages and len(KINDS) % len(stages) == 0 else 0
    for turn, kind in enumerate(KINDS * TIMES):
        first = turn + skip * (turn // len(KINDS))
        for stage in (stages[(first + shift) % len(stages)] for shift in range(len(stages))):
            told = (
                s for s in economy.stories_of_days(stage.account.key, DAYS.start, DAYS.stop) if s.serial not in taken
            )
            fit = next(((s, line) for s in told for line in s.lines if _may(stage, kind, s, line)), None)
            if fit:
                taken.add(fit[0].serial)
                owed = _owed(stage, kind, fit[0], fit[1])
                found[stage.account.key, fit[1].serial] = Misbooking(kind, fit[1].serial, owed)
                break
    return found


def _may(stage: Stage, kind: str, story: OrderStory, line: LineStory) -> bool:
    """Whether a line is whole, booked early enough to be told and judged, and of the kind that can suffer this."""
    back = line.comeback
    if line.shipped_at is None or line.cancelled or line.discount or story.shipped_at is None:
        return False
    if not kind.startswith("refund"):
        is_known = kind != "unexpected_fee" or stage.says(LineClass.CLOSING)
        return is_known and back is None and stage.day_of(line.shipped_at) < BOOKED_BEFORE_DAY
    is_early = back is not None and stage.day_of(back.handled_at) < BOOKED_BEFORE_DAY
    return is_early and (kind != "refund_without_return" or story.fulfilment == Fulfilment.MARKETPLACE)


def _owed(stage: Stage, kind: str, story: OrderStory, line: LineStory) -> Money:
    rows = {row.line_class: row.amount for row in statements.line_rows(stage, story, line)}
    if kind == "fee_overcharge":
        return tariffs.part(-rows[LineClass.COMMISSION], OVERCHARGE)
    if kind == "overpaid":
        return -tariffs.part(rows[LineClass.PRINCIPAL], OVERPAYMENT)
    if kind == "unexpected_fee":
        return tariffs.in_currency(STRANGE_FEE_EUR, story.store.currency)
    return rows[LineClass.FEE_REVERSAL] if kind == "refund_without_credit" else -rows[LineClass.REFUND_PRINCIPAL]
