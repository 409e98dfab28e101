"""Who is calling: a program with a token of this client, or a person with the session of the screens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.api import tokens
from config.api.models import ApiToken
from config.core import tenancy
from config.tenants.models import Domain

_TOKEN = re.compile(r"nf_(?P<schema>[a-z][a-z0-9_]{1,40})\.(?P<secret>[A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Program:
    """The user of a request that came with a token: it has the token's scopes and nothing else."""

    token: ApiToken
    is_authenticated = True
    is_active = True
    is_superuser = False
    pk = None

    def get_username(self) -> str:
        return f"token {self.token.name}"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer nf_<client>.<secret>`; the token must be of the client whose host is asked."""

    def authenticate(self, request: Request) -> tuple[Program, ApiToken] | None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        found = _TOKEN.fullmatch(text.strip())
        token = tokens.find(found["secret"]) if found and self._is_at_home(request, found["schema"]) else None
        if token is None:
            raise AuthenticationFailed("this token is unknown, expired, revoked, or of another client")
        return Program(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ninefold"'

    @staticmethod
    def _is_at_home(request: Request, schema: str) -> bool:
        """The middleware entered the token's client; a client's own host must be that client's."""
        host = request.get_host().rpartition(":")[0] or request.get_host()
        owners = Domain.objects.filter(domain=host).values_list("tenant__schema_name", flat=True)
        return schema == tenancy.schema() and all(owner == schema for owner in owners)
