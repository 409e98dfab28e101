"""Signs of life of long-running processes: one hash in the broker, process -> real second of its last beat."""

import time
from functools import lru_cache

import redis
from django.conf import settings

KEY = "ninefold:heartbeats"
FORGET_AFTER_S = 24 * 3600


def beat(kind: str, name: str) -> None:
    _broker().hset(KEY, f"{kind}:{name}", f"{time.time():.3f}")


def ages(kind: str) -> dict[str, float]:
    """Seconds since the last beat of each process of that kind. Raises `redis.RedisError` when the broker is away."""
    now = time.time()
    found = {field: now - float(at) for field, at in _broker().hgetall(KEY).items()}
    forgotten = [field for field, age in found.items() if age > FORGET_AFTER_S]
    if forgotten:
        _broker().hdel(KEY, *forgotten)
    return {
        field.partition(":")[2]: age
        for field, age in found.items()
        if field.startswith(f"{kind}:") and age <= FORGET_AFTER_S
    }


@lru_cache(maxsize=1)
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.BROKER_URL, decode_responses=True, socket_timeout=2, socket_connect_timeout=2)
