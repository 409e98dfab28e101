"""Every adapter folder, found by one scan when Django starts; the rest of an adapter is loaded on first use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from config.core.registry import Registry
from marketplaces.canonical import FeeTariff
from marketplaces.contract import Adapter, Capability, Mapper

FOLDER = Path(__file__).parent / "adapters"
_ADAPTERS: Registry[Adapter] = Registry("marketplace")


def scan() -> None:
    """Import each folder's adapter.py; an import error stops the start. Names that begin with `_` are skipped."""
    for folder in sorted(FOLDER.iterdir()):
        if folder.is_dir() and not folder.name.startswith("_") and (folder / "adapter.py").exists():
            adapter: Adapter = importlib.import_module(f"marketplaces.adapters.{folder.name}.adapter").ADAPTER
            if adapter.key != folder.name:
                raise ValueError(f"the folder {folder.name!r} declares the key {adapter.key!r}; they must be equal")
            _ADAPTERS.add(adapter.key, adapter)


def get(key: str) -> Adapter:
    """The declaration of one marketplace; raises UnknownKey."""
    return _ADAPTERS.get(key)


def known(key: str) -> bool:
    return key in _ADAPTERS


def all_adapters() -> Iterator[Adapter]:
    return (adapter for _, adapter in _ADAPTERS)


def with_capability(capability: Capability) -> list[Adapter]:
    return [adapter for adapter in all_adapters() if capability in adapter.capabilities]


def part(key: str, name: str) -> ModuleType:
    """One of the lazily loaded parts of an adapter: client, mapping, actions, events or sandbox."""
    return importlib.import_module(f"marketplaces.adapters.{get(key).key}.{name}")


def tariff(key: str) -> tuple[FeeTariff, ...]:
    """The fees that a marketplace publishes, from `tariff.py` of its folder; none where there is no such file."""
    if not (FOLDER / get(key).key / "tariff.py").exists():
        return ()
    rows: tuple[FeeTariff, ...] = part(key, "tariff").TARIFF
    return rows


def mapper(key: str, resource: str) -> Mapper:
    """The pure function that turns this marketplace's pages of a resource into canonical rows."""
    get(key).resource(resource)
    found: Mapper = part(key, "mapping").MAPPERS[resource]
    return found
