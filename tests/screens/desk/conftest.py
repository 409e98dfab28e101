"""Two people at their desks in client `north`: an owner who may do everything, and a viewer who may look."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.core.permissions import Role

BUDGETS = Path(__file__).parents[2] / "baselines" / "query_counts.json"


def _desk(role: Role) -> Client:
    person = get_user_model().objects.create_user(role.value, is_staff=True)
    person.groups.add(Group.objects.get_or_create(name=role.value)[0])
    browser = Client(headers={"host": "north.localhost"})
    browser.force_login(person)
    return browser


@pytest.fixture
def owner(north: Any) -> Client:
    return _desk(Role.OWNER)


@pytest.fixture
def viewer(north: Any) -> Client:
    return _desk(Role.VIEWER)


@pytest.fixture
def within_budget() -> Callable[[str, Callable[[], Any]], Any]:
    """Ask twice and count the second time, when what is the same for every request is known already.

    A screen may take the committed number of queries and not one more; setting the search path is not counted.
    """
    known: dict[str, int] = json.loads(BUDGETS.read_text())

    def ask(name: str, act: Callable[[], Any]) -> Any:
        act()
        with CaptureQueriesContext(connection) as seen:
            answer = act()
        asked = [query["sql"][:200] for query in seen.captured_queries if "search_path" not in query["sql"]]
        assert len(asked) <= known[name], f"{name} asked {len(asked)}:\n" + "\n".join(asked)
        return answer

    return ask


def said(answer: HttpResponse) -> list[str]:
    """The sentences that the page shows about what was just done."""
    return [str(message) for message in answer.context["messages"]]
