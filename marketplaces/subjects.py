"""What a page, a call or a write is about, in one form for all of them: `order:<id>` or `sku:<sku>`.

And which listings a client should ask about; the app that knows listings registers that answer when Django starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from config.core.registry import Registry

Subject = Mapping[str, str]
Source = Callable[[int, str], Sequence[Subject]]

SOURCES: Registry[Source] = Registry("source of subjects")


def of(account_id: int, resource: str) -> list[Subject]:
    """Known listings of an account, stalest first: `sku`, `channel`, `external_id`, `item`, `gtin`."""
    return [subject for _, source in SOURCES for subject in source(account_id, resource)]


def order(external_id: str) -> str:
    """The subject of everything about one order of an account."""
    return f"order:{external_id}"


def command(command_id: int) -> str:
    """One of the writes that left in one call."""
    return f"command:{command_id}"


def sku(name: str) -> str:
    """The subject of everything about one product of an account, under the name that the account has for it."""
    return f"sku:{name}"
