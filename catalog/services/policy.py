"""Which master fields a client wants for every SKU."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog import master
from catalog.gaps import MANDATORY
from catalog.models import MasterRule
from config.core import clock


def seed() -> None:
    """Give the client the fields that everybody starts with, where it has no policy of its own; safe to run again."""
    now = clock.now()
    MasterRule.objects.bulk_create(
        [MasterRule(field=name, is_mandatory=True, set_at=now) for name in MANDATORY], ignore_conflicts=True
    )


@transaction.atomic
def want(fields: Collection[str], *, by: str) -> list[str]:
    """Make exactly these fields mandatory; returns them in the order of the master fields."""
    if unknown := set(fields) - set(master.FIELDS):
        raise ValidationError(f"no master field is called {min(unknown)!r}")
    now = clock.now()
    for name in master.FIELDS:
        MasterRule.objects.update_or_create(
            field=name, defaults={"is_mandatory": name in fields, "set_by": by, "set_at": now}
        )
    return [name for name in master.FIELDS if name in fields]
