"""What people type for the words of an offer, in a form or in a sheet, and what is stored, as they would type it. Pure."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from marketplaces import wording


def read(field: str, told: str) -> Any:
    """The value of a field: lists have a line for each piece, attributes `name: value` on each; raises ValidationError."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    if field in wording.LISTS:
        return lines
    if field != wording.ATTRIBUTES:
        return told
    pairs = [line.partition(":") for line in lines]
    if wrong := [name for name, colon, value in pairs if not colon or not value.strip()]:
        raise ValidationError(f"{wrong[0]!r} is not written as name: value")
    return {name.strip(): value.strip() for name, _, value in pairs}


def shown(field: str, stored: str | None) -> str:
    """A stored value as somebody would type it; empty where there is none."""
    value = wording.read(field, stored) if stored else ""
    if isinstance(value, dict):
        return "\n".join(f"{name}: {said}" for name, said in value.items())
    return "\n".join(value) if isinstance(value, list) else str(value)
