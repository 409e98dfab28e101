"""What forms about tickets say: who, until when, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from config.core import clock

SNOOZES = {"4": "4 hours", "24": "a day", "72": "3 days", "168": "a week"}


def colleagues() -> QuerySet[Any]:
    return get_user_model()._default_manager.filter(is_active=True).order_by("username")


def assignee(request: HttpRequest) -> Any | None:
    """The chosen person; `me` is who asks, `nobody` takes the ticket from whoever has it."""
    wanted = request.POST.get("assignee", "me")
    if wanted == "me":
        return request.user
    if wanted == "nobody":
        return None
    found = colleagues().filter(username=wanted).first()
    if found is None:
        raise ValidationError(f"nobody here is called {wanted!r}")
    return found


def until(request: HttpRequest) -> datetime:
    """The end of a snooze, one of `SNOOZES` from now."""
    hours = request.POST.get("hours", "")
    if hours not in SNOOZES:
        raise ValidationError("choose how long it shall sleep")
    return clock.now() + timedelta(hours=int(hours))


def resolution(request: HttpRequest) -> str:
    """How it ended; empty raises, because the answers are what detectors are judged by."""
    given = request.POST.get("resolution", "")
    if not given:
        raise ValidationError("say how it ended: one of the five answers")
    return given
