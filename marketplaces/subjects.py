"""Which listings a client should ask about; the app that knows listings registers the answer when Django starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from config.core.registry import Registry

Subject = Mapping[str, str]
Source = Callable[[int, str], Sequence[Subject]]

SOURCES: Registry[Source] = Registry("source of subjects")


def of(account_id: int, resource: str) -> list[Subject]:
    """Known listings of an account, stalest first: `sku`, `channel`, `external_id`, `item`, `gtin`."""
    return [subject for _, source in SOURCES for subject in source(account_id, resource)]
