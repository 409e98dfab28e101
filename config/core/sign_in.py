"""Signing in to the screens and the admin; whoever guesses is held up."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import redis
from django.core.cache import cache
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

HOLD_S = 15 * 60
MOST_FROM_ONE_PLACE, MOST_FROM_ANYWHERE = 10, 100
HELD_UP = "Too many wrong passwords. Try again in a quarter of an hour, or ask an owner to set a new one."
log = logging.getLogger(__name__)


class SignIn(AuthenticationForm):
    """Ten tries for a name from one address, a hundred from anywhere, within a quarter of an hour; the right one clears."""

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username", "")).casefold()
        here = f"sign_in:{name}:{self.request.META.get('REMOTE_ADDR', '')}" if self.request else f"sign_in:{name}"
        if _tries(here) > MOST_FROM_ONE_PLACE or _tries(f"sign_in:{name}") > MOST_FROM_ANYWHERE:
            log.warning("sign_in_held_up")
            raise ValidationError(HELD_UP, code="held_up")
        found: dict[str, Any] = super().clean()
        with suppress(redis.RedisError):
            cache.delete(here)
        return found


def _tries(key: str) -> int:
    """Counted before the password is looked at, so that many at once count as many; without a cache nobody is held up."""
    try:
        cache.add(key, 0, HOLD_S)
        return int(cache.incr(key))
    except (redis.RedisError, ValueError) as error:
        log.warning("sign_in_uncounted error=%s", type(error).__name__)
        return 0
