"""How often one caller may ask. The count is shared by all web processes; without a cache nobody is held up."""

from __future__ import annotations

import logging
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from config.core import tenancy

log = logging.getLogger(__name__)


def caller(request: Request) -> str:
    """A stable name of who asks, within the client."""
    return f"token:{request.auth.pk}" if request.auth is not None else f"user:{request.user.pk}"


class PerCaller(SimpleRateThrottle):
    """A sliding minute per token or user, in a cache key that carries the client."""

    def get_rate(self) -> str:
        return str(settings.API_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return tenancy.key("throttle", caller(request)) if request.user.is_authenticated else None

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return bool(super().allow_request(request, view))
        except redis.RedisError as error:
            log.warning("throttle_away error=%s", type(error).__name__)
            return True
