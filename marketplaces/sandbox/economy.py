"""What happens on a client's accounts when nobody errs: orders, what is sold, what is earned; a function of seed and day."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import takewhile

from marketplaces.contract import SandboxAccount, Store
from marketplaces.sandbox import assortment, orders, statements
from marketplaces.sandbox.belated import belated
from marketplaces.sandbox.facts import WorldOrder, WorldProduct, WorldStatementLine
from marketplaces.sandbox.orders import OrderStory
from marketplaces.sandbox.stage import Stage
from marketplaces.sandbox.statements import Period


class Economy:
    """One client's accounts and what happens to them. Days are remembered once told, and can be told again.

    `stores` gives the storefronts of each account by its key; `origin` is the first day, before which nothing happened.
    """

    def __init__(
        self,
        seed: int,
        client: str,
        accounts: Sequence[SandboxAccount],
        stores: Mapping[str, tuple[Store, ...]],
        origin: date,
    ) -> None:
        self.seed, self.client, self.origin = seed, client, origin
        numbers = _numbers(client, [account.key for account in accounts])
        self.stages = {a.key: Stage(seed, client, a, stores[a.key], origin, numbers[a.key]) for a in accounts}
        self._lock = threading.Lock()
        self._stories: dict[tuple[str, int], list[OrderStory]] = {}
        self._sold: dict[str, list[Counter[int]]] = {}
        self._closed: dict[tuple[str, int], WorldOrder] = {}
        self._earned: dict[tuple[str, Period], list[WorldStatementLine]] = {}

    @property
    def products(self) -> tuple[WorldProduct, ...]:
        return assortment.products(self.seed, self.client)

    def stories(self, account: str, day: int) -> list[OrderStory]:
        """Every order placed on a day, with the whole of its life."""
        if (account, day) not in self._stories:
            stage = self.stages[account]
            told = orders.stories(stage, day) if day >= 0 else []
            self._stories[account, day] = belated(stage, day, told)
        return self._stories[account, day]

    def story(self, account: str, serial: int) -> OrderStory | None:
        told = self.stories(account, orders.day_of(serial)) if serial > 0 else []
        return next((story for story in told if story.serial == serial), None)

    def stories_of_days(self, account: str, first: int, last: int) -> Iterator[OrderStory]:
        for day in range(max(0, first), last + 1):
            yield from self.stories(account, day)

    def order(self, account: str, story: OrderStory, at: datetime) -> WorldOrder:
        """The order at a moment; once nothing more happens to it, it is remembered."""
        known = self._closed.get((account, story.serial))
        if known is None or known.updated_at > at:
            known = orders.as_of(story, at)
            if known.updated_at == max(story.moments()):
                self._closed[account, story.serial] = known
        return known

    def sold_on(self, account: str, day: int) -> Counter[int]:
        """Units ordered on a day by product serial, cancelled ones left out."""
        counts: Counter[int] = Counter()
        for story in self.stories(account, day):
            for line in story.lines:
                counts[line.product.serial] += line.quantity - line.cancelled
        return counts

    def sold_through(self, account: str, day: int) -> Mapping[int, int]:
        """Units ordered from day 0 to the end of a day, by product serial."""
        with self._lock:
            sums = self._sold.setdefault(account, [])
            while len(sums) <= day:
                sums.append((sums[-1] if sums else Counter()) + self.sold_on(account, len(sums)))
            return sums[day] if day >= 0 else {}

    def periods(self, account: str, until: datetime) -> list[Period]:
        """Statement periods of all currencies that are issued by a moment."""
        stage = self.stages[account]
        is_issued = partial(_is_issued, stage, until)
        return [p for currency in stage.currencies for p in takewhile(is_issued, statements.periods(stage, currency))]

    def earned(self, account: str, period: Period) -> list[WorldStatementLine]:
        """Rows of a period as they are due, before reserves and troubles."""
        if (account, period) not in self._earned:
            stage = self.stages[account]
            first = period.first_day - orders.LIFE_WITH_RETURNS_DAYS
            told = self.stories_of_days(account, first, period.end_day)
            self._earned[account, period] = statements.earned(stage, period, told, partial(self.sold_through, account))
        return self._earned[account, period]


def _is_issued(stage: Stage, until: datetime, period: Period) -> bool:
    return stage.start_of(period.end_day) + statements.ISSUED_AFTER <= until


def _numbers(client: str, keys: Sequence[str]) -> dict[str, int]:
    """A number of two digits per account, which begins its serials; the next free one where two would share it."""
    taken: dict[int, str] = {}
    for key in sorted(keys):
        wanted = zlib.crc32(f"{client}:{key}".encode()) % 90
        free = next(n for shift in range(90) if (n := 10 + (wanted + shift) % 90) not in taken)
        taken[free] = key
    return {key: number for number, key in taken.items()}
