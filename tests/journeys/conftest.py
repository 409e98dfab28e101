"""A real browser in front of the whole product: web server, database and static files, as client `north` sees them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from playwright.sync_api import Browser, Page, sync_playwright

from config.core import tenancy
from config.core.permissions import Role

PASSWORD = "secret-of-tests"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed; apt-get install chromium")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop in the thread of the test
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=program, args=OPTIONS)
            yield browser
            browser.close()


@pytest.fixture
def desk(chromium: Browser, live_server: Any) -> Iterator[Callable[[Role], Page]]:
    """Sign in as a person of a role: opens a page on the host of client `north`. Errors of the page fail the test."""
    opened: list[Page] = []
    broken: list[str] = []

    def sign_in(role: Role = Role.OWNER) -> Page:
        with tenancy.in_tenant("north"):
            person = get_user_model().objects.create_user(role.value, password=PASSWORD, is_staff=True)
            person.groups.add(Group.objects.get_or_create(name=role.value)[0])
        port = live_server.url.rpartition(":")[2]
        page = chromium.new_context(base_url=f"http://north.localhost:{port}").new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: broken.append(str(error)))
        opened.append(page)
        page.goto("/admin/login/?next=/")
        page.fill("[name=username]", role.value)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/")
        return page

    yield sign_in
    for page in opened:
        page.context.close()
    assert broken == []
