"""A list that is filled while Django starts and cannot grow afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class UnknownKey(LookupError):
    """Nothing is registered under this key."""


class Registry(Generic[T]):
    """Register once, ask by key, list in a stable order."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, T] = {}

    def add(self, key: str, item: T) -> T:
        """Register under a new key; a second registration of the same key is a programming error."""
        if key in self._items and self._items[key] != item:
            raise ValueError(f"{self.noun} {key!r} is registered twice")
        self._items[key] = item
        return item

    def get(self, key: str) -> T:
        try:
            return self._items[key]
        except KeyError:
            known = ", ".join(sorted(self._items)) or "none"
            raise UnknownKey(f"unknown {self.noun} {key!r}; known: {known}") from None

    def __contains__(self, key: str) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(sorted(self._items.items()))

    def __len__(self) -> int:
        return len(self._items)
