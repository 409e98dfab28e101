"""Programs that call the API of client `north`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from config.api import tokens
from config.api.models import Scope
from config.core.permissions import Role
from config.tenants.models import Tenant

HOST = "north.localhost"


@pytest.fixture
def program(north: Tenant) -> Callable[..., Client]:
    """A client whose every request carries a new token with these scopes; all of them when none is named."""
    cache.clear()

    def make(*scopes: str, name: str = "robot", **options: Any) -> Client:
        _, text = tokens.issue(name, scopes or Scope.values, **options)
        return Client(headers={"host": HOST, "authorization": f"Bearer {text}"}, raise_request_exception=False)

    return make


@pytest.fixture
def person(north: Tenant) -> Callable[..., Client]:
    """A signed-in user of `north` with one role; CSRF is checked as in production."""

    def make(role: Role) -> Client:
        user = get_user_model().objects.create_user(role.value)
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
        client = Client(headers={"host": HOST}, enforce_csrf_checks=True)
        client.force_login(user)
        return client

    return make
