"""Guessing a password gets slow, for one name from one address first."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from config.core.sign_in import HELD_UP, MOST_FROM_ANYWHERE, MOST_FROM_ONE_PLACE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def person(north, django_user_model):
    cache.clear()
    return django_user_model.objects.create_user("ada", password="right", is_staff=True)


@pytest.fixture
def sign_in(at_north):
    def tried(password, *, name="ada", place="203.0.113.7"):
        given = {"username": name, "password": password}
        answer = at_north.post("/admin/login/", given, REMOTE_ADDR=place)
        return "in" if answer.status_code == 302 else "held up" if HELD_UP in answer.content.decode() else "refused"

    return tried


def test_it_holds_up_a_name_after_ten_wrong_passwords_and_the_right_one_with_it(sign_in):
    assert {sign_in("wrong") for _ in range(MOST_FROM_ONE_PLACE)} == {"refused"}
    assert [sign_in("right"), sign_in("right", name="ADA")] == ["held up", "held up"]


def test_it_lets_the_person_in_from_elsewhere_and_other_people_from_there(sign_in, django_user_model):
    django_user_model.objects.create_user("bob", password="his", is_staff=True)
    for _ in range(MOST_FROM_ONE_PLACE + 1):
        sign_in("wrong")
    assert [sign_in("right", place="203.0.113.8"), sign_in("his", name="bob")] == ["in", "in"]


def test_it_forgets_wrong_passwords_once_the_right_one_came(sign_in):
    for _ in range(MOST_FROM_ONE_PLACE - 1):
        sign_in("wrong")
    assert [sign_in("right"), sign_in("wrong"), sign_in("right")] == ["in", "refused", "in"]


def test_it_holds_up_a_name_that_is_guessed_from_many_addresses(sign_in, monkeypatch):
    monkeypatch.setattr("config.core.sign_in.MOST_FROM_ANYWHERE", 4)
    assert [sign_in("wrong", place=f"203.0.113.{n}") for n in range(5)] == [*["refused"] * 4, "held up"]
    assert MOST_FROM_ANYWHERE > MOST_FROM_ONE_PLACE


def test_it_counts_for_one_client_alone(sign_in, at_south, south):
    for _ in range(MOST_FROM_ONE_PLACE + 1):
        sign_in("wrong")
    given = {"username": "ada", "password": "wrong"}
    assert HELD_UP not in at_south.post("/admin/login/", given, REMOTE_ADDR="203.0.113.7").content.decode()
