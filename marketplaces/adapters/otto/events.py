"""OTTO pushes nothing to partners that we know of; everything is polled. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.contract import Notice


def read(body: bytes, headers: Mapping[str, str]) -> list[Notice]:
    """The events of one push: none."""
    return []


def is_authentic(body: bytes, headers: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    """Nothing is trusted that this marketplace does not send."""
    return False
