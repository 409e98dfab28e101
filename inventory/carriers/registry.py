"""Every carrier folder, found by one scan when Django starts; the rest of a carrier is loaded on first use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from config.core.registry import Registry
from inventory.carriers.contract import Carrier

FOLDER = Path(__file__).parent
_CARRIERS: Registry[Carrier] = Registry("carrier")


def scan() -> None:
    """Import each folder's carrier.py; an import error stops the start."""
    for folder in sorted(FOLDER.iterdir()):
        if (folder / "carrier.py").exists():
            carrier: Carrier = importlib.import_module(f"inventory.carriers.{folder.name}.carrier").CARRIER
            if carrier.key != folder.name:
                raise ValueError(f"the folder {folder.name!r} declares the key {carrier.key!r}; they must be equal")
            _CARRIERS.add(carrier.key, carrier)


def get(key: str) -> Carrier:
    """The declaration of one carrier; raises UnknownKey."""
    return _CARRIERS.get(key)


def known(key: str) -> bool:
    return key in _CARRIERS


def all_carriers() -> Iterator[Carrier]:
    return (carrier for _, carrier in _CARRIERS)


def part(key: str, name: str) -> ModuleType:
    """One of the lazily loaded parts of a carrier: client or sandbox."""
    return importlib.import_module(f"inventory.carriers.{get(key).key}.{name}")
