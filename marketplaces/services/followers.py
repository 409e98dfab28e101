"""Who keeps a picture of our writes: apps above register here and are told, in the same transaction, which ones moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from config.core.registry import Registry

FOLLOWERS: Registry[Callable[[Sequence[int]], None]] = Registry("follower of writes")


def tell(command_ids: Sequence[int]) -> None:
    """Writes were sent, answered, read back or given up."""
    for _, follow in FOLLOWERS:
        follow(command_ids)
