"""The simulated worlds of all clients, once per process: a day that is told is remembered, for whoever asks again."""

from __future__ import annotations

from datetime import date
from functools import cache

from marketplaces.sandbox import worlds
from marketplaces.sandbox.world import World


@cache
def since(origin: date) -> dict[str, World]:
    """By client, with every account that an adapter declares."""
    return worlds.build(origin)
