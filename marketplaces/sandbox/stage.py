"""One account of one simulated client: what every part of the economy needs to know to draw its own chances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from marketplaces.canonical import LineClass
from marketplaces.contract import SandboxAccount, Store
from marketplaces.sandbox import chance

DAY = timedelta(days=1)
HISTORY_DAYS = 90


@dataclass(frozen=True, eq=False)
class Stage:
    """`origin` is day 0; nothing happened before. `number` distinguishes accounts within serials."""

    seed: int
    client: str
    account: SandboxAccount
    stores: tuple[Store, ...]
    origin: date
    number: int

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(store.currency for store in self.stores))

    def key(self, *parts: object) -> tuple[object, ...]:
        """What a chance of this account is drawn from."""
        return (self.seed, self.client, self.account.key, *parts)

    def pick(self, low: int, high: int, *parts: object) -> int:
        return chance.pick(low, high, *self.key(*parts))

    def share(self, *parts: object) -> float:
        return chance.share(*self.key(*parts))

    def start_of(self, day: int) -> datetime:
        """Midnight UTC with which a day of the world begins."""
        return datetime.combine(self.origin, time(), UTC) + day * DAY

    def day_of(self, moment: datetime) -> int:
        return (moment - self.start_of(0)) // DAY

    def says(self, line_class: LineClass) -> bool:
        """Whether this marketplace's statements know such a line."""
        return line_class.value not in self.account.without
