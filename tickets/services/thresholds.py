"""Changing limits: each change is a new version, checked before it is saved."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from tickets.detectors.base import DETECTORS
from tickets.models import Threshold


@transaction.atomic
def change(threshold_id: int, **values: Any) -> Threshold:
    """Give a threshold new values and the next version; a value that cannot be read raises ValidationError."""
    threshold = Threshold.objects.select_for_update().get(pk=threshold_id)
    for name, value in values.items():
        setattr(threshold, name, value)
    return save(threshold)


def save(threshold: Threshold) -> Threshold:
    """Check and store a new or changed threshold; an unknown detector raises ValidationError."""
    if threshold.detector not in DETECTORS:
        raise ValidationError({"detector": f"no detector is called {threshold.detector!r}"})
    threshold.version = threshold.version + 1 if threshold.pk else 1
    threshold.full_clean()
    threshold.save()
    return threshold
