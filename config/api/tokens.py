"""The life of a token: issued once in the clear, found by its hash, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from config.api.models import ApiToken, Scope
from config.core import clock, tenancy

LIFE = timedelta(days=365)
_USE_NOTED_EVERY = timedelta(minutes=1)


def issue(
    name: str, scopes: Sequence[str], *, by: Any | None = None, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token of the current client and its text, which cannot be shown again. Lives a year unless said else."""
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise ValidationError({"scopes": f"choose from {', '.join(Scope.values)}"})
    secret, now = secrets.token_urlsafe(32), clock.now()
    token = ApiToken(
        name=name, hint=secret[:4], digest=digest(secret), scopes=sorted(set(scopes)), created_by=by,
        created_at=now, expires_at=expires_at or now + LIFE,
    )  # fmt: skip
    token.full_clean(exclude=["created_by"])
    token.save()
    return token, f"nf_{tenancy.current()}.{secret}"


def find(secret: str) -> ApiToken | None:
    """The live token of this secret; use is noted once a minute."""
    now = clock.now()
    found = ApiToken.objects.filter(Q(created_by=None) | Q(created_by__is_active=True))
    token = found.filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=digest(secret), revoked_at=None).first()
    if token is not None:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ApiToken) -> ApiToken:
    """Refuse the token from now on; its row stays as a record."""
    token.revoked_at = token.revoked_at or clock.now()
    token.save(update_fields=["revoked_at"])
    return token


def digest(secret: str) -> str:
    """A plain hash is enough: the secret has 256 random bits, so there is nothing to guess from it."""
    return hashlib.sha256(secret.encode()).hexdigest()
