"""Example pushes nothing; a marketplace that does reads its messages and checks their signature here. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.contract import Notice


def read(body: bytes, headers: Mapping[str, str]) -> list[Notice]:
    """The events of one push."""
    return []


def is_authentic(body: bytes, headers: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    """Nothing is trusted that this marketplace would not send."""
    return False
