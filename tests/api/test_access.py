"""Who may call the API, as whom, how often."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from config.api import tokens
from config.api.models import ApiToken
from config.core import clock, tenancy
from config.core.permissions import Role
from config.tenants import services
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def error_of(answer):
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message", "details", "request_id"}
    return answer.json()["error"]


def with_token(text, host="north.localhost"):
    return Client(headers={"host": host, "authorization": f"Bearer {text}"})


def test_it_answers_a_token_of_this_client(program):
    factories.account("shop")
    rows = program("read").get("/api/v1/accounts/").json()["results"]
    assert [row["key"] for row in rows] == ["shop"]


def test_it_keeps_only_the_hash_of_a_token(north):
    token, text = tokens.issue("robot", ["read"])
    secret = text.removeprefix("nf_north.")
    stored = ApiToken.objects.values().get(pk=token.pk)
    assert len(secret) == 43
    assert secret not in str(stored)
    assert stored["digest"] == tokens.digest(secret)
    assert stored["expires_at"] - stored["created_at"] == timedelta(days=365)


@pytest.mark.parametrize("text", ["nf_north.wrong", "nf_south.wrong", "north.x", "nf_north", "nf_nobody.x", ""])
def test_it_refuses_what_is_no_token_of_this_client(north, text):
    answer = with_token(text).get("/api/v1/orders/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    error_of(answer)


def test_it_refuses_a_token_of_another_client_on_this_clients_host(north, south):
    with tenancy.in_tenant("south"):
        _, text = tokens.issue("robot", ["read"])
    assert with_token(text).get("/api/v1/orders/").status_code == 401
    assert with_token(text, "south.localhost").get("/api/v1/orders/").status_code == 200


def test_it_finds_the_client_by_its_token_on_a_host_that_is_no_clients(north):
    factories.account("shop")
    _, text = tokens.issue("robot", ["read"])
    answer = with_token(text, "127.0.0.1:8000").get("/api/v1/accounts/")
    assert [row["key"] for row in answer.json()["results"]] == ["shop"]


def test_it_refuses_a_token_that_is_expired_revoked_or_of_a_person_who_left(north, django_user_model, noon):
    owner = django_user_model.objects.create_user("owner")
    expired = tokens.issue("a", ["read"], expires_at=NOON)[1]
    gone, revoked = tokens.issue("b", ["read"])
    left = tokens.issue("c", ["read"], by=owner)[1]
    assert with_token(left).get("/api/v1/orders/").status_code == 200
    tokens.revoke(gone)
    owner.is_active = False
    owner.save()
    for text in (expired, revoked, left):
        assert with_token(text).get("/api/v1/orders/").status_code == 401


def test_it_notes_the_last_use_of_a_token_once_a_minute(program):
    robot = program("read")
    for minute, noted in ((0, 0), (0.5, 0), (2, 2)):
        with clock.frozen(NOON + timedelta(minutes=minute)):
            robot.get("/api/v1/orders/")
        assert ApiToken.objects.get().last_used_at == NOON + timedelta(minutes=noted)


def test_it_lets_a_token_do_what_its_scopes_say_and_no_more(program):
    account = factories.account("shop")
    assert program("read", name="reader").post("/api/v1/accounts/shop/resume/").status_code == 403
    assert program("sync", name="runner").get("/api/v1/accounts/").status_code == 403
    answer = program("tickets", name="agent").post("/api/v1/accounts/shop/resume/")
    assert error_of(answer)["message"] == "this needs the right: run sync"
    assert account.flows.count() == 0


def test_it_refuses_a_write_of_a_session_without_its_csrf_token(person):
    factories.account("shop")
    answer = person(Role.OWNER).post("/api/v1/accounts/shop/resume/")
    assert answer.status_code == 403
    assert "CSRF" in error_of(answer)["message"]


def test_it_refuses_whoever_is_not_signed_in(at_north, north):
    assert at_north.get("/api/v1/orders/").status_code == 401
    assert at_north.post("/api/v1/settlements/reconcile-open/").status_code == 401


def test_it_holds_up_a_token_that_asks_too_often_and_nobody_else(program, settings):
    settings.API_RATE = "2/min"
    fast, other = program("read", name="fast"), program("read", name="other")
    assert [fast.get("/api/v1/brands/").status_code for _ in range(3)] == [200, 200, 429]
    late = fast.get("/api/v1/brands/")
    assert 0 < int(late["Retry-After"]) <= 60
    assert error_of(late)["code"] == "throttled"
    assert other.get("/api/v1/brands/").status_code == 200


def test_it_refuses_the_token_of_a_suspended_client(program, north):
    robot = program("read")
    services.suspend(north, reason="unpaid")
    answer = robot.get("/api/v1/orders/")
    assert answer.status_code == 403
    assert error_of(answer)["code"] == "suspended"


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.FINANCE, 403), (Role.OPERATIONS, 200)])
def test_it_lets_a_person_do_what_the_roles_say(person, role, status):
    factories.account("shop")
    client = person(role)
    client.cookies["csrftoken"] = "a" * 32
    assert client.get("/api/v1/accounts/").status_code == 200
    answer = client.post(
        "/api/v1/accounts/shop/resume/", content_type="application/json", headers={"x-csrftoken": "a" * 32}
    )
    assert answer.status_code == status


def test_it_makes_a_token_on_the_command_line_and_prints_it_once(north):
    out = io.StringIO()
    with tenancy.in_public():
        call_command("api_token", "--tenant", "north", "--scopes", "read,tickets", "--days", "1", stdout=out)
    assert ApiToken.objects.get().scopes == ["read", "tickets"]
    assert with_token(out.getvalue().strip()).get("/api/v1/orders/").status_code == 200
    for wrong in (["--tenant", "nobody"], ["--tenant", "north", "--scopes", "everything"]):
        with tenancy.in_public(), pytest.raises(CommandError):
            call_command("api_token", *wrong)


def test_it_shows_a_new_token_once_in_the_admin_and_revokes_it_there(person):
    client = person(Role.OWNER)
    get_user_model().objects.update(is_staff=True)
    client.handler.enforce_csrf_checks = False
    given = {"name": "robot", "scopes": "read", "expires_at_0": "", "expires_at_1": ""}
    page = client.post("/admin/api/apitoken/add/", given, follow=True).content.decode()
    (text,) = set(re.findall(r"nf_north\.[\w-]{43}", page))
    assert with_token(text).get("/api/v1/orders/").status_code == 200
    assert text not in client.get("/admin/api/apitoken/").content.decode()
    token = ApiToken.objects.get()
    assert token.created_by.username == "owner"
    client.post("/admin/api/apitoken/", {"action": "revoke", "_selected_action": token.pk})
    assert with_token(text).get("/api/v1/orders/").status_code == 401
