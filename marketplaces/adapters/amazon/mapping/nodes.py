"""A careful look into parsed JSON: every access says which field was wrong, and none of them raises anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount, moment
from marketplaces.canonical import Rejected, Row


class Node:
    """An object of their JSON. Names are tried in turn and in any casing, because casings differ between versions."""

    def __init__(self, raw: Any, path: str = "") -> None:
        if not isinstance(raw, dict):
            raise Unreadable(f"{path or 'the unit'} should be an object, not {type(raw).__name__}")
        self.raw, self.path = raw, path
        self._keys = {str(key).casefold(): key for key in raw}

    def get(self, *names: str) -> Any:
        """The first of these fields that is there and not null."""
        for name in names:
            value = self.raw.get(self._keys.get(name.casefold(), name))
            if value is not None:
                return value
        return None

    def has(self, *names: str) -> bool:
        return any(name.casefold() in self._keys for name in names)

    def node(self, *names: str) -> Node:
        """The object under a field; an empty one when the field is missing."""
        value = self.get(*names)
        return Node({} if value is None else value, self._path(names))

    def nodes(self, *names: str) -> list[Node]:
        """The objects of a list; a missing list is empty, a single object is a list of one."""
        value = self.get(*names)
        items = value if isinstance(value, list) else [] if value is None else [value]
        return [Node(item, f"{self._path(names)}[{place}]") for place, item in enumerate(items)]

    def words(self, *names: str) -> tuple[str, ...]:
        value = self.get(*names)
        items = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(str(item) for item in items if isinstance(item, (str, int, Decimal)))

    def text(self, *names: str) -> str:
        """A text; numbers are written out, a missing field is ''."""
        value = self.get(*names)
        if value is None:
            return ""
        if isinstance(value, (dict, list)):
            raise Unreadable(f"field {self._path(names)} should be text")
        return str(value)

    def need(self, *names: str) -> str:
        value = self.text(*names).strip()
        if not value:
            raise Unreadable(f"field {self._path(names)} is missing")
        return value

    def count(self, *names: str) -> int | None:
        value = self.get(*names)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
            if not isinstance(value, bool) and number.is_finite() and abs(number) < 10**12 and number == int(number):
                return int(number)
        except ArithmeticError:
            pass
        raise Unreadable(f"field {self._path(names)}: {value!r} is not a whole number")

    def flag(self, *names: str) -> bool:
        """True for true and for the text 'true': both are in use."""
        return str(self.get(*names)).casefold() == "true"

    def moment(self, *names: str) -> datetime | None:
        text = self.text(*names)
        try:
            return moment(text) if text else None
        except Unreadable as error:
            raise Unreadable(f"field {self._path(names)}: {error}") from None

    def need_moment(self, *names: str) -> datetime:
        found = self.moment(*names)
        if found is None:
            raise Unreadable(f"field {self._path(names)} is missing")
        return found

    def money(self, *names: str) -> Money | None:
        """An amount in any of their shapes: text or number, `amount` or `CurrencyAmount`; None when it is not there."""
        value = self.get(*names)
        if value is None:
            return None
        try:
            node = Node(value)
            number = node.text("amount", "currencyAmount")
            return Money(amount(_plain(number)), node.need("currencyCode")) if number else None
        except ValueError as error:
            raise Unreadable(f"field {self._path(names)}: {error}") from None

    def need_money(self, *names: str) -> Money:
        found = self.money(*names)
        if found is None:
            raise Unreadable(f"field {self._path(names)} is missing")
        return found

    def _path(self, names: tuple[str, ...]) -> str:
        return f"{self.path}.{names[0]}" if self.path else names[0]


def _plain(number: str) -> str:
    """JSON may write 1E+2; everything else is left to the strict reader."""
    if "e" not in number.casefold():
        return number
    try:
        return f"{Decimal(number):f}" if abs(Decimal(number).adjusted()) < 20 else number
    except ArithmeticError:
        return number


def each(units: Iterable[Any], build: Callable[[Any], Iterator[Row]], *, key: str = "") -> Iterator[Row | Rejected]:
    """Build rows from every unit; one that cannot be read is yielded as rejected and the rest goes on."""
    for unit in units:
        try:
            rows = list(build(unit))
        except ValueError as error:
            raw = getattr(unit, "raw", unit)
            name = raw.get(key) if key and isinstance(raw, dict) else ""
            yield Rejected(str(error), raw, external_id=str(name or ""))
            continue
        yield from rows
