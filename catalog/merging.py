"""What may be merged, and who has to agree. Apps above add guards for what they keep of a SKU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from config.core.registry import Registry

Guard = Callable[[int], str]
GUARDS: Registry[Guard] = Registry("guard of merged SKUs")
"""Each takes the id of the SKU that would be retired and says why it cannot be yet; empty where nothing is in the way."""


class Mergeable(Protocol):
    pk: int
    code: str
    kind: str
    product_id: int
    options: dict[str, str]
    is_retired: bool


def obstacle(kept: Mergeable, gone: Mergeable) -> str:
    """Why two SKUs are not one; empty where they may be. Pure.

    A parent and its child, a bundle and an item, two variants with different options are different things.
    """
    if kept.pk == gone.pk:
        return "a SKU cannot be merged with itself"
    if gone.is_retired or kept.is_retired:
        return f"{(gone if gone.is_retired else kept).code} is retired already"
    if kept.kind != gone.kind:
        return f"{kept.code} is {_a(kept.kind)} and {gone.code} {_a(gone.kind)}: they are never one thing"
    if kept.options and gone.options and kept.options != gone.options:
        return f"they are different variants: {_told(kept.options)} and {_told(gone.options)}"
    return ""


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _told(options: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(options.items()))
